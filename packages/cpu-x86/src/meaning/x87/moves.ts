/** Loads, stores, constants and the register stack (Intel SDM vol. 2, under their names). */
import { i32, type Arg } from '@polyvisor/wasm';
import { BIAS, C1, TOP } from '../../x87/format.ts';
import type { MeaningEntry, Meanings } from '../context.ts';
import { onMemory, onRegisters, operand } from './instruction.ts';
import { convert, deliver, fetch, type Format, pin } from './memory-operands.ts';

const load = (format: Format): MeaningEntry => onMemory(fetch(format), (x, raw) => {
  const { sig, se, status } = convert(format, x, raw);
  x.s.call(x.f.push, x.state, sig, se, status);
});
const store = (format: Format, pops: boolean, truncate = false): MeaningEntry => onMemory(pin(format), (x, pinned) => {
  const done = deliver(format, truncate, x, pinned);
  if (pops) x.s.if(done, () => x.s.call(x.f.pop, x.state));
});

const copy = (pops: boolean): MeaningEntry => onRegisters((x) => {
  const { s, f, state } = x;
  const done = s.call(f.copy, state, operand(x));
  if (pops) s.if(done, () => s.call(f.pop, state));
});
/** An alias of FSTP that takes an empty ST(0) for nothing to store. */
const storeQuietly = onRegisters((x) => {
  const { s, fpu, f, state } = x;
  s.if(fpu.isEmpty(fpu.physical(0)), () => s.call(f.note, state, C1, 0), () => s.drop(s.call(f.copy, state, operand(x))));
  s.call(f.pop, state);
});
const loadRegister = onRegisters((x) => x.s.call(x.f.pushRegister, x.state, operand(x)));
const exchange = onRegisters((x) => x.s.call(x.f.exchange, x.state, operand(x)));

const constant = (sig: Arg<'i64'>, se: number): MeaningEntry => onRegisters(({ s, f, state }) => s.call(f.push, state, sig, se, 0));
const rounded = (name: 'log2Of10' | 'log2OfE' | 'pi' | 'log10Of2' | 'lnOf2'): MeaningEntry => onRegisters(({ s, fpu, f, state }) => {
  const [sig, se] = s.call(f.x87[name], fpu.control());
  s.call(f.push, state, sig, se, 0);
});

/** The tags stay: a register that TOP moves away from keeps its content. */
const rotate = (by: number): MeaningEntry => onRegisters(({ s, fpu, f, state }) => {
  s.call(f.note, state, C1, 0);
  fpu.setTop(fpu.physical(by));
});
const free = (pops: boolean): MeaningEntry => onRegisters((x) => {
  const { s, fpu, f, state } = x;
  s.call(f.note, state, C1, 0);
  fpu.markEmpty(operand(x));
  if (pops) s.call(f.pop, state);
});
const nothing = onRegisters(({ s }) => s.drop(i32.const(0)));

export const moves: Meanings = {
  FLD_Mf32: load('Mf32'), FLD_Mf64: load('Mf64'), FLD_Mf80: load('Mf80'), FILD_Mw: load('Mw'), FILD_Md: load('Md'), FILD_Mq: load('Mq'),
  FBLD_Mbcd: load('Mbcd'),
  FST_Mf32: store('Mf32', false), FST_Mf64: store('Mf64', false), FSTP_Mf32: store('Mf32', true), FSTP_Mf64: store('Mf64', true),
  FSTP_Mf80: store('Mf80', true), FIST_Mw: store('Mw', false), FIST_Md: store('Md', false),
  FISTP_Mw: store('Mw', true), FISTP_Md: store('Md', true), FISTP_Mq: store('Mq', true), FBSTP_Mbcd: store('Mbcd', true),
  FISTTP_Mw: store('Mw', true, true), FISTTP_Md: store('Md', true, true), FISTTP_Mq: store('Mq', true, true),
  FLD_STi: loadRegister, FST_STi: copy(false), FSTP_STi: copy(true), FSTPNCE_STi: storeQuietly, FXCH_ST0_STi: exchange,
  FLD1: constant(TOP, BIAS), FLDZ: constant(0, 0), FLDL2T: rounded('log2Of10'), FLDL2E: rounded('log2OfE'), FLDPI: rounded('pi'),
  FLDLG2: rounded('log10Of2'), FLDLN2: rounded('lnOf2'),
  FINCSTP: rotate(1), FDECSTP: rotate(7), FFREE_STi: free(false), FFREEP_STi: free(true), FNOP: nothing,
};

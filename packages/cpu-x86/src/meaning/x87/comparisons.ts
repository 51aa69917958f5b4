/** FCOM, FUCOM, FCOMI, FUCOMI, FTST, FXAM and FCMOVcc (Intel SDM vol. 2, under their names). */
import { i32, type Value } from '@polyvisor/wasm';
import { C0, C1, C2, C3 } from '../../x87/format.ts';
import type { MeaningEntry, Meanings } from '../context.ts';
import { onMemory, onRegisters, operand, type X87Instruction } from './instruction.ts';
import { convert, fetch, type Format } from './memory-operands.ts';

const CODES = C0 | C1 | C2 | C3;

/** Writes the codes of a comparison and pops, unless an exception that is not masked came up. */
function conclude({ s, fpu, f, state }: X87Instruction, sw: Value<'i32'>, pops: number, clear = CODES): void {
  s.call(f.note, state, clear, clear === CODES ? sw : i32.and(sw, ~CODES));
  if (pops === 0) return;
  s.if(i32.eqz(i32.and(i32.and(sw, 7), i32.xor(fpu.control(), -1))), () => {
    for (let i = 0; i < pops; i++) s.call(f.pop, state);
  });
}

type Kind = 'ordered' | 'unordered';
const withRegister = (kind: Kind, pops: number): MeaningEntry => onRegisters((x) => {
  conclude(x, x.s.call(x.f[kind], x.state, operand(x)), pops);
});
const withNext = (kind: Kind): MeaningEntry => onRegisters((x) => conclude(x, x.s.call(x.f[kind], x.state, x.fpu.physical(1)), 2));
const withMemory = (format: Format, pops: number): MeaningEntry => onMemory(fetch(format), (x, raw) => {
  const { sig, se, status } = convert(format, x, raw);
  conclude(x, x.s.call(x.f.againstNumber, x.state, sig, se, status), pops);
});
/** The codes go to ZF, PF and CF; of the status word only C1 changes. */
const toFlags = (kind: Kind, pops: number): MeaningEntry => onRegisters((x) => {
  const { c, s, f, state } = x;
  const sw = s.call(f[kind], state, operand(x)), zero = i32.const(0);
  const bit = (code: number): Value<'i32'> => i32.ne(i32.and(sw, code), 0);
  c.flags.update({ cf: bit(C0), pf: bit(C2), zf: bit(C3), of: zero, sf: zero, af: zero });
  conclude(x, sw, pops, C1);
});

const test = onRegisters((x) => conclude(x, x.s.call(x.f.againstNumber, x.state, 0, 0, 0), 0));
const examine = onRegisters((x) => conclude(x, x.s.call(x.f.examine, x.state), 0));

/** `condition` is one of the first that Jcc has. */
const move = (condition: number): MeaningEntry => onRegisters((x) => {
  const { c, s, f, state } = x;
  s.call(f.move, state, operand(x), s.let(c.flags.condition(condition)));
});

function memoryForms(suffix: '' | 'P'): Meanings {
  const pops = suffix === '' ? 0 : 1;
  return {
    [`FCOM${suffix}_Mf32`]: withMemory('Mf32', pops), [`FCOM${suffix}_Mf64`]: withMemory('Mf64', pops),
    [`FICOM${suffix}_Md`]: withMemory('Md', pops), [`FICOM${suffix}_Mw`]: withMemory('Mw', pops),
  };
}

export const comparisons: Meanings = {
  ...memoryForms(''), ...memoryForms('P'),
  FCOM_ST0_STi: withRegister('ordered', 0), FCOMP_ST0_STi: withRegister('ordered', 1), FCOMPP: withNext('ordered'),
  FUCOM_ST0_STi: withRegister('unordered', 0), FUCOMP_ST0_STi: withRegister('unordered', 1), FUCOMPP: withNext('unordered'),
  FCOMI_ST0_STi: toFlags('ordered', 0), FCOMIP_ST0_STi: toFlags('ordered', 1),
  FUCOMI_ST0_STi: toFlags('unordered', 0), FUCOMIP_ST0_STi: toFlags('unordered', 1),
  FTST: test, FXAM: examine,
  FCMOVB_ST0_STi: move(2), FCMOVNB_ST0_STi: move(3), FCMOVE_ST0_STi: move(4), FCMOVNE_ST0_STi: move(5),
  FCMOVBE_ST0_STi: move(6), FCMOVNBE_ST0_STi: move(7), FCMOVU_ST0_STi: move(10), FCMOVNU_ST0_STi: move(11),
};

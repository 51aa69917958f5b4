/** FADD, FSUB, FMUL, FDIV and their kin, and operations on ST(0) and ST(1) (Intel SDM vol. 2, under their names). */
import { i32 } from '@polyvisor/wasm';
import { C1, SIGN } from '../../x87/format.ts';
import type { MeaningEntry, Meanings } from '../context.ts';
import type { Operations } from './define-operations.ts';
import { onMemory, onRegisters, operand, type X87Instruction } from './instruction.ts';
import { convert, fetch, type Format } from './memory-operands.ts';

type Basic = 'add' | 'sub' | 'mul' | 'div';

/** `to` says which of ST(0) and ST(i) is the destination and the first operand; reversed, the other is first. */
const twoRegisters = (name: Basic, reversed: boolean, to: 'ST0' | 'STi', pops: boolean): MeaningEntry => onRegisters((x) => {
  const { s, fpu, f, state } = x;
  const top = fpu.physical(0), other = operand(x);
  const [first, second] = (to === 'ST0') === reversed ? [other, top] : [top, other];
  const done = s.call(f.onRegisters[name], state, first, second, to === 'ST0' ? top : other);
  if (pops) s.if(done, () => s.call(f.pop, state));
  else s.drop(done);
});
const withMemory = (name: keyof Operations['onMemory'], format: Format): MeaningEntry => onMemory(fetch(format), (x, raw) => {
  const { sig, se, status } = convert(format, x, raw);
  x.s.call(x.f.onMemory[name], x.state, sig, se, status);
});

function family(mnemonic: string, name: Basic, reversed: boolean): Meanings {
  const memory = reversed ? (`${name as 'sub' | 'div'}Reversed` as const) : name;
  const integer = mnemonic.replace('F', 'FI');
  return {
    [`${mnemonic}_Mf32`]: withMemory(memory, 'Mf32'), [`${mnemonic}_Mf64`]: withMemory(memory, 'Mf64'),
    [`${integer}_Md`]: withMemory(memory, 'Md'), [`${integer}_Mw`]: withMemory(memory, 'Mw'),
    [`${mnemonic}_ST0_STi`]: twoRegisters(name, reversed, 'ST0', false),
    [`${mnemonic}_STi_ST0`]: twoRegisters(name, reversed, 'STi', false),
    [`${mnemonic}P_STi_ST0`]: twoRegisters(name, reversed, 'STi', true),
  };
}

/** On ST(0) and ST(1). The logarithms and the arc tangent leave their result in ST(1) and pop. */
const topTwo = (name: keyof Operations['onRegisters'], pops: boolean): MeaningEntry => onRegisters(({ s, fpu, f, state }) => {
  const top = fpu.physical(0), next = fpu.physical(1);
  const done = s.call(f.onRegisters[name], state, top, next, pops ? next : top);
  if (pops) s.if(done, () => s.call(f.pop, state));
  else s.drop(done);
});
const onTop = (name: keyof Operations['onTop']): MeaningEntry => onRegisters(({ s, f, state }) => s.call(f.onTop[name], state));
const pair = (name: 'extract' | 'sineCosine' | 'tangent'): MeaningEntry => onRegisters(({ s, f, state }) => s.call(f[name], state));

/** FCHS and FABS change the sign of anything, also of a signaling NaN. */
const sign = (change: 'flip' | 'clear'): MeaningEntry => onRegisters(({ s, fpu, f, state }: X87Instruction) => {
  const top = fpu.physical(0);
  s.if(fpu.isEmpty(top), () => s.drop(s.call(f.underflow, state, 0, top)), () => {
    s.call(f.note, state, C1, 0);
    const se = fpu.se(top);
    fpu.write(top, s.let(fpu.sig(top)), s.let(change === 'flip' ? i32.xor(se, SIGN) : i32.and(se, ~SIGN)));
  });
});

export const arithmetic: Meanings = {
  ...family('FADD', 'add', false), ...family('FMUL', 'mul', false), ...family('FSUB', 'sub', false), ...family('FSUBR', 'sub', true),
  ...family('FDIV', 'div', false), ...family('FDIVR', 'div', true),
  FSCALE: topTwo('scale', false), FPREM: topTwo('remainder', false), FPREM1: topTwo('remainderNearest', false),
  FPATAN: topTwo('fpatan', true), FYL2X: topTwo('fyl2x', true), FYL2XP1: topTwo('fyl2xp1', true),
  FSQRT: onTop('sqrt'), FRNDINT: onTop('roundToInteger'), F2XM1: onTop('f2xm1'), FSIN: onTop('fsin'), FCOS: onTop('fcos'),
  FXTRACT: pair('extract'), FSINCOS: pair('sineCosine'), FPTAN: pair('tangent'),
  FCHS: sign('flip'), FABS: sign('clear'),
};

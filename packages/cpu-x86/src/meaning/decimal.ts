/** Decimal adjustment (Intel SDM vol. 2A, "AAA", "AAD", "AAM", "AAS", "DAA", "DAS"); legacy modes only. */
import { i32, type Value } from '@polyvisor/wasm';
import { type EmitContext, type Meaning, type Meanings, Vector } from './context.ts';
import { as32, signBit } from './words.ts';

const al = (c: EmitContext): Value<'i32'> => c.s.let(as32(c.register('rax', 8)));
const parity = (byte: Value<'i32'>): Value<'i32'> => i32.and(i32.xor(i32.popcnt(i32.and(byte, 0xff)), 1), 1);

/** DAA and DAS: each nibble above 9, or with its carry, is corrected by 6. */
const adjustDecimal = (sign: 1 | -1): Meaning => (c) => {
  const { s } = c;
  const old = al(c), carry = s.let(c.flags.cf()), half = s.let(c.flags.af());
  const low = s.let(i32.or(i32.gt_u(i32.and(old, 15), 9), half));
  const high = s.let(i32.or(i32.gt_u(old, 0x99), carry));
  const result = s.let(i32.and(i32.add(old, i32.mul(i32.add(i32.mul(low, 6), i32.mul(high, 0x60)), sign)), 0xff));
  c.setRegister('rax', result, 8);
  // DAS also carries when the low correction borrows (SDM vol. 2A, "DAS").
  const borrow = sign === -1 ? s.let(i32.and(low, i32.lt_u(old, 6))) : i32.const(0);
  c.flags.update({ cf: i32.or(high, borrow), af: low, zf: i32.eqz(result), sf: signBit(result, 8), pf: parity(result) });
};
const adjustAscii = (sign: 1 | -1): Meaning => (c) => {
  const { s } = c;
  const ax = s.let(as32(c.register('rax', 16)));
  const adjust = s.let(i32.or(i32.gt_u(i32.and(ax, 15), 9), c.flags.af()));
  const moved = s.let(i32.add(ax, i32.mul(adjust, sign * 0x106)));
  c.setRegister('rax', s.let(i32.and(moved, 0xff0f)), 16);
  c.flags.update({ cf: adjust, af: adjust });
};
const setByte = (c: EmitContext, result: Value<'i32'>): void =>
  c.flags.update({ zf: i32.eqz(result), sf: signBit(result, 8), pf: parity(result) });
const aam: Meaning = (c) => {
  const { s } = c;
  const base = s.let(i32.and(as32(c.get(0)), 0xff)), value = al(c);
  s.if(i32.eqz(base), () => c.raise(Vector.divide));
  const low = s.let(i32.rem_u(value, base));
  c.setRegister('rax', s.let(i32.or(i32.shl(i32.div_u(value, base), 8), low)), 16);
  setByte(c, low);
};
const aad: Meaning = (c) => {
  const { s } = c;
  const base = i32.and(as32(c.get(0)), 0xff), high = as32(c.highByte());
  const result = s.let(i32.and(i32.add(al(c), i32.mul(high, base)), 0xff));
  c.setRegister('rax', result, 16);
  setByte(c, result);
};

export const decimal: Meanings = {
  DAA: { build: adjustDecimal(1), cold: true }, DAS: { build: adjustDecimal(-1), cold: true },
  AAA: { build: adjustAscii(1), cold: true }, AAS: { build: adjustAscii(-1), cold: true },
  AAM: { build: aam, cold: true }, AAD: { build: aad, cold: true },
};

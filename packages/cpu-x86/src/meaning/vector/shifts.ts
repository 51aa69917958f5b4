/** Shifts of packed elements (Intel SDM vol. 2, "PSLLW/PSLLD/PSLLQ", "VPSLLVW/VPSLLVD/VPSLLVQ" and their kin). */
import { i16x8, i32, i32x4, i64, i64x2, select, type Value } from '@polyvisor/wasm';
import type { EmitContext, Meaning } from '../context.ts';
import { lastIsImmediate } from './control.ts';
import type { Vector128 } from './operands.ts';
import { firstSource, immediate, vectorMeanings } from './shapes.ts';

const ZERO = i64x2.const(0, 0);
type Shift = (a: Vector128, count: Value<'i32'>) => Vector128;

/** The count, cut to the element's size: from an immediate, or from the low 64 bits of a vector. */
function countOf(c: EmitContext, bits: number): Value<'i32'> {
  if (lastIsImmediate(c)) return immediate(c);
  const [vector = ZERO] = c.vectors.get(c.operands - 1), wide = c.s.let(i64x2.extract_lane(vector, 0));
  return c.s.let(select(i32.wrap_i64(wide), i32.const(bits), i64.lt_u(wide, bits)));
}
const logical = (bits: number, shift: Shift): Meaning => (c) => {
  const count = countOf(c, bits), source = c.vectors.get(firstSource(c));
  c.vectors.set(0, source.map((a) => c.s.let(select(shift(a, count), ZERO, i32.lt_u(count, bits)))));
};
const arithmetic = (bits: number, shift: Shift): Meaning => (c) => {
  const given = countOf(c, bits), source = c.vectors.get(firstSource(c));
  const count = c.s.let(select(given, i32.const(bits - 1), i32.lt_u(given, bits)));
  c.vectors.set(0, source.map((a) => c.s.let(shift(a, count))));
};

/** A count of its own for each element. */
const each32 = (shift: (a: Value<'i32'>, n: Value<'i32'>) => Value<'i32'>, signed = false): Meaning => (c) => {
  const { s } = c, source = c.vectors.get(1), counts = c.vectors.get(2);
  c.vectors.set(0, source.map((a, lane) => [0, 1, 2, 3].reduce((result, i) => {
    const x = i32x4.extract_lane(a, i), n = s.let(i32x4.extract_lane(counts[lane] ?? a, i)), fits = i32.lt_u(n, 32);
    const one = signed ? shift(x, select(n, i32.const(31), fits)) : select(shift(x, n), i32.const(0), fits);
    return s.let(i32x4.replace_lane(result, one, i));
  }, a)));
};
const each64 = (shift: (a: Value<'i64'>, n: Value<'i64'>) => Value<'i64'>): Meaning => (c) => {
  const { s } = c, source = c.vectors.get(1), counts = c.vectors.get(2);
  c.vectors.set(0, source.map((a, lane) => [0, 1].reduce((result, i) => {
    const n = s.let(i64x2.extract_lane(counts[lane] ?? a, i));
    return s.let(i64x2.replace_lane(result, select(shift(i64x2.extract_lane(a, i), n), i64.const(0), i64.lt_u(n, 64)), i));
  }, a)));
};

export const vectorShifts = vectorMeanings({
  PSLLW: logical(16, i16x8.shl), PSLLD: logical(32, i32x4.shl), PSLLQ: logical(64, i64x2.shl),
  PSRLW: logical(16, i16x8.shr_u), PSRLD: logical(32, i32x4.shr_u), PSRLQ: logical(64, i64x2.shr_u),
  PSRAW: arithmetic(16, i16x8.shr_s), PSRAD: arithmetic(32, i32x4.shr_s),
  PSLLVD: each32(i32.shl), PSRLVD: each32(i32.shr_u), PSRAVD: each32(i32.shr_s, true),
  PSLLVQ: each64(i64.shl), PSRLVQ: each64(i64.shr_u),
});

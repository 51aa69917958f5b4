/** Packed integer arithmetic and comparison (Intel SDM vol. 2, under their names). */
import { i8x16, i16x8, i32x4, i64x2, v128 } from '@polyvisor/wasm';
import type { Vector128 } from './operands.ts';
import { binary, type BinaryLane, joined, shuffle, unary, vectorMeanings } from './shapes.ts';

const splat16 = (value: number): Vector128 => i16x8.const(...new Array<number>(8).fill(value));
const LOW_DWORDS = i64x2.const(0xffffffff, 0xffffffff);
const LOW_BYTES = splat16(0xff);

/** High halves of products of words: from the two vectors of 32-bit products. */
const highWords = (low: Vector128, high: Vector128): Vector128 => shuffle(low, high, 2, [1, 3, 5, 7, 9, 11, 13, 15]);
const MIN16 = splat16(-32768);
/** WebAssembly saturates where both are −32768; the processor does not. */
const multiplyRound: BinaryLane = (a, b, { s }) => {
  const both = v128.and(i16x8.eq(a, MIN16), i16x8.eq(b, MIN16));
  return v128.xor(i16x8.q15mulr_sat_s(a, b), s.let(both));
};
/** Unsigned bytes of the first times signed ones of the second, neighbours added with saturation. */
const multiplyAddBytes: BinaryLane = (a, b) => {
  const even = i16x8.mul(v128.and(a, LOW_BYTES), i16x8.shr_s(i16x8.shl(b, 8), 8));
  return i16x8.add_sat_s(even, i16x8.mul(i16x8.shr_u(a, 8), i16x8.shr_s(b, 8)));
};
/** Products of the even 32-bit elements. */
const evenSigned: BinaryLane = (a, b, { s }) =>
  i64x2.extmul_low_i32x4_s(s.let(shuffle(a, a, 4, [0, 2, 0, 2])), s.let(shuffle(b, b, 4, [0, 2, 0, 2])));

const distance = (a: Vector128, b: Vector128): Vector128 => v128.or(i8x16.sub_sat_u(a, b), i8x16.sub_sat_u(b, a));
const sumOfDistances: BinaryLane = (a, b, { s }) => {
  const sums = s.let(i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(distance(a, b))));
  return i64x2.add(v128.and(sums, LOW_DWORDS), i64x2.shr_u(sums, 32));
};

interface Lanes {
  readonly eq: (a: Vector128, b: Vector128) => Vector128;
  readonly lt_s: (a: Vector128, b: Vector128) => Vector128;
  readonly sub: (a: Vector128, b: Vector128) => Vector128;
}
/** The first with its sign changed where the second is negative, zero where it is zero. */
const sign = (lanes: Lanes): BinaryLane => (a, b, { s }) => {
  const zero = i64x2.const(0, 0), negative = s.let(lanes.lt_s(b, zero));
  return v128.andnot(lanes.sub(v128.xor(a, negative), negative), lanes.eq(b, zero));
};

/** Neighbours of both sources, the even and the odd ones, for sums and differences. */
const horizontal = (bytes: 2 | 4, f: (even: Vector128, odd: Vector128) => Vector128) => joined((a, b) => {
  const count = 32 / bytes, of = (odd: number): number[] => Array.from({ length: count / 2 }, (_, i) => 2 * i + odd);
  return f(shuffle(a, b, bytes, of(0)), shuffle(a, b, bytes, of(1)));
});

export const integer = vectorMeanings({
  PADDB: binary(i8x16.add), PADDW: binary(i16x8.add), PADDD: binary(i32x4.add), PADDQ: binary(i64x2.add),
  PSUBB: binary(i8x16.sub), PSUBW: binary(i16x8.sub), PSUBD: binary(i32x4.sub), PSUBQ: binary(i64x2.sub),
  PADDSB: binary(i8x16.add_sat_s), PADDSW: binary(i16x8.add_sat_s), PADDUSB: binary(i8x16.add_sat_u), PADDUSW: binary(i16x8.add_sat_u),
  PSUBSB: binary(i8x16.sub_sat_s), PSUBSW: binary(i16x8.sub_sat_s), PSUBUSB: binary(i8x16.sub_sat_u), PSUBUSW: binary(i16x8.sub_sat_u),
  PCMPEQB: binary(i8x16.eq), PCMPEQW: binary(i16x8.eq), PCMPEQD: binary(i32x4.eq), PCMPEQQ: binary(i64x2.eq),
  PCMPGTB: binary(i8x16.gt_s), PCMPGTW: binary(i16x8.gt_s), PCMPGTD: binary(i32x4.gt_s), PCMPGTQ: binary(i64x2.gt_s),
  PMINSB: binary(i8x16.min_s), PMINSW: binary(i16x8.min_s), PMINSD: binary(i32x4.min_s),
  PMINUB: binary(i8x16.min_u), PMINUW: binary(i16x8.min_u), PMINUD: binary(i32x4.min_u),
  PMAXSB: binary(i8x16.max_s), PMAXSW: binary(i16x8.max_s), PMAXSD: binary(i32x4.max_s),
  PMAXUB: binary(i8x16.max_u), PMAXUW: binary(i16x8.max_u), PMAXUD: binary(i32x4.max_u),
  PAVGB: binary(i8x16.avgr_u), PAVGW: binary(i16x8.avgr_u),
  PABSB: unary(i8x16.abs), PABSW: unary(i16x8.abs), PABSD: unary(i32x4.abs),
  PSIGNB: binary(sign(i8x16)), PSIGNW: binary(sign(i16x8)), PSIGND: binary(sign(i32x4)),
  PMULLW: binary(i16x8.mul), PMULLD: binary(i32x4.mul),
  PMULHW: binary((a, b) => highWords(i32x4.extmul_low_i16x8_s(a, b), i32x4.extmul_high_i16x8_s(a, b))),
  PMULHUW: binary((a, b) => highWords(i32x4.extmul_low_i16x8_u(a, b), i32x4.extmul_high_i16x8_u(a, b))),
  PMULHRSW: binary(multiplyRound), PMADDWD: binary(i32x4.dot_i16x8_s), PMADDUBSW: binary(multiplyAddBytes),
  PMULUDQ: binary((a, b) => i64x2.mul(v128.and(a, LOW_DWORDS), v128.and(b, LOW_DWORDS))), PMULDQ: binary(evenSigned),
  PSADBW: binary(sumOfDistances),
  PHADDW: horizontal(2, i16x8.add), PHADDD: horizontal(4, i32x4.add), PHADDSW: horizontal(2, i16x8.add_sat_s),
  PHSUBW: horizontal(2, i16x8.sub), PHSUBD: horizontal(4, i32x4.sub), PHSUBSW: horizontal(2, i16x8.sub_sat_s),
});

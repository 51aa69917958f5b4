/** Unpacking, packing and shuffles (Intel SDM vol. 2, under their names). */
import { i8x16, i16x8, i32, i32x4, type Value } from '@polyvisor/wasm';
import type { EmitContext, Meaning } from '../context.ts';
import type { Vector128 } from './operands.ts';
import { binary, elements, immediate, joined, shuffle, vectorMeanings } from './shapes.ts';

/** Elements of the low or high halves of both sources in turn. */
const interleave = (bytes: number, high: boolean): Meaning => binary((a, b, c) => {
  const count = 16 / bytes, half = count / 2;
  const pair = (first: number): number[] => Array.from({ length: count }, (_, i) => first + (i >> 1) + (i & 1) * count);
  if (!c.vectors.mmx) return shuffle(a, b, bytes, pair(high ? half : 0));
  // Of 64-bit operands the whole result lies in one lane; its second half are the high elements.
  const all = pair(0);
  return shuffle(a, b, bytes, high ? [...all.slice(half), ...all.slice(half)] : all);
});

/** A swizzle's control from four 2-bit fields: a 32-bit element for each. */
const select4 = (c: EmitContext, imm: Value<'i32'>): Vector128 => {
  const { s } = c, halves = s.let(i32.and(i32.or(imm, i32.shl(imm, 12)), 0x000f000f));
  const each = s.let(i32x4.splat(i32.mul(i32.and(i32.or(halves, i32.shl(halves, 6)), 0x03030303), 4)));
  const replicated = i8x16.shuffle(each, each, elements(1, [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3]));
  return s.let(i8x16.add(replicated, i32x4.const(0x03020100, 0x03020100, 0x03020100, 0x03020100)));
};
const shuffleDwords: Meaning = (c) => {
  const source = c.vectors.get(1), control = select4(c, immediate(c));
  c.vectors.set(0, source.map((a) => c.s.let(i8x16.swizzle(a, control))));
};
export const arrange = vectorMeanings({
  PUNPCKLBW: interleave(1, false), PUNPCKLWD: interleave(2, false), PUNPCKLDQ: interleave(4, false), PUNPCKLQDQ: interleave(8, false),
  PUNPCKHBW: interleave(1, true), PUNPCKHWD: interleave(2, true), PUNPCKHDQ: interleave(4, true), PUNPCKHQDQ: interleave(8, true),
  PACKSSWB: joined(i8x16.narrow_i16x8_s), PACKUSWB: joined(i8x16.narrow_i16x8_u),
  PACKSSDW: joined(i16x8.narrow_i32x4_s), PACKUSDW: joined(i16x8.narrow_i32x4_u),
  PSHUFD: shuffleDwords,
});

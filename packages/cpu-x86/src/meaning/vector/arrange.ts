/** Unpacking, packing, shuffles and blends within 128-bit lanes (Intel SDM vol. 2, under their names). */
import { i8x16, i16x8, i32, i32x4, i64x2, v128 } from '@polyvisor/wasm';
import type { EmitContext, Meaning } from '../context.ts';
import { dwordControl, IOTA, lastIsImmediate, pairFields, wordControl } from './control.ts';
import type { Vector128 } from './operands.ts';
import { binary, type BinaryLane, firstSource, immediate, joined, shuffle, sources, vectorMeanings } from './shapes.ts';

/** Elements of the low or high halves of both sources in turn. */
const interleave = (bytes: number, high: boolean): Meaning => binary((a, b, c) => {
  const count = 16 / bytes, half = count / 2;
  const pair = (first: number): number[] => Array.from({ length: count }, (_, i) => first + (i >> 1) + (i & 1) * count);
  if (!c.vectors.mmx) return shuffle(a, b, bytes, pair(high ? half : 0));
  // Of 64-bit operands the whole result lies in one lane; its second half are the high elements.
  const all = pair(0);
  return shuffle(a, b, bytes, high ? [...all.slice(half), ...all.slice(half)] : all);
});

/** Every lane of the source through one control. */
const permuted = (control: (c: EmitContext) => Vector128): Meaning => (c) => {
  const source = c.vectors.get(1), by = control(c);
  c.vectors.set(0, source.map((a) => c.s.let(i8x16.swizzle(a, by))));
};
const shuffleBytes: BinaryLane = (a, b, c) => i8x16.swizzle(a, v128.and(b, i8x16.splat(c.vectors.mmx ? 0x87 : 0x8f)));

/** SHUFPS and SHUFPD: the low half from the first source, the high half from the second. */
const shuffleTwo = (double: boolean): Meaning => (c) => {
  const { a, b } = sources(c), imm = immediate(c);
  c.vectors.set(0, a.map((x, lane) => {
    const control = c.s.let(dwordControl(c, double ? pairFields(c, imm, lane) : imm));
    const low = c.s.let(i8x16.swizzle(x, control)), high = c.s.let(i8x16.swizzle(b[lane] ?? x, control));
    return c.s.let(shuffle(low, high, 8, [0, 3]));
  }));
};

/** VPERMILPS and VPERMILPD: by an immediate, or by the low bits (bit 1 of a double's) of each element. */
const permuteInLane = (double: boolean): Meaning => (c) => {
  const { s } = c, source = c.vectors.get(1);
  if (lastIsImmediate(c)) {
    const imm = immediate(c);
    c.vectors.set(0, source.map((a, lane) => s.let(i8x16.swizzle(a, s.let(dwordControl(c, double ? pairFields(c, imm, lane) : imm))))));
    return;
  }
  const by = c.vectors.get(2);
  c.vectors.set(0, source.map((a, lane) => {
    const control = by[lane] ?? a;
    const low = s.let(double
      ? v128.and(i64x2.shl(control, 2), i8x16.splat(8))
      : v128.and(i32x4.shl(control, 2), i8x16.splat(12)));
    const size = double ? 8 : 4, first = Array.from({ length: 16 }, (_, i) => i - (i % size));
    const within = i8x16.const(...Array.from({ length: 16 }, (_, i) => i % size));
    return s.let(i8x16.swizzle(a, s.let(i8x16.add(i8x16.shuffle(low, low, first), within))));
  }));
};

/** PALIGNR: both sources as one row of bytes, the second one below, moved down. */
const align: Meaning = (c) => {
  const { s } = c, { a, b } = sources(c), imm = immediate(c);
  const down = s.let(i8x16.add_sat_u(IOTA, i8x16.splat(imm)));
  c.vectors.set(0, a.map((x, lane) => {
    const y = b[lane] ?? x;
    if (c.vectors.mmx) return s.let(i8x16.swizzle(shuffle(y, x, 8, [0, 2]), down));
    return s.let(v128.or(i8x16.swizzle(y, down), i8x16.swizzle(x, i8x16.add(IOTA, i8x16.splat(i32.sub(imm, 16))))));
  }));
};
/** PSLLDQ and PSRLDQ, by bytes. */
const shiftBytes = (left: boolean): Meaning => (c) => {
  const { s } = c, source = c.vectors.get(firstSource(c)), imm = immediate(c);
  const beyond = i32.gt_u(imm, 15);
  const by = s.let(i8x16.splat(i32.or(imm, i32.shl(beyond, 7))));
  // An index out of range gives zero.
  const control = s.let(left
    ? v128.or(i8x16.sub(IOTA, by), i8x16.splat(i32.shl(i32.gt_u(imm, 15), 7)))
    : i8x16.add_sat_u(IOTA, by));
  c.vectors.set(0, source.map((a) => s.let(i8x16.swizzle(a, control))));
};

/** Elements of the second source where a bit of the immediate is set. `next` is where the upper lane's bits begin. */
const blendBy = (bits: Vector128, splat: (n: ReturnType<typeof immediate>) => Vector128, eq: (a: Vector128, b: Vector128) => Vector128, next: number): Meaning => (c) => {
  const { s } = c, { a, b } = sources(c), imm = immediate(c);
  c.vectors.set(0, a.map((x, lane) => {
    const mask = s.let(eq(v128.and(splat(i32.shr_u(imm, lane * next)), bits), bits));
    return s.let(v128.bitselect(b[lane] ?? x, x, mask));
  }));
};
/** The same by the sign bits of a register. */
const blendWhere = (sign: (mask: Vector128) => Vector128): Meaning => (c) => {
  const { a, b } = sources(c), masks = c.vectors.get(firstSource(c) + 2);
  c.vectors.set(0, a.map((x, lane) => c.s.let(v128.bitselect(b[lane] ?? x, x, sign(masks[lane] ?? x)))));
};

export const arrange = vectorMeanings({
  PUNPCKLBW: interleave(1, false), PUNPCKLWD: interleave(2, false), PUNPCKLDQ: interleave(4, false), PUNPCKLQDQ: interleave(8, false),
  PUNPCKHBW: interleave(1, true), PUNPCKHWD: interleave(2, true), PUNPCKHDQ: interleave(4, true), PUNPCKHQDQ: interleave(8, true),
  PACKSSWB: joined(i8x16.narrow_i16x8_s), PACKUSWB: joined(i8x16.narrow_i16x8_u),
  PACKSSDW: joined(i16x8.narrow_i32x4_s), PACKUSDW: joined(i16x8.narrow_i32x4_u),
  PSHUFD: permuted((c) => dwordControl(c, immediate(c))), PSHUFB: binary(shuffleBytes),
  PSHUFLW: permuted((c) => wordControl(c, false)), PSHUFHW: permuted((c) => wordControl(c, true)), PSHUFW: permuted((c) => wordControl(c, false)),
  SHUFPS: shuffleTwo(false), SHUFPD: shuffleTwo(true), PERMILPS: permuteInLane(false), PERMILPD: permuteInLane(true),
  PALIGNR: align, PSLLDQ: shiftBytes(true), PSRLDQ: shiftBytes(false),
  BLENDPS: blendBy(i32x4.const(1, 2, 4, 8), i32x4.splat, i32x4.eq, 4), BLENDPD: blendBy(i32x4.const(1, 1, 2, 2), i32x4.splat, i32x4.eq, 2),
  PBLENDW: blendBy(i16x8.const(1, 2, 4, 8, 16, 32, 64, 128), i16x8.splat, i16x8.eq, 0),
  PBLENDVB: blendWhere((mask) => i8x16.shr_s(mask, 7)), BLENDVPS: blendWhere((mask) => i32x4.shr_s(mask, 31)),
  BLENDVPD: blendWhere((mask) => i64x2.shr_s(mask, 63)),
});

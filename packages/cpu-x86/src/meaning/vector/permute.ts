/** What moves elements between lanes, single elements, and extensions (Intel SDM vol. 2, under their names). */
import { i8x16, i16x8, i32, i32x4, i64, i64x2, select, v128, type Value } from '@polyvisor/wasm';
import type { EmitContext, Meaning } from '../context.ts';
import { as32, as64, resize, type Word } from '../words.ts';
import { front, quadControl } from './control.ts';
import type { Vector128 } from './operands.ts';
import { firstSource, immediate, immediateBit, shuffle, vectorMeanings } from './shapes.ts';

const ZERO = i64x2.const(0, 0);
const BITS = i32x4.const(1, 2, 4, 8);

/** The bytes of a control from a row of two lanes: an index out of range gives zero in each. */
const fromTwo = (c: EmitContext, low: Vector128, high: Vector128, control: Vector128): Vector128 =>
  c.s.let(v128.or(i8x16.swizzle(low, control), i8x16.swizzle(high, i8x16.sub(control, i8x16.splat(16)))));

const permuteDwords: Meaning = (c) => {
  const [low = ZERO, high = ZERO] = c.vectors.get(2), by = c.vectors.get(1);
  c.vectors.set(0, by.map((index) => {
    const scaled = c.s.let(v128.and(i32x4.shl(index, 2), i8x16.splat(28)));
    const each = i8x16.shuffle(scaled, scaled, [0, 0, 0, 0, 4, 4, 4, 4, 8, 8, 8, 8, 12, 12, 12, 12]);
    return fromTwo(c, low, high, c.s.let(i8x16.add(each, i32x4.splat(0x03020100))));
  }));
};
const permuteQuads: Meaning = (c) => {
  const [low = ZERO, high = ZERO] = c.vectors.get(1), imm = immediate(c);
  c.vectors.set(0, [0, 1].map((lane) => fromTwo(c, low, high, c.s.let(quadControl(c, imm, lane)))));
};
const permuteLanes: Meaning = (c) => {
  const [a0 = ZERO, a1 = ZERO] = c.vectors.get(1), [b0 = ZERO, b1 = ZERO] = c.vectors.get(2), imm = immediate(c);
  c.vectors.set(0, [0, 4].map((at) => {
    const of = (low: Vector128, high: Vector128): Vector128 => select(high, low, immediateBit(imm, at));
    return c.s.let(select(ZERO, select(of(b0, b1), of(a0, a1), immediateBit(imm, at + 1)), immediateBit(imm, at + 3)));
  }));
};
const insertLane: Meaning = (c) => {
  const [low = ZERO, high = ZERO] = c.vectors.get(1), [part = ZERO] = c.vectors.get(2), upper = c.s.let(immediateBit(immediate(c), 0));
  c.vectors.set(0, [c.s.let(select(low, part, upper)), c.s.let(select(part, high, upper))]);
};
const extractLane: Meaning = (c) => {
  const [low = ZERO, high = ZERO] = c.vectors.get(1);
  c.vectors.set(0, [c.s.let(select(high, low, immediateBit(immediate(c), 0)))]);
};

/** INSERTPS: an element, chosen if the source is a register, and zeros where the immediate says. */
const insertSingle: Meaning = (c) => {
  const { s } = c, k = firstSource(c), imm = immediate(c);
  const [b = ZERO] = c.vectors.get(k + 1), [a = ZERO] = c.vectors.get(k);
  const chosen = c.isMemory(k + 1) ? b : s.let(front(b, i32.shl(i32.shr_u(imm, 6), 2)));
  const place = i32x4.eq(i32x4.const(0, 1, 2, 3), i32x4.splat(i32.and(i32.shr_u(imm, 4), 3)));
  const merged = v128.bitselect(shuffle(chosen, chosen, 4, [0, 0, 0, 0]), a, place);
  c.vectors.set(0, [s.let(v128.andnot(merged, i32x4.eq(v128.and(i32x4.splat(imm), BITS), BITS)))]);
};

/** Which element an immediate names, in bytes; an MMX register has half as many. */
const elementAt = (c: EmitContext, bytes: number, n: number): Value<'i32'> => {
  const count = (c.vectors.bits(n) === 64 ? 8 : 16) / bytes;
  return c.s.let(i32.mul(i32.and(immediate(c), count - 1), bytes));
};
const extract = (bytes: number, first: (a: Vector128) => Word): Meaning => (c) => {
  const [a = ZERO] = c.vectors.get(1);
  const value = c.s.let(first(c.s.let(front(a, elementAt(c, bytes, 1)))));
  c.set(0, c.s.let(resize(value, bytes === 8 ? 64 : 32, c.sizeOf(0))));
};
const insert = (bytes: 1 | 2 | 4 | 8, splat: (value: Word) => Vector128, place: (n: Value<'i32'>) => Vector128): Meaning => (c) => {
  const k = firstSource(c), value = c.get(k + 1), [a = ZERO] = c.vectors.get(k);
  const carried = resize(value, c.sizeOf(k + 1), bytes === 8 ? 64 : 32);
  const at = c.s.let(i32.div_u(elementAt(c, bytes, k), bytes));
  c.vectors.set(0, [c.s.let(v128.bitselect(splat(carried), a, place(at)))]);
};

interface Extension {
  readonly low: (a: Vector128) => Vector128;
  readonly high: (a: Vector128) => Vector128;
}
/** PMOVSX and PMOVZX: the steps from the narrow to the wide element. */
const extend = (...steps: readonly Extension[]): Meaning => (c) => {
  let [a = ZERO] = c.vectors.get(1);
  const last = steps.at(-1);
  if (last === undefined) throw new Error('no extension');
  for (const step of steps.slice(0, -1)) a = c.s.let(step.low(a));
  c.vectors.set(0, c.vectors.bits(0) === 256 ? [c.s.let(last.low(a)), c.s.let(last.high(a))] : [c.s.let(last.low(a))]);
};
const BW = { low: i16x8.extend_low_i8x16_s, high: i16x8.extend_high_i8x16_s };
const WD = { low: i32x4.extend_low_i16x8_s, high: i32x4.extend_high_i16x8_s };
const DQ = { low: i64x2.extend_low_i32x4_s, high: i64x2.extend_high_i32x4_s };
const BWU = { low: i16x8.extend_low_i8x16_u, high: i16x8.extend_high_i8x16_u };
const WDU = { low: i32x4.extend_low_i16x8_u, high: i32x4.extend_high_i16x8_u };
const DQU = { low: i64x2.extend_low_i32x4_u, high: i64x2.extend_high_i32x4_u };
const WORDS = i16x8.const(0, 1, 2, 3, 4, 5, 6, 7), BYTES = i8x16.const(...Array.from({ length: 16 }, (_, i) => i));

export const permute = vectorMeanings({
  PERMD: permuteDwords, PERMQ: permuteQuads, PERM2F128: permuteLanes, INSERTF128: insertLane, EXTRACTF128: extractLane,
  INSERTPS: insertSingle,
  PEXTRB: extract(1, (a) => i8x16.extract_lane_u(a, 0)), PEXTRW: extract(2, (a) => i16x8.extract_lane_u(a, 0)),
  PEXTRD: extract(4, (a) => i32x4.extract_lane(a, 0)), PEXTRQ: extract(8, (a) => i64x2.extract_lane(a, 0)),
  PINSRB: insert(1, (v) => i8x16.splat(as32(v)), (n) => i8x16.eq(BYTES, i8x16.splat(n))),
  PINSRW: insert(2, (v) => i16x8.splat(as32(v)), (n) => i16x8.eq(WORDS, i16x8.splat(n))),
  PINSRD: insert(4, (v) => i32x4.splat(as32(v)), (n) => i32x4.eq(i32x4.const(0, 1, 2, 3), i32x4.splat(n))),
  PINSRQ: insert(8, (v) => i64x2.splat(as64(v)), (n) => i64x2.eq(i64x2.const(0, 1), i64x2.splat(i64.extend_i32_u(n)))),
  PMOVSXBW: extend(BW), PMOVSXBD: extend(BW, WD), PMOVSXBQ: extend(BW, WD, DQ), PMOVSXWD: extend(WD), PMOVSXWQ: extend(WD, DQ), PMOVSXDQ: extend(DQ),
  PMOVZXBW: extend(BWU), PMOVZXBD: extend(BWU, WDU), PMOVZXBQ: extend(BWU, WDU, DQU), PMOVZXWD: extend(WDU), PMOVZXWQ: extend(WDU, DQU), PMOVZXDQ: extend(DQU),
});

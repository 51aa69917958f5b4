/**
 * Gathers and masked moves (Intel SDM vol. 2, "VPGATHERDD/VPGATHERDQ", "VMASKMOV", "MASKMOVDQU"): elements whose mask bit is
 * clear are not accessed and cannot fault.
 */
import { i32, i32x4, i64, i64x2, select, v128, type Local, type Value } from '@polyvisor/wasm';
import type { EmitContext, Meaning } from '../context.ts';
import { as32, as64, type Word } from '../words.ts';
import { front } from './control.ts';
import type { Vector128 } from './operands.ts';
import { vectorMeanings } from './shapes.ts';

const ZERO = i64x2.const(0, 0);
type Size = 32 | 64;

/** An element, by its number, of a row of one or two lanes. */
function element(c: EmitContext, lanes: readonly Vector128[], size: Size, n: Value<'i32'>): Word {
  const [low = ZERO, high] = lanes, per = 128 / size;
  const lane = high === undefined ? low : select(high, low, i32.ge_u(n, per));
  const first = c.s.let(front(lane, i32.mul(i32.and(n, per - 1), size / 8)));
  const value: Word = size === 64 ? i64x2.extract_lane(first, 0) : i32x4.extract_lane(first, 0);
  return c.s.let(value);
}
/** The lanes with one element replaced. */
function replaced(c: EmitContext, lanes: readonly Vector128[], size: Size, n: Value<'i32'>, value: Word): Vector128[] {
  return lanes.map((lane, at) => {
    const place = c.s.let(i32.sub(n, at * (128 / size)));
    const where = size === 64 ? i64x2.eq(i64x2.const(0, 1), i64x2.splat(i64.extend_i32_u(place))) : i32x4.eq(i32x4.const(0, 1, 2, 3), i32x4.splat(place));
    return c.s.let(v128.bitselect(size === 64 ? i64x2.splat(as64(value)) : i32x4.splat(as32(value)), lane, where));
  });
}
const negative = (value: Word, size: Size): Value<'i32'> => (size === 64 ? i64.lt_s(as64(value), 0) : i32.lt_s(as32(value), 0));

/** Runs a body for each number below `count`. */
function each(c: EmitContext, count: number, body: (n: Value<'i32'>) => void): void {
  const { s } = c, n = s.var(i32.const(0));
  s.loop((next) => {
    const now = s.let(n.get());
    body(now);
    s.set(n, i32.add(now, 1));
    s.br_if(next, i32.lt_u(n.get(), count));
  });
}
/** Runs a body for each element whose bit in the mask is set. */
function eachMasked(c: EmitContext, mask: readonly Vector128[], size: Size, body: (n: Value<'i32'>) => void): void {
  each(c, (mask.length * 128) / size, (n) => c.s.if(negative(element(c, mask, size, n), size), () => body(n)));
}
const distance = (n: Value<'i32'>, size: Size): Value<'i64'> => i64.extend_i32_u(i32.mul(n, size / 8));

const load = (size: Size): Meaning => (c) => {
  const { s } = c, mask = c.vectors.get(1), result = mask.map((): Local<'v128'> => s.var(ZERO));
  eachMasked(c, mask, size, (n) => {
    const value = c.load(s.let(c.linear(s.let(distance(n, size)))), size);
    replaced(c, result.map((lane) => s.let(lane.get())), size, n, value).forEach((lane, i) => {
      const local = result[i];
      if (local !== undefined) s.set(local, lane);
    });
  });
  c.vectors.set(0, result.map((lane) => s.let(lane.get())));
};
const store = (size: Size): Meaning => (c) => {
  const { s } = c, mask = c.vectors.get(1), source = c.vectors.get(2);
  // All of them can be written before any is.
  eachMasked(c, mask, size, (n) => { c.pin(s.let(c.linear(s.let(distance(n, size)))), size / 8); });
  eachMasked(c, mask, size, (n) => c.store(s.let(c.linear(s.let(distance(n, size)))), element(c, source, size, n), size));
};

/**
 * MASKMOVDQU and MASKMOVQ: bytes, at DS:rDI. All of the operand must be writable, whatever the mask: the manual leaves it to
 * the processor, and those at hand do so.
 */
const storeBytes: Meaning = (c) => {
  const { s } = c, [source = ZERO] = c.vectors.get(0), [mask = ZERO] = c.vectors.get(1);
  const place = (n: Value<'i32'>): Value<'i64'> =>
    s.let(c.segmented('source', s.let(c.cutToAddress(i64.add(as64(c.register('rdi', 64)), i64.extend_i32_u(n))))));
  const byte = (a: Vector128, n: Value<'i32'>): Value<'i32'> => s.let(i32x4.extract_lane(front(a, n), 0));
  const bytes = c.vectors.mmx ? 8 : 16;
  c.pin(place(i32.const(0)), bytes);
  each(c, bytes, (n) => s.if(i32.and(byte(mask, n), 0x80), () => c.store(place(n), byte(source, n), 8)));
};

/**
 * Element by element from the lowest. What was gathered stays when a later element faults, with its mask cleared, so
 * that the instruction goes on where it stopped.
 */
const gather = (indexSize: Size, size: Size): Meaning => (c) => {
  const { s } = c, count = c.vectors.bits(1) / indexSize;
  const indices = Array.from({ length: Math.max(1, c.vectors.bits(1) / 128) }, (_, lane) => c.vectors.index(lane === 0 ? 0 : 1));
  each(c, count, (n) => {
    s.if(negative(element(c, c.vectors.get(2), size, n), size), () => {
      const index = element(c, indices, indexSize, n);
      const wide = indexSize === 64 ? as64(index) : i64.extend_i32_s(as32(index));
      const value = c.load(s.let(c.linear(s.let(i64.shl(wide, i64.extend_i32_u(c.vectors.scale()))))), size);
      c.vectors.merge(0, replaced(c, c.vectors.get(0), size, n, value));
    });
    c.vectors.merge(2, replaced(c, c.vectors.get(2), size, n, size === 64 ? i64.const(0) : i32.const(0)));
  });
  const result = c.vectors.get(0);
  // Two elements of 32 bits fill half a lane.
  c.vectors.set(0, count * size < 128 ? [s.let(i64x2.replace_lane(result[0] ?? ZERO, i64.const(0), 1))] : result);
  c.vectors.set(2, result.map(() => ZERO));
};

export const masked = vectorMeanings({
  MASKMOVD_LOAD: load(32), MASKMOVQ_LOAD: load(64), MASKMOVD_STORE: store(32), MASKMOVQ_STORE: store(64), MASKMOVBYTES: storeBytes,
  GATHERDD: gather(32, 32), GATHERDQ: gather(32, 64), GATHERQD: gather(64, 32), GATHERQQ: gather(64, 64),
});

/** What looks at whole vectors: tests, minimum positions, sums of differences (Intel SDM vol. 2, under their names). */
import { i8x16, i16x8, i32, i32x4, i64x2, v128, type Value } from '@polyvisor/wasm';
import type { Meaning } from '../context.ts';
import { front } from './control.ts';
import type { Vector128 } from './operands.ts';
import { immediate, shuffle, sources, vectorMeanings } from './shapes.ts';

const ZERO = i64x2.const(0, 0);

/** ZF: nothing of the second is in the first; CF: nothing of it is outside. */
const test = (some: (a: Vector128) => Value<'i32'>): Meaning => (c) => {
  const { s } = c, a = c.vectors.get(0), b = c.vectors.get(1), zero = i32.const(0);
  const any = (f: (x: Vector128, y: Vector128) => Vector128): Value<'i32'> =>
    s.let(a.map((x, i) => some(f(x, b[i] ?? x))).reduce((all, one) => i32.or(all, one)));
  const inside = any((x, y) => v128.and(y, x)), outside = any((x, y) => v128.andnot(y, x));
  c.flags.update({ zf: i32.eqz(inside), cf: i32.eqz(outside), of: zero, sf: zero, af: zero, pf: zero });
};

/** PHMINPOSUW: the least word with its place below it, found in one comparison. */
const minimumPosition: Meaning = (c) => {
  const { s } = c, [a = ZERO] = c.vectors.get(1);
  const low = v128.or(i32x4.shl(i32x4.extend_low_i16x8_u(a), 16), i32x4.const(0, 1, 2, 3));
  const high = v128.or(i32x4.shl(i32x4.extend_high_i16x8_u(a), 16), i32x4.const(4, 5, 6, 7));
  const four = s.let(i32x4.min_u(low, high)), two = s.let(i32x4.min_u(four, shuffle(four, four, 4, [2, 3, 2, 3])));
  const least = s.let(i32x4.extract_lane(i32x4.min_u(two, shuffle(two, two, 4, [1, 1, 1, 1])), 0));
  c.vectors.set(0, [s.let(i32x4.replace_lane(ZERO, i32.rotl(least, 16), 0))]);
};

/** MPSADBW: four bytes of the second source against eight places in the first. Three bits of the immediate for each lane. */
const multipleSums: Meaning = (c) => {
  const { s } = c, { a, b } = sources(c), imm = immediate(c);
  c.vectors.set(0, a.map((x, lane) => {
    const bits = s.let(i32.shr_u(imm, lane * 3));
    const row = s.let(front(x, i32.and(bits, 4))), block = s.let(front(b[lane] ?? x, i32.shl(i32.and(bits, 3), 2)));
    return [0, 1, 2, 3].map((k) => {
      const places = i16x8.extend_low_i8x16_u(k === 0 ? row : i8x16.shuffle(row, row, Array.from({ length: 16 }, (_, i) => (i + k) & 15)));
      return s.let(i16x8.abs(i16x8.sub(places, i16x8.splat(i8x16.extract_lane_u(block, k)))));
    }).reduce((sum, one) => s.let(i16x8.add(sum, one)));
  }));
};

export const reductions = {
  ...vectorMeanings({ PTEST: test(v128.any_true), TESTPS: test(i32x4.bitmask), TESTPD: test(i64x2.bitmask) }, 'flags'),
  ...vectorMeanings({ PHMINPOSUW: minimumPosition, MPSADBW: multipleSums }),
};

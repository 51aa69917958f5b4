import { i32, i64, i64x2, select, type FunctionBuilder, type Value } from '@polyvisor/wasm';
import type { Meaning } from '../context.ts';
import { helper } from '../helpers.ts';
import { aes } from './aes.ts';
import { sha } from './sha.ts';
import { immediate, sources, vectorMeanings } from './shapes.ts';

type Quad = Value<'i64'>;
const HOLES = [0x11111111, 0x22222222, 0x44444444, 0x88888888 | 0] as const;

/**
 * Low half of a product without carries. Each factor is cut into four with three zeros between the bits of each part, so
 * that carries of an ordinary product stay in the zeros: a sum has at most sixteen terms, and its fourth carry leaves.
 */
function lowProduct(s: FunctionBuilder, x: Quad, y: Quad): Quad {
  const hole = (n: number): Quad => i64.const(HOLES[n & 3] ?? 0, HOLES[n & 3] ?? 0);
  const a = [0, 1, 2, 3].map((n) => s.let(i64.and(x, hole(n)))), b = [0, 1, 2, 3].map((n) => s.let(i64.and(y, hole(n))));
  const parts = [0, 1, 2, 3].map((n) => {
    const terms = a.map((part, i) => i64.mul(part, b[(n - i) & 3] ?? part));
    return s.let(i64.and(terms.reduce((all, one) => s.let(i64.xor(all, one))), hole(n)));
  });
  return s.let(parts.reduce((all, one) => i64.or(all, one)));
}
/** The bits in reverse order. */
function reversed(s: FunctionBuilder, x: Quad): Quad {
  const masks = [[1, 0x55555555], [2, 0x33333333], [4, 0x0f0f0f0f], [8, 0x00ff00ff], [16, 0x0000ffff]] as const;
  const swapped = masks.reduce((value, [by, mask]) =>
    s.let(i64.or(i64.and(i64.shr_u(value, by), i64.const(mask, mask)), i64.shl(i64.and(value, i64.const(mask, mask)), by))), x);
  return s.let(i64.rotl(swapped, 32));
}
/** The product of 127 bits: its high half is the low half of the reversed factors' product, reversed. */
const carryless = helper('carryless-product', ['i64', 'i64'], ['v128'], (s, x, y) => {
  const low = lowProduct(s, x, y), high = reversed(s, lowProduct(s, reversed(s, x), reversed(s, y)));
  return [i64x2.replace_lane(i64x2.splat(low), i64.shr_u(high, 1), 1)];
});

/** PCLMULQDQ (Intel SDM vol. 2B): bits 0 and 4 of the immediate choose the halves. */
const multiply: Meaning = (c) => {
  const { s } = c, { a, b } = sources(c), imm = immediate(c), product = c.helper(carryless);
  c.vectors.set(0, a.map((x, lane) => {
    const y = b[lane] ?? x;
    const one = select(i64x2.extract_lane(x, 1), i64x2.extract_lane(x, 0), i32.and(imm, 1));
    return s.call(product, one, select(i64x2.extract_lane(y, 1), i64x2.extract_lane(y, 0), i32.and(imm, 16)));
  }));
};

/** AES, PCLMULQDQ and SHA. */
export const crypto = vectorMeanings({ ...aes, ...sha, PCLMULQDQ: multiply });

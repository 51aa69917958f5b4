/** AES rounds (FIPS 197, 5; Intel SDM vol. 2A, "AESENC" and its kin) on a vector of sixteen bytes, column by column. */
import { i8x16, i32, i32x4, v128 } from '@polyvisor/wasm';
import type { EmitContext, Meaning } from '../context.ts';
import { helper } from '../helpers.ts';
import type { Vector128 } from './operands.ts';
import { binary, type BinaryLane, immediate, range, unary } from './shapes.ts';

/** Multiplication in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1. */
function times(a: number, b: number): number {
  let product = 0;
  for (let x = a, y = b; y !== 0; y >>= 1, x = (x << 1) ^ ((x & 0x80) !== 0 ? 0x11b : 0)) if ((y & 1) !== 0) product ^= x;
  return product;
}
/** The S-box (FIPS 197, 5.1.1): the inverse, then an affine map. Made where it is emitted, which a shipped module needs not. */
function substitutes(): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, x) => {
    let inverse = 0;
    for (let y = 1; y < 256 && inverse === 0; y++) if (times(x, y) === 1) inverse = y;
    const rotated = (n: number): number => ((inverse << n) | (inverse >> (8 - n))) & 0xff;
    return inverse ^ rotated(1) ^ rotated(2) ^ rotated(3) ^ rotated(4) ^ 0x63;
  });
}
function originals(): Uint8Array {
  const found = new Uint8Array(256);
  substitutes().forEach((substitute, x) => { found[substitute] = x; });
  return found;
}

/** Looks each byte up: of sixteen rows all but one give zero, because the index is out of range. */
const lookUp = (name: string, make: () => Uint8Array) => helper(name, ['v128'], ['v128'], (s, x) => {
  const table = make();
  const rows = range(0, 16).map((row) => i8x16.swizzle(v128.const(table.subarray(row * 16, row * 16 + 16)), v128.xor(x, i8x16.splat(row * 16))));
  return [rows.reduce((all, one) => s.let(v128.or(all, one)))];
});
const SUBSTITUTE = lookUp('aes-sub-bytes', substitutes), RESTORE = lookUp('aes-inv-sub-bytes', originals);

const arranged = (a: Vector128, which: readonly number[]): Vector128 => i8x16.shuffle(a, a, which);
/** Row r moves by r columns (5.1.2, 5.3.1). */
const ROWS = range(0, 16).map((i) => (i + 4 * (i & 3)) & 15), INVERSE_ROWS = range(0, 16).map((i) => (i - 4 * (i & 3)) & 15);
/** Byte i + n of the same column. */
const turned = (a: Vector128, n: number): Vector128 => arranged(a, range(0, 16).map((i) => (i & 12) | ((i + n) & 3)));
const double = (a: Vector128): Vector128 => v128.xor(i8x16.add(a, a), v128.and(i8x16.shr_s(a, 7), i8x16.splat(0x1b)));

const mixColumns = ({ s }: EmitContext, a: Vector128): Vector128 => {
  const next = s.let(turned(a, 1)), both = s.let(v128.xor(a, next));
  return s.let(v128.xor(v128.xor(double(both), next), turned(both, 2)));
};
/** The inverse matrix is the matrix times another that only adds four times a sum. */
const unmixColumns = (c: EmitContext, a: Vector128): Vector128 => {
  const two = c.s.let(double(c.s.let(v128.xor(a, turned(a, 2)))));
  return mixColumns(c, c.s.let(v128.xor(a, double(two))));
};

const round = (inverse: boolean, last: boolean): BinaryLane => (state, key, c) => {
  const rows = c.s.let(arranged(state, inverse ? INVERSE_ROWS : ROWS));
  const bytes = c.s.call(c.helper(inverse ? RESTORE : SUBSTITUTE), rows);
  return v128.xor(last ? bytes : inverse ? unmixColumns(c, bytes) : mixColumns(c, bytes), key);
};
/** AESKEYGENASSIST: substitutes words 1 and 3, and turns and marks them. */
const keyAssist: Meaning = (c) => {
  const { s } = c, imm = immediate(c), [a] = c.vectors.get(1);
  if (a === undefined) return;
  const bytes = s.call(c.helper(SUBSTITUTE), a);
  const placed = arranged(bytes, [4, 5, 6, 7, 5, 6, 7, 4, 12, 13, 14, 15, 13, 14, 15, 12]);
  const mark = v128.and(i32x4.splat(i32.and(imm, 0xff)), i32x4.const(0, -1, 0, -1));
  c.vectors.set(0, [s.let(v128.xor(placed, mark))]);
};

export const aes = {
  AESENC: binary(round(false, false)), AESENCLAST: binary(round(false, true)),
  AESDEC: binary(round(true, false)), AESDECLAST: binary(round(true, true)),
  AESIMC: unary((a, c) => unmixColumns(c, a)), AESKEYGENASSIST: keyAssist,
};

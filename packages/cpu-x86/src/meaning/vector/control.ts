/** Controls of byte shuffles from what instructions say: an immediate's fields, an element's number. */
import { i8x16, i32, i32x4, type Value } from '@polyvisor/wasm';
import type { EmitContext } from '../context.ts';
import type { Vector128 } from './operands.ts';
import { immediate, range } from './shapes.ts';

/** The numbers of the bytes. */
export const IOTA = i8x16.const(...range(0, 16));
const splat32 = (value: number): Vector128 => i32x4.const(value, value, value, value);

export const lastIsImmediate = (c: EmitContext): boolean => c.isImmediate(c.operands - 1);

/** The four 2-bit fields of a byte as the bytes of a word, each times a number; the word everywhere in a vector. */
function spread(c: EmitContext, imm: Value<'i32'>, times: number): Vector128 {
  const halves = c.s.let(i32.and(i32.or(imm, i32.shl(imm, 12)), 0x000f000f));
  return c.s.let(i32x4.splat(i32.mul(i32.and(i32.or(halves, i32.shl(halves, 6)), 0x03030303), times)));
}

/** A field for each 32-bit element. */
export function dwordControl(c: EmitContext, imm: Value<'i32'>): Vector128 {
  const each = spread(c, imm, 4);
  return i8x16.add(i8x16.shuffle(each, each, [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3]), splat32(0x03020100));
}
/** Fields for `dwordControl` from the two bits of a lane that select 64-bit elements. */
export function pairFields(c: EmitContext, imm: Value<'i32'>, lane: number): Value<'i32'> {
  const low = i32.and(i32.shr_u(imm, 2 * lane), 1), high = i32.and(i32.shr_u(imm, 2 * lane + 1), 1);
  return c.s.let(i32.add(i32.add(i32.mul(low, 10), i32.mul(high, 160)), 68));
}
/** A field for each word of the low or of the high half; the other half stays. */
export function wordControl(c: EmitContext, high: boolean): Vector128 {
  const each = spread(c, immediate(c), 2), chosen = [0, 0, 1, 1, 2, 2, 3, 3];
  const pairs = [0, 1, 0, 1, 0, 1, 0, 1], none = [0, 0, 0, 0, 0, 0, 0, 0];
  return high
    ? i8x16.add(i8x16.shuffle(IOTA, each, [...range(0, 8), ...chosen.map((n) => n + 16)]), i8x16.const(...none, ...pairs.map((n) => n + 8)))
    : i8x16.add(i8x16.shuffle(each, IOTA, [...chosen, ...range(24, 8)]), i8x16.const(...pairs, ...none));
}
/** A field for each of the two 64-bit elements of a lane, of a row of four. */
export function quadControl(c: EmitContext, imm: Value<'i32'>, lane: number): Vector128 {
  const each = spread(c, imm, 8), n = 2 * lane, of = (i: number): number[] => new Array<number>(8).fill(i);
  return i8x16.add(i8x16.shuffle(each, each, [...of(n), ...of(n + 1)]), i8x16.const(...range(0, 8), ...range(0, 8)));
}
/** Brings the byte with this number to the front. */
export const front = (a: Vector128, byte: Value<'i32'>): Vector128 => i8x16.swizzle(a, i8x16.add(IOTA, i8x16.splat(byte)));

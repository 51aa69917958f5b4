/**
 * Integers of 8, 16, 32 and 64 bits as WebAssembly values: the first three are carried in an `i32`, zero-extended when
 * they were read and with any upper bits when they were computed.
 */
import { i32, i64, select, type Value } from '@polyvisor/wasm';

export type Size = 8 | 16 | 32 | 64;
/** An `i32` or `i64`, as the size says. */
export type Word = Value<'i32' | 'i64'>;
type Operand = Word | number;
type Binary = (a: Operand, b: Operand) => Word;
type Test = (a: Operand, b: Operand) => Value<'i32'>;

/** The instructions that both widths have. */
export interface WordOps {
  readonly add: Binary; readonly sub: Binary; readonly mul: Binary;
  readonly and: Binary; readonly or: Binary; readonly xor: Binary;
  readonly shl: Binary; readonly shr_u: Binary; readonly shr_s: Binary; readonly rotl: Binary; readonly rotr: Binary;
  readonly eq: Test; readonly ne: Test; readonly lt_u: Test; readonly lt_s: Test; readonly gt_u: Test; readonly le_u: Test;
  readonly ge_u: Test;
  readonly div_u: Binary; readonly rem_u: Binary; readonly div_s: Binary; readonly rem_s: Binary;
  readonly eqz: (a: Operand) => Value<'i32'>;
  readonly clz: (a: Operand) => Word; readonly ctz: (a: Operand) => Word; readonly popcnt: (a: Operand) => Word;
  readonly const: (value: number) => Word;
}

// The two widths differ in the type of their values only, which `Word` leaves open.
const wide = i64 as unknown as WordOps;
const narrow = i32 as unknown as WordOps;

export const wordOps = (size: Size): WordOps => (size === 64 ? wide : narrow);
/** Bits of the WebAssembly type that carries a size. */
export const carrierBits = (size: Size): 32 | 64 => (size === 64 ? 64 : 32);

export const as32 = (w: Word): Value<'i32'> => w as Value<'i32'>;
export const as64 = (w: Word): Value<'i64'> => w as Value<'i64'>;

/** All ones in the bits of a size, as a constant of its carrier. */
export const ones = (size: Size): Word =>
  size === 64 ? i64.const(-1) : i32.const(size === 32 ? -1 : (1 << size) - 1);

/** Clears the bits above a size. */
export const zeroExtend = (w: Word, size: Size): Word => (size >= 32 ? w : narrow.and(w, ones(size)));

/** Repeats the sign bit above a size, within the carrier. */
export const signExtend = (w: Word, size: Size): Word =>
  size === 8 ? i32.extend8_s(as32(w)) : size === 16 ? i32.extend16_s(as32(w)) : w;

/** The value as 64 bits, upper bits zero. The word must be zero-extended. */
export const toU64 = (w: Word, size: Size): Value<'i64'> => (size === 64 ? as64(w) : i64.extend_i32_u(as32(w)));

/** The value as 64 bits, upper bits the sign. */
export const toS64 = (w: Word, size: Size): Value<'i64'> =>
  size === 64 ? as64(w) : i64.extend_i32_s(as32(signExtend(w, size)));

/** The low bits of a 64-bit value, in the carrier of a size. */
export const fromI64 = (v: Value<'i64'>, size: Size): Word => (size === 64 ? v : i32.wrap_i64(v));

/** Changes the carrier; the value was zero-extended from `from`. */
export const resize = (w: Word, from: Size, to: Size): Word =>
  from === 64 && to !== 64 ? i32.wrap_i64(as64(w)) : from !== 64 && to === 64 ? i64.extend_i32_u(as32(w)) : w;

/** The sign bit as 0 or 1, an `i32`. */
export const signBit = (w: Word, size: Size): Value<'i32'> =>
  size === 64 ? i32.wrap_i64(i64.shr_u(as64(w), 63)) : i32.and(i32.shr_u(as32(w), size - 1), 1);

/** The lowest bit as an `i32`. */
export const bit0 = (w: Word, size: Size): Value<'i32'> =>
  size === 64 ? i32.and(i32.wrap_i64(as64(w)), 1) : i32.and(as32(w), 1);

/** The first word where the test is not zero, else the second; both have one carrier. */
export const choose = (whenTrue: Word, whenFalse: Word, test: Value<'i32'>): Word => select(as64(whenTrue), as64(whenFalse), test);

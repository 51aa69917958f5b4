import { i32Const, i64Const, type Value } from '../value/value.ts';
import {
  add64, and64, clz64, ctz64, high, ltS64, ltU64, mul64, or64, popcnt32, ctz32, rotl64, rotr64, shl64, shrS64, shrU64,
  sub64, xor64,
} from './int64.ts';

type Evaluate1 = (low: number, high: number) => Value;
type Evaluate2 = (al: number, ah: number, bl: number, bh: number) => Value | null;

const bool = (condition: boolean): Value => i32Const(condition ? 1 : 0);
const pair = (low: number): Value => i64Const(low, high);
/** The value of two halves as a number, where it is exact. */
const signed = (low: number, hi: number): number => hi * 0x100000000 + (low >>> 0);
const unsigned = (low: number, hi: number): number => signed(low, hi >>> 0);

// A quotient of safe integers is exact after the remainder is taken away; others stay instructions.
const divide = (a: number, b: number): Value | null =>
  b === 0 || !Number.isSafeInteger(a) || !Number.isSafeInteger(b) ? null : ofNumber((a - (a % b)) / b);
const remainder = (a: number, b: number): Value | null =>
  b === 0 || !Number.isSafeInteger(a) || !Number.isSafeInteger(b) ? null : ofNumber(a % b);
const ofNumber = (n: number): Value => i64Const(n | 0, Math.floor(n / 0x100000000) | 0);

/** Meaning of the integer instructions of one constant. Null where a row is missing: no folding. */
export const evaluate1: Readonly<Record<string, Evaluate1>> = {
  'i32.eqz': (a) => bool(a === 0),
  'i32.clz': (a) => i32Const(Math.clz32(a)),
  'i32.ctz': (a) => i32Const(ctz32(a)),
  'i32.popcnt': (a) => i32Const(popcnt32(a)),
  'i32.extend8_s': (a) => i32Const((a << 24) >> 24),
  'i32.extend16_s': (a) => i32Const((a << 16) >> 16),
  'i32.wrap_i64': (low) => i32Const(low),
  'i64.eqz': (low, hi) => bool((low | hi) === 0),
  'i64.clz': (low, hi) => i64Const(clz64(low, hi), 0),
  'i64.ctz': (low, hi) => i64Const(ctz64(low, hi), 0),
  'i64.popcnt': (low, hi) => i64Const(popcnt32(low) + popcnt32(hi), 0),
  'i64.extend8_s': (low) => i64Const((low << 24) >> 24, (low << 24) >> 31),
  'i64.extend16_s': (low) => i64Const((low << 16) >> 16, (low << 16) >> 31),
  'i64.extend32_s': (low) => i64Const(low, low >> 31),
  'i64.extend_i32_s': (a) => i64Const(a, a >> 31),
  'i64.extend_i32_u': (a) => i64Const(a, 0),
};

/** Meaning of the integer instructions of two constants; null where they would trap or are left to run time. */
export const evaluate2: Readonly<Record<string, Evaluate2>> = {
  'i32.add': (a, _, b) => i32Const(a + b),
  'i32.sub': (a, _, b) => i32Const(a - b),
  'i32.mul': (a, _, b) => i32Const(Math.imul(a, b)),
  'i32.div_s': (a, _, b) => (b === 0 || (a === -0x80000000 && b === -1) ? null : i32Const(a / b)),
  'i32.div_u': (a, _, b) => (b === 0 ? null : i32Const((a >>> 0) / (b >>> 0))),
  'i32.rem_s': (a, _, b) => (b === 0 ? null : i32Const(a % b)),
  'i32.rem_u': (a, _, b) => (b === 0 ? null : i32Const((a >>> 0) % (b >>> 0))),
  'i32.and': (a, _, b) => i32Const(a & b),
  'i32.or': (a, _, b) => i32Const(a | b),
  'i32.xor': (a, _, b) => i32Const(a ^ b),
  'i32.shl': (a, _, b) => i32Const(a << b),
  'i32.shr_s': (a, _, b) => i32Const(a >> b),
  'i32.shr_u': (a, _, b) => i32Const(a >>> b),
  'i32.rotl': (a, _, b) => i32Const((a << b) | (a >>> (32 - (b & 31)) % 32)),
  'i32.rotr': (a, _, b) => i32Const((a >>> b) | (a << (32 - (b & 31)) % 32)),
  'i32.eq': (a, _, b) => bool(a === b),
  'i32.ne': (a, _, b) => bool(a !== b),
  'i32.lt_s': (a, _, b) => bool(a < b),
  'i32.lt_u': (a, _, b) => bool(a >>> 0 < b >>> 0),
  'i32.gt_s': (a, _, b) => bool(a > b),
  'i32.gt_u': (a, _, b) => bool(a >>> 0 > b >>> 0),
  'i32.le_s': (a, _, b) => bool(a <= b),
  'i32.le_u': (a, _, b) => bool(a >>> 0 <= b >>> 0),
  'i32.ge_s': (a, _, b) => bool(a >= b),
  'i32.ge_u': (a, _, b) => bool(a >>> 0 >= b >>> 0),
  'i64.add': (al, ah, bl, bh) => pair(add64(al, ah, bl, bh)),
  'i64.sub': (al, ah, bl, bh) => pair(sub64(al, ah, bl, bh)),
  'i64.mul': (al, ah, bl, bh) => pair(mul64(al, ah, bl, bh)),
  'i64.div_s': (al, ah, bl, bh) => divide(signed(al, ah), signed(bl, bh)),
  'i64.div_u': (al, ah, bl, bh) => divide(unsigned(al, ah), unsigned(bl, bh)),
  'i64.rem_s': (al, ah, bl, bh) => remainder(signed(al, ah), signed(bl, bh)),
  'i64.rem_u': (al, ah, bl, bh) => remainder(unsigned(al, ah), unsigned(bl, bh)),
  'i64.and': (al, ah, bl, bh) => pair(and64(al, ah, bl, bh)),
  'i64.or': (al, ah, bl, bh) => pair(or64(al, ah, bl, bh)),
  'i64.xor': (al, ah, bl, bh) => pair(xor64(al, ah, bl, bh)),
  'i64.shl': (al, ah, bl) => pair(shl64(al, ah, bl)),
  'i64.shr_s': (al, ah, bl) => pair(shrS64(al, ah, bl)),
  'i64.shr_u': (al, ah, bl) => pair(shrU64(al, ah, bl)),
  'i64.rotl': (al, ah, bl) => pair(rotl64(al, ah, bl)),
  'i64.rotr': (al, ah, bl) => pair(rotr64(al, ah, bl)),
  'i64.eq': (al, ah, bl, bh) => bool(al === bl && ah === bh),
  'i64.ne': (al, ah, bl, bh) => bool(al !== bl || ah !== bh),
  'i64.lt_s': (al, ah, bl, bh) => bool(ltS64(al, ah, bl, bh)),
  'i64.lt_u': (al, ah, bl, bh) => bool(ltU64(al, ah, bl, bh)),
  'i64.gt_s': (al, ah, bl, bh) => bool(ltS64(bl, bh, al, ah)),
  'i64.gt_u': (al, ah, bl, bh) => bool(ltU64(bl, bh, al, ah)),
  'i64.le_s': (al, ah, bl, bh) => bool(!ltS64(bl, bh, al, ah)),
  'i64.le_u': (al, ah, bl, bh) => bool(!ltU64(bl, bh, al, ah)),
  'i64.ge_s': (al, ah, bl, bh) => bool(!ltS64(al, ah, bl, bh)),
  'i64.ge_u': (al, ah, bl, bh) => bool(!ltU64(al, ah, bl, bh)),
};

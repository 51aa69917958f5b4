import { type Func, i32, i64, type ModuleBuilder, select } from '@polyvisor/wasm';
import {
  BIAS, C1, DE, exponentOf, IE, isInfinite, isNan, isSignaling, isUnsupported, isZero, MAX_EXPONENT, OE, PE, QUIET, QUIET_BIT, RC,
  RC_DOWN, RC_UP, RESULT, SIGN, signOf, TOP, UE,
} from './format.ts';
import type { Operands } from './operands.ts';
import { roundsUp } from './round.ts';
import type { Wide } from './wide.ts';

/** A binary interchange format narrower than ours. */
interface Narrow {
  readonly precision: number;
  readonly bias: number;
  readonly exponentBits: number;
}
const SINGLE: Narrow = { precision: 24, bias: 127, exponentBits: 8 };
const DOUBLE: Narrow = { precision: 53, bias: 1023, exponentBits: 11 };

/** The bits of a float in an i64, to a number. */
export type Widen = Func<readonly ['i64'], typeof RESULT>;
/** A number stored as bits, and the status word. */
export type Store = Func<readonly ['i64', 'i32', 'i32'], readonly ['i64', 'i32']>;
/** `toInteger(sig, se, cw, bits)`: as `Store`. */
export type ToInteger = Func<readonly ['i64', 'i32', 'i32', 'i32'], readonly ['i64', 'i32']>;
export type FromI64 = Func<readonly ['i64'], readonly ['i64', 'i32']>;
export type ToBcd = Func<readonly ['i64', 'i32', 'i32'], typeof RESULT>;
export type FromBcd = Func<readonly ['i64', 'i32'], readonly ['i64', 'i32']>;

/** FLD of the bits of a float, in an i64: exact; a signaling NaN is invalid, a denormal raises DE. */
const addWiden = (m: ModuleBuilder, operands: Operands, name: string, f: Narrow): Widen =>
  m.func(name, { params: ['i64'], results: RESULT }, (s, bits) => {
    const largest = (1 << f.exponentBits) - 1;
    const stored = f.precision - 1;
    const top = s.let(i32.wrap_i64(i64.shr_u(bits, stored)));
    const sign = s.let(i32.shl(i32.and(i32.shr_u(top, f.exponentBits), 1), 15));
    const exponent = s.let(i32.and(top, largest));
    const fraction = s.let(i64.and(i64.shl(bits, 63 - stored), i64.const(-1, 0x7fffffff)));
    s.if(i32.eqz(exponent), () => {
      s.if(i64.eqz(fraction), () => s.return(0, sign, 0));
      const [sig, e] = s.call(operands.normalize, fraction, 0);
      s.return(sig, i32.or(sign, i32.add(e, BIAS - f.bias)), DE);
    });
    const whole = s.let(i64.or(fraction, TOP));
    s.if(i32.eq(exponent, largest), () => {
      const se = s.let(i32.or(sign, MAX_EXPONENT));
      s.if(i64.eqz(fraction), () => s.return(TOP, se, 0));
      s.return(i64.or(whole, QUIET_BIT), se, isSignaling(whole, se));
    });
    return [whole, i32.or(sign, i32.add(exponent, BIAS - f.bias)), 0];
  });

/** FST to a float: its bits in an i64. Where an exception is unmasked nothing is to be stored. */
const addNarrow = (m: ModuleBuilder, wide: Wide, operands: Operands, name: string, f: Narrow): Store =>
  m.func(name, { params: ['i64', 'i32', 'i32'], results: ['i64', 'i32'] }, (s, a, ase, cw) => {
    const largest = (1 << f.exponentBits) - 1;
    const stored = f.precision - 1;
    const dropped = 64 - f.precision;
    const sign = s.let(i64.shl(i64.extend_i32_u(i32.shr_u(ase, 15)), f.exponentBits + stored));
    const infinity = i64.const(BigInt(largest) << BigInt(stored));
    s.if(isUnsupported(a, ase), () => s.return(i64.const(((1n << BigInt(f.exponentBits + 2)) - 1n) << BigInt(stored - 1)), IE));
    s.if(isNan(a, ase), () => {
      const payload = i64.shr_u(i64.and(i64.or(a, QUIET_BIT), i64.const(-1, 0x7fffffff)), dropped);
      s.return(i64.or(i64.or(sign, infinity), payload), isSignaling(a, ase));
    });
    s.if(isInfinite(a, ase), () => s.return(i64.or(sign, infinity), 0));
    s.if(isZero(a, ase), () => s.return(sign, 0));
    const [sig, biased] = s.call(operands.normalize, a, ase);
    const exponent = s.let(i32.sub(biased, BIAS - f.bias));
    const odd = (kept: typeof sig) => i32.wrap_i64(i64.and(kept, 1));
    // Once as with an unbounded exponent, which tells whether the result is tiny (after rounding).
    const kept = s.let(i64.shr_u(sig, dropped));
    const rest = s.let(i64.shl(sig, f.precision));
    const up = s.let(roundsUp(rest, odd(kept), signOf(ase), cw));
    const rounded = s.let(i64.add(kept, i64.extend_i32_u(up)));
    const carried = s.let(i32.wrap_i64(i64.shr_u(rounded, f.precision)));
    const noted = s.let(i32.mul(i64.ne(rest, 0), i32.or(PE, i32.mul(up, C1))));
    const final = s.let(i32.add(exponent, carried));
    s.if(i32.lt_s(final, 1), () => {
      s.if(i32.eqz(i32.and(cw, UE)), () => s.return(0, UE));
      const [hi, lo] = s.call(wide.shrJam, sig, 0, i32.add(i32.sub(1, exponent), dropped));
      const upward = s.let(roundsUp(lo, odd(hi), signOf(ase), cw));
      const inexact = i32.mul(i64.ne(lo, 0), i32.or(UE | PE, i32.mul(upward, C1)));
      // A carry into the exponent's place makes the smallest normal number.
      s.return(i64.or(sign, i64.add(hi, i64.extend_i32_u(upward))), inexact);
    });
    s.if(i32.ge_s(final, largest), () => {
      s.if(i32.eqz(i32.and(cw, OE)), () => s.return(0, OE));
      const away = s.let(roundsUp(TOP, i32.const(1), signOf(ase), cw));
      s.return(i64.or(sign, i64.sub(infinity, i64.extend_i32_u(i32.eqz(away)))), i32.or(OE | PE, i32.mul(away, C1)));
    });
    // The integer bit adds one to the exponent, and a carry one more.
    const packed = i64.add(rounded, i64.shl(i64.extend_i32_u(i32.sub(exponent, 1)), stored));
    return [i64.or(sign, packed), noted];
  });

/** FIST, and with rounding control set to truncation FISTTP, to 16, 32 or 64 bits: the integer, sign-extended. */
const addToInteger = (m: ModuleBuilder, wide: Wide): ToInteger =>
  m.func('toInteger', { params: ['i64', 'i32', 'i32', 'i32'], results: ['i64', 'i32'] }, (s, a, ase, cw, bits) => {
    const exponent = s.let(exponentOf(ase));
    const limit = s.let(i64.shl(1, i64.extend_i32_u(i32.sub(bits, 1))));
    const indefinite = (): void => s.return(i64.sub(0, limit), IE);
    s.if(isUnsupported(a, ase), indefinite);
    s.if(i32.gt_u(exponent, BIAS + 63), indefinite);
    const [integer, rest] = s.call(wide.shrJam, a, 0, i32.sub(BIAS + 63, exponent));
    const up = s.let(roundsUp(rest, i32.wrap_i64(i64.and(integer, 1)), signOf(ase), cw));
    const rounded = s.let(i64.add(integer, i64.extend_i32_u(up)));
    const negative = s.let(i32.ge_u(ase, SIGN));
    // Rounding up to 2^64 leaves zero where the integer was not.
    s.if(i32.and(i64.eqz(rounded), i64.ne(integer, 0)), indefinite);
    s.if(i64.gt_u(rounded, i64.sub(limit, i64.extend_i32_u(i32.eqz(negative)))), indefinite);
    const status = i32.mul(i64.ne(rest, 0), i32.or(PE, i32.mul(up, C1)));
    return [select(i64.sub(0, rounded), rounded, negative), status];
  });

const addFromI64 = (m: ModuleBuilder, operands: Operands): FromI64 =>
  m.func('fromI64', { params: ['i64'], results: ['i64', 'i32'] }, (s, n) => {
    s.if(i64.eqz(n), () => s.return(0, 0));
    const negative = s.let(i64.lt_s(n, 0));
    const [sig, e] = s.call(operands.normalize, select(i64.sub(0, n), n, negative), 0);
    return [sig, i32.or(i32.mul(negative, SIGN), i32.add(e, BIAS + 62))];
  });

/** FBSTP: 18 decimal digits, the low 16 in the first result, the sign and the others in the second. */
const addToBcd = (m: ModuleBuilder, toInteger: ToInteger): ToBcd =>
  m.func('toBcd', { params: ['i64', 'i32', 'i32'], results: RESULT }, (s, a, ase, cw) => {
    // The magnitude, rounded as the signed number would be.
    const rc = s.let(i32.and(cw, RC));
    const directed = i32.or(i32.eq(rc, RC_UP), i32.eq(rc, RC_DOWN));
    const turn = i32.mul(i32.and(directed, i32.shr_u(ase, 15)), RC);
    const [n, status] = s.call(toInteger, a, exponentOf(ase), i32.xor(cw, turn), 64);
    const sign = s.let(signOf(ase));
    s.if(i32.or(i32.and(status, IE), i64.ge_u(n, i64.const(10n ** 18n))), () => s.return(QUIET, 0xffff, IE));
    const left = s.var(n);
    const digits = s.var(i64.const(0));
    const place = s.var(i64.const(0));
    s.loop((next) => {
      const tenth = s.let(i64.div_u(left.get(), 10));
      const digit = i64.sub(left.get(), i64.mul(tenth, 10));
      s.set(digits, i64.or(digits.get(), i64.shl(digit, place.get())));
      s.set(left, tenth);
      s.set(place, i64.add(place.get(), 4));
      s.br_if(next, i64.lt_u(place.get(), 64));
    });
    const last = s.let(i32.wrap_i64(left.get()));
    const tens = s.let(i32.div_u(last, 10));
    const pair = i32.add(i32.mul(tens, 6), last);
    return [digits.get(), i32.or(sign, pair), status];
  });

/** FBLD: exact. Digits above nine count as their value, which the architecture leaves undefined. */
const addFromBcd = (m: ModuleBuilder, fromI64: FromI64): FromBcd =>
  m.func('fromBcd', { params: ['i64', 'i32'], results: ['i64', 'i32'] }, (s, lo, hi) => {
    const total = s.var(i64.extend_i32_u(i32.add(i32.mul(i32.and(i32.shr_u(hi, 4), 15), 10), i32.and(hi, 15))));
    const place = s.var(i64.const(60));
    s.loop((next) => {
      const digit = i64.and(i64.shr_u(lo, place.get()), 15);
      s.set(total, i64.add(i64.mul(total.get(), 10), digit));
      s.set(place, i64.sub(place.get(), 4));
      s.br_if(next, i64.ge_s(place.get(), 0));
    });
    const [sig, se] = s.call(fromI64, total.get());
    return [sig, i32.or(se, signOf(hi))];
  });

/** Loads and stores of other formats. */
export interface Conversions {
  /** `fromF32(bits)`, the bits in the low half of an i64. */
  readonly fromF32: Widen;
  readonly fromF64: Widen;
  readonly toF32: Store;
  readonly toF64: Store;
  readonly toInteger: ToInteger;
  readonly fromI64: FromI64;
  readonly toBcd: ToBcd;
  readonly fromBcd: FromBcd;
}

export function addConversions(m: ModuleBuilder, wide: Wide, operands: Operands): Conversions {
  const toInteger = addToInteger(m, wide);
  const fromI64 = addFromI64(m, operands);
  return {
    fromF32: addWiden(m, operands, 'fromF32', SINGLE),
    fromF64: addWiden(m, operands, 'fromF64', DOUBLE),
    toF32: addNarrow(m, wide, operands, 'toF32', SINGLE),
    toF64: addNarrow(m, wide, operands, 'toF64', DOUBLE),
    toInteger,
    fromI64,
    toBcd: addToBcd(m, toInteger),
    fromBcd: addFromBcd(m, fromI64),
  };
}

import { type Arg, i32, i64, type Value } from '@polyvisor/wasm';

/**
 * The double extended-precision format and the words that steer it (Intel SDM vol. 1 §4.2.2, §8.1.3, §8.1.5).
 * A value is a 64-bit significand with its integer bit (`sig`) and 16 bits of sign and biased exponent (`se`).
 */
export const BIAS = 0x3fff;
export const MAX_EXPONENT = 0x7fff;
export const SIGN = 0x8000;

/** Exception flags of the status word, at the bits where the control word masks them (§8.1.3, §8.5). */
export const IE = 1;
export const DE = 2;
export const ZE = 4;
export const OE = 8;
export const UE = 16;
export const PE = 32;
/** Condition codes of the status word (§8.1.3). */
export const C0 = 0x100;
export const C1 = 0x200;
export const C2 = 0x400;
export const C3 = 0x4000;

/** Rounding control of the control word (§8.1.5.3): all ones is truncation, zero is to nearest. */
export const RC = 0xc00;
export const RC_DOWN = 0x400;
export const RC_UP = 0x800;
/** Precision control (§8.1.5.2): 0 is 24 bits, 0x200 is 53 bits, 0x300 is 64 bits. */
export const PC = 0x300;
/** What an unmasked overflow or underflow moves the exponent by (§8.5.4, §8.5.5). */
export const EXPONENT_ADJUST = 0x6000;

type I32 = Value<'i32'>;
type I64 = Value<'i64'>;

/** Only the integer bit. */
export const TOP = i64.const(0, -0x80000000);
/** The significand of the default NaN and of every converted one: integer bit and quiet bit. */
export const QUIET = i64.const(0, -0x40000000);
export const QUIET_BIT = i64.const(0, 0x40000000);
/** Sign and exponent of the default NaN (§4.8.3.7). */
export const INDEFINITE_SE = 0xffff;

/** Types of a result: significand, sign and exponent, status word. */
export const RESULT = ['i64', 'i32', 'i32'] as const;
export type Result = readonly [Arg<'i64'>, Arg<'i32'>, Arg<'i32'>];

export const exponentOf = (se: I32): I32 => i32.and(se, 0x7fff);
export const signOf = (se: I32): I32 => i32.and(se, SIGN);

/** Whether it is a normal number: integer bit set, exponent neither zero nor all ones. */
export const isNormal = (sig: I64, se: I32): I32 =>
  i32.and(i64.lt_s(sig, 0), i32.lt_u(i32.sub(exponentOf(se), 1), 0x7ffe));

/** Whether the encoding is one which processors since the 80387 refuse (§8.2.2): unnormal, pseudo-NaN, pseudo-infinity. */
export const isUnsupported = (sig: I64, se: I32): I32 => i32.and(i32.ne(exponentOf(se), 0), i64.ge_s(sig, 0));

/** Whether it is a NaN, of a supported encoding. */
export const isNan = (sig: I64, se: I32): I32 => i32.and(i32.eq(exponentOf(se), MAX_EXPONENT), i64.ne(sig, TOP));

/** Whether a NaN signals. */
export const isSignaling = (sig: I64, se: I32): I32 =>
  i32.and(isNan(sig, se), i64.eqz(i64.and(sig, QUIET_BIT)));

/** Whether it is an infinity, of a supported encoding. */
export const isInfinite = (sig: I64, se: I32): I32 => i32.and(i32.eq(exponentOf(se), MAX_EXPONENT), i64.eq(sig, TOP));

/** Whether it is a denormal or a pseudo-denormal: both raise DE. */
export const isDenormal = (sig: I64, se: I32): I32 => i32.and(i32.eqz(exponentOf(se)), i64.ne(sig, 0));

export const isZero = (sig: I64, se: I32): I32 => i32.and(i32.eqz(exponentOf(se)), i64.eqz(sig));

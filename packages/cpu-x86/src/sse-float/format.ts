import { type Func, i32, i64, select, type Value } from '@polyvisor/wasm';

/**
 * MXCSR and the binary interchange formats as the exact functions see them (Intel SDM vol. 1 §4.2.2, §10.2.3). A number
 * is its bits in an i64, upper bits zero. A `mode` is MXCSR with the format of the operands beside it.
 */

/** Exception flags of MXCSR; their masks lie seven bits higher. */
export const IE = 1;
export const DE = 2;
export const ZE = 4;
export const OE = 8;
export const UE = 16;
export const PE = 32;
/** Exceptions found before an operation computes (Intel SDM vol. 1 §11.5.2). */
export const BEFORE = IE | DE | ZE;
export const ALL = 63;
/** Denormals are zeros. */
export const DAZ = 0x40;
export const OM = 0x400;
export const UM = 0x800;
export const PM = 0x1000;
/** Rounding control: all ones is truncation, zero is to nearest. */
export const RC = 0x6000;
export const RC_DOWN = 0x2000;
/** Flush to zero, where underflow is masked. */
export const FTZ = 0x8000;
/** What a mode has of MXCSR. */
export const MXCSR_BITS = 0xffff;
/** Formats beside MXCSR: neither is binary32. */
export const DOUBLE = 0x10000;
export const HALF = 0x20000;

type I32 = Value<'i32'>;
type I64 = Value<'i64'>;

/** Bits of a result, and the exceptions. */
export const RESULT = ['i64', 'i32'] as const;
/** An exact function of one, two and three numbers; the mode comes last. */
export type Soft1 = Func<readonly ['i64', 'i32'], typeof RESULT>;
export type Soft2 = Func<readonly ['i64', 'i64', 'i32'], typeof RESULT>;

/** Exponents of what is no finite number (infinities and NaNs) and of zero, far from all others. */
export const SPECIAL = 0x4000;
export const ZERO = -0x4000;
/** The integer bit of a significand. */
export const TOP = i64.const(0, -0x80000000);
/** The quiet bit of a significand. */
export const QUIET = i64.const(0, 0x40000000);

export const isDouble = (mode: I32): I32 => i32.and(mode, DOUBLE);

/** One of two constants, by format. */
export const choose = (mode: I32, single: number, double: number): I32 => select(i32.const(double), single, isDouble(mode));
export const choose64 = (mode: I32, single: bigint, double: bigint): I64 =>
  select(i64.const(double), i64.const(single), isDouble(mode));

export const signMask = (mode: I32): I64 => choose64(mode, 1n << 31n, 1n << 63n);
export const infinity = (mode: I32): I64 => choose64(mode, 0x7f800000n, 0x7ffn << 52n);
export const quietBit = (mode: I32): I64 => choose64(mode, 1n << 22n, 1n << 51n);
/** The default NaN: negative and quiet (Intel SDM vol. 1 §4.8.3.7). */
export const indefinite = (mode: I32): I64 => choose64(mode, 0xffc00000n, 0xfff8n << 48n);
const smallestNormal = (mode: I32): I64 => choose64(mode, 1n << 23n, 1n << 52n);

/** A sign, 0 or 1, at its place. */
export const signed = (sign: I32, mode: I32): I64 => i64.shl(i64.extend_i32_u(sign), choose64(mode, 31n, 63n));
export const magnitude = (bits: I64, mode: I32): I64 => i64.and(bits, choose64(mode, 0x7fffffffn, (1n << 63n) - 1n));
export const isNan = (bits: I64, mode: I32): I32 => i64.gt_u(magnitude(bits, mode), infinity(mode));
/** Whether a NaN signals. */
export const signals = (nan: I64, mode: I32): I32 => i64.eqz(i64.and(nan, quietBit(mode)));
export const isDenormal = (bits: I64, mode: I32): I32 =>
  i64.lt_u(i64.sub(magnitude(bits, mode), 1), i64.sub(smallestNormal(mode), 1));
/** The smallest exponent of a normal number. */
export const smallestExponent = (mode: I32): I32 => choose(mode, -126, -1022);

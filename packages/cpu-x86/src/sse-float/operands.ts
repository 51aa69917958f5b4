import { type Func, type FunctionBuilder, i32, i64, type ModuleBuilder, select, type Value } from '@polyvisor/wasm';
import {
  choose, DAZ, DE, IE, indefinite, isDenormal, isDouble, isNan, quietBit, RESULT, signals, signMask, smallestExponent, type Soft2,
  SPECIAL, TOP, ZERO,
} from './format.ts';

type I32 = Value<'i32'>;
type I64 = Value<'i64'>;
type Builder = FunctionBuilder<typeof RESULT>;

/** What all operations do with their operands. */
export interface Operands {
  /**
   * `unpack(bits, mode)`: sign (0 or 1), exponent, significand with its top bit set. Denormals are normalized, or zero
   * where MXCSR.DAZ says so.
   */
  readonly unpack: Func<readonly ['i64', 'i32'], readonly ['i32', 'i32', 'i64']>;
  /** `propagate(a, b, mode)`: the result of two operands of which one is a NaN. */
  readonly propagate: Soft2;
  /** `flush(bits, mode)`: the number, zero where DAZ applies; DE. */
  readonly flush: Func<readonly ['i64', 'i32'], typeof RESULT>;
}

/** An operand as `unpack` gives it. */
export interface Unpacked {
  readonly sign: I32;
  readonly exponent: I32;
  readonly sig: I64;
}

export function addOperands(m: ModuleBuilder): Operands {
  const unpack = m.func('unpack', { params: ['i64', 'i32'], results: ['i32', 'i32', 'i64'] }, (s, bits, mode) => {
    const double = isDouble(mode);
    const exponentBits = s.let(select(i64.const(11), 8, double));
    const x = s.let(i64.shl(bits, select(i64.const(0), 32, double)));
    const sign = s.let(i32.wrap_i64(i64.shr_u(x, 63)));
    const biased = s.let(i32.wrap_i64(i64.shr_u(i64.shl(x, 1), i64.sub(64, exponentBits))));
    const fraction = s.let(i64.and(i64.shl(x, exponentBits), i64.const(-1, 0x7fffffff)));
    const bias = s.let(choose(mode, 127, 1023));
    s.if(i32.eqz(biased), () => {
      s.if(i32.or(i64.eqz(fraction), i32.and(mode, DAZ)), () => s.return(sign, ZERO, 0));
      const zeros = s.let(i64.clz(fraction));
      s.return(sign, i32.sub(i32.sub(1, bias), i32.wrap_i64(zeros)), i64.shl(fraction, zeros));
    });
    const sig = s.let(i64.or(fraction, TOP));
    s.if(i32.eq(biased, i32.add(i32.shl(bias, 1), 1)), () => s.return(sign, SPECIAL, sig));
    return [sign, i32.sub(biased, bias), sig];
  });

  // Intel SDM vol. 1 table 4-7, SSE: the first operand if it is a NaN, else the second.
  const propagate = m.func('propagate', { params: ['i64', 'i64', 'i32'], results: RESULT }, (s, a, b, mode) => {
    const nanA = s.let(isNan(a, mode));
    const nanB = s.let(isNan(b, mode));
    const flags = s.let(i32.or(i32.and(nanA, signals(a, mode)), i32.and(nanB, signals(b, mode))));
    return [i64.or(select(a, b, nanA), quietBit(mode)), i32.mul(flags, IE)];
  });

  const flush = m.func('flush', { params: ['i64', 'i32'], results: RESULT }, (s, bits, mode) => {
    s.if(i32.eqz(isDenormal(bits, mode)), () => s.return(bits, 0));
    s.if(i32.and(mode, DAZ), () => s.return(i64.and(bits, signMask(mode)), 0));
    return [bits, DE];
  });

  return { unpack, propagate, flush };
}

/** Unpacks an operand. */
export const unpacked = (s: Builder, operands: Operands, bits: I64, mode: I32): Unpacked => {
  const [sign, exponent, sig] = s.call(operands.unpack, bits, mode);
  return { sign, exponent, sig };
};

/** Leaves the function with the masked response to an invalid operation. */
export const invalid = (s: Builder, mode: I32): void => s.return(indefinite(mode), IE);

export const isNanOf = (x: Unpacked): I32 => i32.and(i32.eq(x.exponent, SPECIAL), i64.ne(x.sig, TOP));
export const isSpecial = (x: Unpacked): I32 => i32.eq(x.exponent, SPECIAL);
export const isZero = (x: Unpacked): I32 => i64.eqz(x.sig);

/** DE where an operand is a denormal and DAZ does not apply. */
export const denormal = (mode: I32, ...operands: readonly Unpacked[]): I32 => {
  const each = operands.map((x) => i32.and(i32.lt_s(x.exponent, smallestExponent(mode)), i64.ne(x.sig, 0)));
  return i32.mul(each.reduce((a, b) => i32.or(a, b)), DE);
};

/** Leaves with the NaN of two operands, if one is; then the exceptions so far. */
export const guardTwo = (s: Builder, operands: Operands, a: I64, b: I64, ua: Unpacked, ub: Unpacked, mode: I32): I32 => {
  s.if(i32.or(isNanOf(ua), isNanOf(ub)), () => s.return(...s.call(operands.propagate, a, b, mode)));
  return s.let(denormal(mode, ua, ub));
};

/** As `guardTwo` for one operand. */
export const guardOne = (s: Builder, operands: Operands, a: I64, ua: Unpacked, mode: I32): I32 => {
  s.if(isNanOf(ua), () => s.return(...s.call(operands.propagate, a, a, mode)));
  return s.let(denormal(mode, ua));
};

import { f32, f64, type Func, type FunctionBuilder, i32, i64, type ModuleBuilder, select, type Value } from '@polyvisor/wasm';
import { DOUBLE, IE, isNan, PE, RC, RESULT, signed, type Soft1 } from './format.ts';
import type { Operands } from './operands.ts';
import type { Round } from './round.ts';

type I32 = Value<'i32'>;
type I64 = Value<'i64'>;
type F64 = Value<'f64'>;

/** Conversions between numbers and integers, and numbers rounded to integers. */
export interface SoftIntegers {
  /** `toIntegral(bits, mode, imm)`: ROUNDSD and its like; `imm` is theirs. */
  readonly toIntegral: Func<readonly ['i64', 'i32', 'i32'], typeof RESULT>;
  /** `toInteger(bits, mode, width)`: a signed integer of 32 or 64 bits, sign-extended. */
  readonly toInteger: Func<readonly ['i64', 'i32', 'i32'], typeof RESULT>;
  /** `fromInteger(integer, mode)`: to the format of the mode. */
  readonly fromInteger: Soft1;
}

/** The number, which is no NaN, as an f64: exact. */
const asDouble = (s: FunctionBuilder<typeof RESULT>, bits: I64, mode: I32): F64 =>
  s.if('f64', i32.and(mode, DOUBLE), () => f64.reinterpret_i64(bits), () => f64.promote_f32(f32.reinterpret_i32(i32.wrap_i64(bits))));

export function addIntegers(m: ModuleBuilder, operands: Operands, round: Round): SoftIntegers {
  /** To an integer under RC. WebAssembly's operations are exact and keep the sign of zero. */
  const nearby = m.func('roundDouble', { params: ['f64', 'i32'], results: ['f64'] }, (s, x, mode) => {
    s.switch(i32.and(i32.shr_u(mode, 13), 3), [
      () => s.return(f64.nearest(x)), () => s.return(f64.floor(x)), () => s.return(f64.ceil(x)),
    ]);
    return f64.trunc(x);
  });

  const toIntegral = m.func('softToIntegral', { params: ['i64', 'i32', 'i32'], results: RESULT }, (s, bits, mode, imm) => {
    s.if(isNan(bits, mode), () => s.return(...s.call(operands.propagate, bits, bits, mode)));
    const [flushed] = s.call(operands.flush, bits, mode);
    const x = asDouble(s, flushed, mode);
    const control = select(mode, i32.shl(imm, 13), i32.and(imm, 4));
    const rounded = s.call(nearby, x, control);
    const inexact = i32.and(f64.ne(rounded, x), i32.eqz(i32.and(imm, 8)));
    const narrow = (): I64 => i64.extend_i32_u(i32.reinterpret_f32(f32.demote_f64(rounded)));
    const result = s.if('i64', i32.and(mode, DOUBLE), () => i64.reinterpret_f64(rounded), narrow);
    return [result, i32.mul(inexact, PE)];
  });

  const toInteger = m.func('softToInteger', { params: ['i64', 'i32', 'i32'], results: RESULT }, (s, bits, mode, width) => {
    const limit = s.let(select(f64.const(2 ** 63), 2 ** 31, i32.eq(width, 64)));
    const indefinite = (): void =>
      s.return(select(i64.const(-(2n ** 63n)), i64.const(-(2 ** 31)), i32.eq(width, 64)), IE);
    s.if(isNan(bits, mode), indefinite);
    const [flushed] = s.call(operands.flush, bits, mode);
    const x = asDouble(s, flushed, mode);
    const rounded = s.call(nearby, x, mode);
    s.if(i32.or(f64.ge(rounded, limit), f64.lt(rounded, f64.neg(limit))), indefinite);
    return [i64.trunc_sat_f64_s(rounded), i32.mul(f64.ne(rounded, x), PE)];
  });

  const fromInteger = m.func('softFromInteger', { params: ['i64', 'i32'], results: RESULT }, (s, integer, mode) => {
    s.if(i64.eqz(integer), () => s.return(signed(i32.const(0), mode), 0));
    const negative = s.let(i64.lt_s(integer, 0));
    const size = s.let(select(i64.sub(0, integer), integer, negative));
    const zeros = s.let(i64.clz(size));
    return s.call(round, negative, i32.sub(63, i32.wrap_i64(zeros)), i64.shl(size, zeros), mode, 0);
  });
  return { toIntegral, toInteger, fromInteger };
}

/** A mode whose rounding control is truncation. */
export const truncating = (mode: I32): I32 => i32.or(mode, RC);

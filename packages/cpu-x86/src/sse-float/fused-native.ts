/** Fused multiply-add out of WebAssembly's doubles, to nearest. */
import { f32, f64, type FunctionBuilder, i32, i64, type Value } from '@polyvisor/wasm';
import type { RESULT } from './format.ts';
import { DOUBLE, PE, RC } from './format.ts';
import { productError } from './native.ts';
import { FLOAT_OPS } from './shapes.ts';

type I32 = Value<'i32'>;
type I64 = Value<'i64'>;
type F64 = Value<'f64'>;
type Builder = FunctionBuilder<typeof RESULT>;

/** A sum and its error (Knuth's TwoSum). */
const twoSum = (s: Builder, a: F64, b: F64): readonly [sum: F64, error: F64] => {
  const sum = s.let(f64.add(a, b));
  const part = s.let(f64.sub(sum, a));
  return [sum, s.let(f64.add(f64.sub(a, f64.sub(sum, part)), f64.sub(b, part)))];
};

/** Changes the sign where a bit of `signs` is set. */
const negated = (x: F64, signs: I32, bit: number): F64 =>
  f64.reinterpret_i64(i64.xor(i64.reinterpret_f64(x), i64.shl(i64.extend_i32_u(i32.shr_u(signs, bit)), 63)));

const inexact = (s: Builder, test: I32): I32 => s.let(i32.mul(test, PE));

/**
 * Singles: the product is exact in a double, and the double of the sum rounds as the sum does, but where it lies
 * between two singles only because it was rounded itself.
 */
function fusedSingles(s: Builder, operands: readonly [I64, I64, I64], signs: I32): void {
  const [x, y, z] = operands.map((bits) => s.let(f64.promote_f32(f32.reinterpret_i32(i32.wrap_i64(bits))))) as [F64, F64, F64];
  const smallest = 2 ** -126;
  const usual = (n: F64): I32 => i32.or(f64.ge(f64.abs(n), smallest), f64.eq(n, 0));
  const [sum, error] = twoSum(s, s.let(negated(f64.mul(x, y), signs, 0)), s.let(negated(z, signs, 1)));
  const result = s.let(f32.demote_f64(sum));
  const size = s.let(f32.abs(result));
  const inRange = i32.and(f32.gt(size, smallest), f32.lt(size, Infinity));
  const tie = i64.eq(i64.and(i64.reinterpret_f64(sum), 0x1fffffff), 0x10000000);
  const right = i32.and(i32.or(inRange, f64.eq(sum, 0)), i32.or(i32.eqz(tie), f64.eq(error, 0)));
  s.if(i32.and(s.let(right), i32.and(i32.and(usual(x), usual(y)), usual(z))), () => {
    const lost = i32.or(f64.ne(error, 0), f64.ne(f64.promote_f32(result), sum));
    s.return(i64.extend_i32_u(i32.reinterpret_f32(result)), inexact(s, lost));
  });
}

/**
 * Doubles whose exponents are far from the ends of the range: the sum as three numbers, of which the lower two are added
 * with rounding to odd, so that the last addition rounds as one of all three would (Boldo and Melquiond 2008).
 */
function fusedDoubles(s: Builder, operands: readonly [I64, I64, I64], signs: I32): void {
  const [x, y, z] = operands.map((bits) => s.let(f64.reinterpret_i64(bits))) as [F64, F64, F64];
  const middling = (n: F64, limit: number): I32 => i32.and(f64.gt(f64.abs(n), 2 ** -limit), f64.lt(f64.abs(n), 2 ** limit));
  s.if(i32.and(i32.and(middling(x, 250), middling(y, 250)), i32.or(middling(z, 400), f64.eq(z, 0))), () => {
    const factor = s.let(negated(x, signs, 0));
    const high = s.let(f64.mul(factor, y));
    const low = s.let(productError(s, FLOAT_OPS.f64, factor, y, high) as F64);
    const [th, tl] = twoSum(s, s.let(negated(z, signs, 1)), low);
    const [vh, vl] = twoSum(s, high, th);
    const [rest, error] = twoSum(s, tl, vl);
    const bits = s.let(i64.reinterpret_f64(rest));
    const even = i32.and(f64.ne(error, 0), i32.eqz(i32.and(i32.wrap_i64(bits), 1)));
    // One more where the error points away from zero, else one less.
    const step = i64.or(i64.shr_s(i64.xor(bits, i64.reinterpret_f64(error)), 63), 1);
    const odd = f64.reinterpret_i64(i64.add(bits, i64.mul(step, i64.extend_i32_u(even))));
    const [result, lost] = twoSum(s, vh, s.let(odd));
    s.return(i64.reinterpret_f64(result), inexact(s, i32.or(f64.ne(error, 0), f64.ne(lost, 0))));
  });
}

/** Leaves with the result where doubles suffice and MXCSR says to nearest. */
export function fusedNatively(s: Builder, operands: readonly [I64, I64, I64], mode: I32, signs: I32): void {
  s.if(i32.eqz(i32.and(mode, RC)), () => {
    s.if(i32.and(mode, DOUBLE), () => fusedDoubles(s, operands, signs), () => fusedSingles(s, operands, signs));
  });
}

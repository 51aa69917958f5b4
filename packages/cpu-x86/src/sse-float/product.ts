import { f64, type FunctionBuilder, i32, i64, type ModuleBuilder, select, type Value } from '@polyvisor/wasm';
import { product, type Wide } from '../x87/wide.ts';
import { infinity, RESULT, signed, type Soft1, type Soft2, ZE } from './format.ts';
import { guardOne, guardTwo, invalid, isSpecial, isZero, type Operands, type Unpacked, unpacked } from './operands.ts';
import type { Round } from './round.ts';

type I32 = Value<'i32'>;
type I64 = Value<'i64'>;

/** The product of two finite numbers: exponent and 128-bit significand with its top bit set, or zero. */
export const exactProduct = (s: FunctionBuilder<typeof RESULT>, x: Unpacked, y: Unpacked): readonly [exponent: I32, hi: I64, lo: I64] => {
  const [hi, lo] = product(s, x.sig, y.sig);
  const low = s.let(i32.wrap_i64(i64.shr_u(hi, 63)));
  const shift = s.let(i64.extend_i32_u(i32.xor(low, 1)));
  const top = s.let(i64.or(i64.shl(hi, shift), i64.and(i64.shr_u(lo, 63), shift)));
  return [s.let(i32.add(i32.add(x.exponent, y.exponent), low)), top, s.let(i64.shl(lo, shift))];
};

/** a · b. */
export const addMultiply = (m: ModuleBuilder, operands: Operands, round: Round): Soft2 =>
  m.func('softMul', { params: ['i64', 'i64', 'i32'], results: RESULT }, (s, a, b, mode) => {
    const x = unpacked(s, operands, a, mode);
    const y = unpacked(s, operands, b, mode);
    const flags = guardTwo(s, operands, a, b, x, y, mode);
    const sign = s.let(i32.xor(x.sign, y.sign));
    const zero = s.let(i32.or(isZero(x), isZero(y)));
    s.if(i32.or(isSpecial(x), isSpecial(y)), () => {
      s.if(zero, () => invalid(s, mode));
      s.return(i64.or(infinity(mode), signed(sign, mode)), flags);
    });
    s.if(zero, () => s.return(signed(sign, mode), flags));
    const [exponent, hi, lo] = exactProduct(s, x, y);
    return s.call(round, sign, exponent, i64.or(hi, i64.extend_i32_u(i64.ne(lo, 0))), mode, flags);
  });

/** a / b. */
export const addDivide = (m: ModuleBuilder, wide: Wide, operands: Operands, round: Round): Soft2 =>
  m.func('softDiv', { params: ['i64', 'i64', 'i32'], results: RESULT }, (s, a, b, mode) => {
    const x = unpacked(s, operands, a, mode);
    const y = unpacked(s, operands, b, mode);
    const flags = guardTwo(s, operands, a, b, x, y, mode);
    const sign = s.let(i32.xor(x.sign, y.sign));
    const infinite = i64.or(infinity(mode), signed(sign, mode));
    s.if(isSpecial(x), () => {
      s.if(isSpecial(y), () => invalid(s, mode));
      s.return(infinite, flags);
    });
    s.if(isSpecial(y), () => s.return(signed(sign, mode), flags));
    s.if(isZero(y), () => {
      s.if(isZero(x), () => invalid(s, mode));
      // A denormal dividend is not told.
      s.return(infinite, ZE);
    });
    s.if(isZero(x), () => s.return(signed(sign, mode), flags));
    const large = s.let(i64.ge_u(x.sig, y.sig));
    const hi = select(i64.shr_u(x.sig, 1), x.sig, large);
    const lo = select(i64.shl(x.sig, 63), 0, large);
    const [q, r] = s.call(wide.div, hi, lo, y.sig);
    const exponent = i32.sub(i32.sub(x.exponent, y.exponent), i32.eqz(large));
    return s.call(round, sign, exponent, i64.or(q, i64.extend_i32_u(i64.ne(r, 0))), mode, flags);
  });

/** The square root. */
export const addSquareRoot = (m: ModuleBuilder, operands: Operands, round: Round): Soft1 =>
  m.func('softSqrt', { params: ['i64', 'i32'], results: RESULT }, (s, a, mode) => {
    const x = unpacked(s, operands, a, mode);
    const flags = guardOne(s, operands, a, x, mode);
    s.if(isZero(x), () => s.return(signed(x.sign, mode), flags));
    s.if(x.sign, () => invalid(s, mode));
    s.if(isSpecial(x), () => s.return(a, flags));
    // The significand, of at most 53 bits, times a power of two which makes the exponent even: R² is about n · 2^52.
    const odd = i64.extend_i32_u(i32.and(x.exponent, 1));
    const n = s.let(i64.shl(i64.shr_u(x.sig, 11), odd));
    const nearest = i64.reinterpret_f64(f64.sqrt(f64.mul(f64.convert_i64_u(n), 2 ** 52)));
    const candidate = s.let(i64.or(i64.and(nearest, i64.const((1n << 52n) - 1n)), i64.const(1n << 52n)));
    // Modulo 2^64, which is more than the rest can be.
    const rest = s.let(i64.sub(i64.shl(n, 52), i64.mul(candidate, candidate)));
    const above = s.let(i64.shr_u(rest, 63));
    const root = s.let(i64.sub(candidate, above));
    const left = s.let(i64.sub(i64.shl(n, 52), i64.mul(root, root)));
    // (root + ½)² is root² + root + ¼: a rest above the root is above the half, and none is exactly there.
    const half = i64.shl(i64.extend_i32_u(i64.gt_u(left, root)), 10);
    const sig = i64.or(i64.or(i64.shl(root, 11), half), i64.extend_i32_u(i64.ne(left, 0)));
    return s.call(round, 0, i32.shr_s(x.exponent, 1), sig, mode, flags);
  });


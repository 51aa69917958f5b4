import { i32, i64, type ModuleBuilder, select } from '@polyvisor/wasm';
import { UNARY, type Unary } from './arithmetic.ts';
import { exp, ln } from './exact.ts';
import { BIAS, exponentOf, isInfinite, isZero, PC, PE, RESULT, SIGN, signOf, TOP } from './format.ts';
import { guardOne, type Operands } from './operands.ts';
import type { Round } from './round.ts';
import { add128, sub128, type Wide } from './wide.ts';
import { halves, scaled, series, WIDE_FLOAT, wideConstant, type WideFloats } from './wide-float.ts';

/** The power is taken apart at multiples of 1/16, whose powers of two are known. */
const PARTS = 16;
const POWER_BITS = 126n;
/** 1/2!, 1/3!, … in units of 2^-128. */
const SERIES = Array.from({ length: 14 }, (_, k) => {
  let product = 1n;
  for (let i = 2n; i <= BigInt(k + 2); i++) product *= i;
  return (1n << 128n) / product;
});

/** F2XM1: 2^a - 1 for |a| up to one. Beyond, where the result is undefined, the operand stays as it is. */
export function addExponential(m: ModuleBuilder, wide: Wide, floats: WideFloats, operands: Operands, round: Round): Unary {
  const LN2 = wideConstant(ln(2n, 160n), 160);
  // |e^(±w) - 1| = w (1 ± w (1/2 ± w/6 + …)) for w below 0.022; the sign is -1 or 0.
  const grow = m.func('exponentialSmall', { params: [...WIDE_FLOAT, 'i64'], results: WIDE_FLOAT }, (s, exponent, hi, lo, sign) => {
    const [fh, fl] = s.call(floats.toFraction, exponent, hi, lo);
    const [sh, sl] = series(s, wide, [fh, fl], SERIES, sign);
    const [uh, ul] = s.call(wide.mulHigh, sh, sl, fh, fl);
    const [e, h, l] = scaled(s, wide, floats, [exponent, hi, lo], uh, ul, i32.wrap_i64(sign));
    return [e, h, l];
  });
  // 2^(j/16), the index is j, or 17 + j for a negative power.
  const known = m.func('powerOfPart', { params: ['i32'], results: ['i64', 'i64'] }, (s, index) => {
    const cases = Array.from({ length: 2 * PARTS + 2 }, (_, i) => {
      const j = i <= PARTS ? i : PARTS + 1 - i;
      const power = (exp((ln(2n, 160n) * BigInt(j)) / BigInt(PARTS), 160n)) >> (160n - POWER_BITS);
      return () => s.return(...halves(power));
    });
    s.switch(index, cases);
    s.unreachable();
  });

  return m.func('f2xm1', { params: UNARY, results: RESULT }, (s, a, ase, cw) => {
    const flags = guardOne(s, a, ase, cw);
    const word = s.let(i32.or(cw, PC));
    const sign = s.let(signOf(ase));
    const negative = s.let(i64.sub(0, i64.extend_i32_u(i32.shr_u(ase, 15))));
    s.if(isInfinite(a, ase), () => s.return(a, select(i32.const(SIGN | BIAS), ase, sign), 0));
    s.if(isZero(a, ase), () => s.return(a, ase, 0));
    s.if(i32.ge_u(exponentOf(ase), BIAS), () => {
      const minusOne = i32.and(i32.eq(ase, SIGN | BIAS), i64.eq(a, TOP));
      s.if(minusOne, () => s.return(TOP, SIGN | (BIAS - 1), 0));
      s.return(a, ase, select(i32.const(0), i32.const(PE), i32.and(i32.eq(ase, BIAS), i64.eq(a, TOP))));
    });
    const [x, exponent] = s.call(operands.normalize, a, ase);
    s.if(i32.lt_s(exponent, BIAS - 5), () => {
      const [e, h, l] = s.call(floats.multiply, exponent, x, 0, ...LN2);
      const [re, rh, rl] = s.call(grow, e, h, l, negative);
      s.return(...s.call(round, sign, re, rh, i64.or(rl, 1), word, flags));
    });
    const [xh, xl] = s.call(floats.toFraction, exponent, x, 0);
    const part = s.let(i64.shr_u(i64.add(i64.shr_u(xh, 59), 1), 1));
    // What is left, with its sign: x = j/16 + f.
    const fh = s.let(i64.sub(xh, i64.shl(part, 60)));
    const opposite = s.let(i64.shr_s(fh, 63));
    const [gh, gl] = sub128(s, s.let(i64.xor(fh, opposite)), s.let(i64.xor(xl, opposite)), opposite, opposite);
    const index = s.let(i32.add(i32.wrap_i64(part), i32.mul(i32.shr_u(ase, 15), PARTS + 1)));
    const [th, tl] = s.call(known, index);
    const [bh, bl] = sub128(s, th, tl, i64.const(1n << 62n), i64.const(0));
    const vh = s.var(bh);
    const vl = s.var(bl);
    s.if(i64.ne(i64.or(gh, gl), 0), () => {
      const [ge, gnh, gnl] = s.call(floats.normalize, BIAS - 1, gh, gl);
      const [e, h, l] = s.call(floats.multiply, ge, gnh, gnl, ...LN2);
      const direction = s.let(i64.xor(negative, opposite));
      const [pe, ph, pl] = s.call(grow, e, h, l, direction);
      const [qh, ql] = s.call(floats.toFraction, pe, ph, pl);
      const [mh, ml] = s.call(wide.mulHigh, th, tl, qh, ql);
      const [ch, cl] = sub128(s, s.let(i64.xor(mh, direction)), s.let(i64.xor(ml, direction)), direction, direction);
      const [h2, l2] = add128(s, s.let(vh.get()), s.let(vl.get()), ch, cl);
      s.set(vh, h2);
      s.set(vl, l2);
    });
    const [ah, al] = sub128(s, s.let(i64.xor(vh.get(), negative)), s.let(i64.xor(vl.get(), negative)), negative, negative);
    const [re, rh, rl] = s.call(floats.normalize, BIAS + 1, ah, al);
    return s.call(round, sign, re, rh, i64.or(rl, 1), word, flags);
  });
}

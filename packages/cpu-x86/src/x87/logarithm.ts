import { i32, i64, type ModuleBuilder, select, type Value } from '@polyvisor/wasm';
import { BINARY, type Binary } from './arithmetic.ts';
import { ln } from './exact.ts';
import { BIAS, exponentOf, isInfinite, isNan, isUnsupported, isZero, MAX_EXPONENT, PC, RESULT, SIGN, signOf, TOP, ZE } from './format.ts';
import { guardTwo, invalid, type Operands } from './operands.ts';
import type { Round } from './round.ts';
import { add128, product, sub128, type Wide } from './wide.ts';
import { halves, scaled, series, WIDE_FLOAT, wideConstant, type WideFloats } from './wide-float.ts';

type I32 = Value<'i32'>;
type I64 = Value<'i64'>;

/** Bits after the integer bit that choose the approximate reciprocal. */
const INDEX_BITS = 5;
/** From this index on the number is halved, so that it lies between 0.7 and 1.41. */
const HALVED = 13;
/** Fixed-point logarithms have this many fraction bits and room for the exponent. */
const LOG_BITS = 112n;
const SERIES = Array.from({ length: 11 }, (_, k) => (1n << 128n) / BigInt(2 * k + 3));

/** The reciprocal of the middle of an interval, in 256ths; exactly one around one. */
const reciprocal = (index: number): number => {
  if (index === 0 || index === 31) return 256;
  return Math.round((index < HALVED ? 256 : 512) / (1 + (index + 0.5) / 32));
};

/** FYL2X, b · log2(a), and FYL2XP1, b · log2(1 + a); a is ST0 and b is ST1. */
export function addLogarithm(
  m: ModuleBuilder, wide: Wide, floats: WideFloats, operands: Operands, round: Round,
): { fyl2x: Binary; fyl2xp1: Binary } {
  const LN2 = ln(2n, 160n);
  const LOG2E = wideConstant((1n << 320n) / LN2, 160);

  const known = m.func('logOfReciprocal', { params: ['i32'], results: ['i64', 'i64', 'i64'] }, (s, index) => {
    const cases = Array.from({ length: 1 << INDEX_BITS }, (_, i) => {
      const r = reciprocal(i);
      const log = (ln(256n, 160n, BigInt(r)) << LOG_BITS) / LN2;
      return () => s.return(r, ...halves(log));
    });
    s.switch(index, cases);
    s.unreachable();
  });

  // |log2(1 ± f)| by 2 artanh(f / (2 ± f)); f is below 1/31 and its sign -1 or 0.
  const near = m.func('logNearOne', { params: [...WIDE_FLOAT, 'i64'], results: WIDE_FLOAT }, (s, exponent, hi, lo, sign) => {
    const [gh, gl] = s.call(wide.shrJam, hi, lo, i32.sub(BIAS + 1, exponent));
    const [ch, cl] = sub128(s, s.let(i64.xor(gh, sign)), s.let(i64.xor(gl, sign)), sign, sign);
    const [dh, dl] = add128(s, TOP, i64.const(0), ch, cl);
    const [de, dnh, dnl] = s.call(floats.normalize, BIAS + 1, dh, dl);
    const [qe, qh, ql] = s.call(floats.divide, exponent, hi, lo, de, dnh, dnl);
    const [fh, fl] = s.call(floats.toFraction, qe, qh, ql);
    const [zh, zl] = s.call(wide.mulHigh, fh, fl, fh, fl);
    const [sh, sl] = series(s, wide, [zh, zl], SERIES, i64.const(0));
    const [uh, ul] = s.call(wide.mulHigh, sh, sl, zh, zl);
    const [ae, ah, al] = scaled(s, wide, floats, [qe, qh, ql], uh, ul, i32.const(0));
    const [re, rh, rl] = s.call(floats.multiply, ae, ah, al, ...LOG2E);
    return [i32.add(re, 1), rh, i64.or(rl, 1)];
  });

  // log2 of a positive number of 128 bits: the sign (-1 or 0) and the magnitude, all zero for one.
  const log2 = m.func('log2', { params: WIDE_FLOAT, results: ['i64', ...WIDE_FLOAT] }, (s, exponent, hi, lo) => {
    const index = s.let(i32.and(i32.wrap_i64(i64.shr_u(hi, 58)), 31));
    const halved = s.let(i32.ge_u(index, HALVED));
    const whole = s.let(i32.add(i32.sub(exponent, BIAS), halved));
    const [r, kh, kl] = s.call(known, index);
    const mh = s.let(i64.shr_u(hi, 8));
    const ml = s.let(i64.or(i64.shl(hi, 56), i64.shr_u(lo, 8)));
    const [ph, pl] = product(s, ml, r);
    const vh = s.let(i64.sub(i64.add(ph, i64.mul(mh, r)), select(i64.const(0), TOP, halved)));
    const sign = s.let(i64.shr_s(vh, 63));
    const [ah, al] = sub128(s, s.let(i64.xor(vh, sign)), s.let(i64.xor(pl, sign)), sign, sign);
    const exact = s.let(i64.eqz(i64.or(ah, al)));
    const e = s.local('i32');
    const lh = s.local('i64');
    const ll = s.local('i64');
    s.if(i32.eqz(exact), () => {
      const [fe, fh, fl] = s.call(floats.normalize, i32.sub(BIAS, halved), ah, al);
      const [re, rh, rl] = s.call(near, fe, fh, fl, sign);
      s.set(e, re);
      s.set(lh, rh);
      s.set(ll, rl);
    });
    s.if(i32.and(i32.eqz(whole), i64.eq(r, 256)), () => s.return(sign, e.get(), lh.get(), ll.get()));
    const [th, tl] = add128(s, kh, kl, s.let(i64.shl(i64.extend_i32_s(whole), 48)), i64.const(0));
    const sh = s.var(th);
    const sl = s.var(tl);
    s.if(i32.eqz(exact), () => {
      const [gh, gl] = s.call(wide.shrJam, lh.get(), ll.get(), i32.sub(BIAS + 15, e.get()));
      const [ch, cl] = sub128(s, s.let(i64.xor(gh, sign)), s.let(i64.xor(gl, sign)), sign, sign);
      const [h, l] = add128(s, th, tl, ch, cl);
      s.set(sh, h);
      s.set(sl, i64.or(l, 1));
    });
    const final = s.let(i64.shr_s(sh.get(), 63));
    const [rh, rl] = sub128(s, s.let(i64.xor(sh.get(), final)), s.let(i64.xor(sl.get(), final)), final, final);
    return [final, ...s.call(floats.normalize, BIAS + 15, rh, rl)];
  });

  // The product of a logarithm and the other operand, exact where the logarithm is.
  const PARAMS = ['i64', ...WIDE_FLOAT, 'i64', 'i32', 'i32', 'i32'] as const;
  const multiply = m.func('timesLogarithm', { params: PARAMS, results: RESULT }, (s, sign, e, hi, lo, b, bse, cw, flags) => {
    const resultSign = s.let(i32.xor(signOf(bse), i32.and(i32.wrap_i64(sign), SIGN)));
    s.if(i64.eqz(hi), () => s.return(0, signOf(bse), flags));
    const [y, ye] = s.call(operands.normalize, b, bse);
    const [ph, pl] = product(s, hi, y);
    const [qh] = product(s, lo, y);
    const [rh, rl] = add128(s, ph, pl, i64.const(0), qh);
    const low = i64.or(rl, i64.extend_i32_u(i64.ne(lo, 0)));
    const [re, nh, nl] = s.call(floats.normalize, i32.sub(i32.add(e, ye), BIAS - 1), rh, low);
    return s.call(round, resultSign, re, nh, nl, i32.or(cw, PC), flags);
  });

  const fyl2x = m.func('fyl2x', { params: BINARY, results: RESULT }, (s, a, ase, b, bse, cw) => {
    const nan = s.let(i32.or(isNan(a, ase), isNan(b, bse)));
    const negative = i32.and(i32.ge_u(ase, SIGN), i32.eqz(isZero(a, ase)));
    s.if(i32.and(negative, i32.eqz(nan)), () => invalid(s));
    s.if(i32.eqz(i32.or(nan, isUnsupported(b, bse))), () => {
      s.if(isZero(a, ase), () => {
        s.if(isZero(b, bse), () => invalid(s));
        s.return(TOP, i32.or(i32.xor(signOf(bse), SIGN), MAX_EXPONENT), select(i32.const(0), i32.const(ZE), isInfinite(b, bse)));
      });
      s.if(i32.and(isInfinite(a, ase), isZero(b, bse)), () => invalid(s));
      s.if(i32.and(i32.and(i32.eq(ase, BIAS), i64.eq(a, TOP)), isInfinite(b, bse)), () => invalid(s));
    });
    const flags = guardTwo(s, operands, a, ase, b, bse, cw);
    const below = s.let(i32.shl(i32.lt_u(exponentOf(ase), BIAS), 15));
    s.if(i32.or(isInfinite(a, ase), isInfinite(b, bse)), () =>
      s.return(TOP, i32.or(i32.xor(signOf(bse), below), MAX_EXPONENT), flags));
    s.if(isZero(b, bse), () => s.return(0, i32.xor(signOf(bse), below), flags));
    const [x, xe] = s.call(operands.normalize, a, ase);
    const [sign, e, hi, lo] = s.call(log2, xe, x, 0);
    return s.call(multiply, sign, e, hi, lo, b, bse, cw, flags);
  });

  const fyl2xp1 = m.func('fyl2xp1', { params: BINARY, results: RESULT }, (s, a, ase, b, bse, cw) => {
    const nan = s.let(i32.or(isNan(a, ase), isNan(b, bse)));
    const exponent = s.let(exponentOf(ase));
    const low = i32.and(i32.ge_u(ase, SIGN), i32.ge_u(exponent, BIAS));
    s.if(i32.and(low, i32.eqz(nan)), () => invalid(s));
    s.if(i32.eqz(i32.or(nan, i32.or(isUnsupported(a, ase), isUnsupported(b, bse)))), () => {
      s.if(i32.and(isZero(a, ase), isInfinite(b, bse)), () => invalid(s));
      s.if(i32.and(isInfinite(a, ase), isZero(b, bse)), () => invalid(s));
    });
    const flags = guardTwo(s, operands, a, ase, b, bse, cw);
    const resultSign = s.let(i32.xor(signOf(ase), signOf(bse)));
    s.if(i32.or(isInfinite(a, ase), isInfinite(b, bse)), () => s.return(TOP, i32.or(resultSign, MAX_EXPONENT), flags));
    s.if(i32.or(isZero(a, ase), isZero(b, bse)), () => s.return(0, resultSign, flags));
    const [x, xe] = s.call(operands.normalize, a, ase);
    const sign = s.let(i64.sub(0, i64.extend_i32_u(i32.shr_u(ase, 15))));
    const times = (of: I64, e: I32, hi: I64, lo: I64): void => s.return(...s.call(multiply, of, e, hi, lo, b, bse, cw, flags));
    s.if(i32.lt_s(xe, BIAS - 5), () => times(sign, ...s.call(near, xe, x, 0, sign)));
    s.if(i32.ge_s(xe, BIAS), () => {
      const [oh, ol] = s.call(wide.shrJam, TOP, 0, i32.sub(xe, BIAS));
      const [sh, sl] = add128(s, x, i64.const(0), oh, ol);
      const carried = s.let(i64.lt_u(sh, x));
      const half = i64.or(i64.shr_u(sh, 1), TOP);
      const rest = i64.or(i64.shr_u(sl, 1), i64.shl(sh, 63));
      times(...s.call(log2, i32.add(xe, carried), select(half, sh, carried), select(rest, sl, carried)));
    });
    const [fh, fl] = s.call(wide.shrJam, x, 0, i32.sub(BIAS + 1, xe));
    const [ch, cl] = sub128(s, s.let(i64.xor(fh, sign)), s.let(i64.xor(fl, sign)), sign, sign);
    const [th, tl] = add128(s, i64.const(1n << 62n), i64.const(0), ch, cl);
    times(...s.call(log2, ...s.call(floats.normalize, BIAS + 1, th, tl)));
  });
  return { fyl2x, fyl2xp1 };
}

import { type Func, type FunctionBuilder, i32, i64, type ModuleBuilder, select, type Value } from '@polyvisor/wasm';
import { UNARY, type Unary } from './arithmetic.ts';
import {
  BIAS, C2, exponentOf, isDenormal, isInfinite, isNan, isUnsupported, isZero, PC, RESULT, signOf,
} from './format.ts';
import { guardOne, invalid, type Operands } from './operands.ts';
import type { Round } from './round.ts';
import { below128, product, sub128, type Wide } from './wide.ts';
import { scaled, series, WIDE_FLOAT, type WideFloat, type WideFloats } from './wide-float.ts';

type I32 = Value<'i32'>;
type Builder = FunctionBuilder<typeof RESULT>;

/** FSINCOS: the sine, the cosine, the status word. */
export type SineCosine = Func<typeof UNARY, readonly ['i64', 'i32', 'i64', 'i32', 'i32']>;
export interface Trigonometry {
  readonly fsin: Unary;
  readonly fcos: Unary;
  /** The tangent; the caller pushes 1.0 after it unless C2 is set. */
  readonly fptan: Unary;
  readonly fsincos: SineCosine;
}

/** π/2 with 66 bits, as Intel SDM vol. 1 §8.3.8 gives it: the numerator over 2^65. */
const HALF_PI_HIGH = 3;
const HALF_PI_LOW = i64.const(0x243f6a8885a308d3n);
/** 2/π in units of 2^-64. */
const INVERSE = i64.const(0xa2f9836e4e441529n);

/** 1/n! in units of 2^-128. */
const inverseFactorial = (n: number): bigint => {
  let product = 1n;
  for (let i = 2n; i <= BigInt(n); i++) product *= i;
  return (1n << 128n) / product;
};
const SINE = Array.from({ length: 13 }, (_, k) => inverseFactorial(2 * k + 3));
const COSINE = Array.from({ length: 13 }, (_, k) => inverseFactorial(2 * k + 2));
const NEGATIVE = i64.const(-1);

export function addTrigonometry(m: ModuleBuilder, wide: Wide, floats: WideFloats, operands: Operands, round: Round): Trigonometry {
  // |x| = (n + r) · π/2: n modulo 4 (bits 0 and 1) with r's sign in bit 2, then |r| ≤ π/4.
  const reduce = m.func('reduceAngle', { params: ['i64', 'i32'], results: ['i32', 'i32', 'i64', 'i64'] }, (s, sig, exponent) => {
    s.if(i32.lt_s(exponent, BIAS - 1), () => s.return(0, exponent, sig, 0));
    const e = s.let(i32.sub(exponent, BIAS));
    const [nh, nl] = s.call(wide.shl, 0, sig, i32.add(e, 2));
    const [turns] = product(s, sig, INVERSE);
    const quotient = s.var(i64.shr_u(i64.shr_u(turns, 1), i64.extend_i32_s(i32.sub(62, e))));
    const [ph, pl] = product(s, s.let(quotient.get()), HALF_PI_LOW);
    const [fh, fl] = sub128(s, nh, nl, s.let(i64.add(ph, i64.mul(quotient.get(), HALF_PI_HIGH))), pl);
    const rh = s.var(fh);
    const rl = s.var(fl);
    s.loop((again) => {
      s.if(i32.eqz(below128(s.let(rh.get()), s.let(rl.get()), i64.const(HALF_PI_HIGH), HALF_PI_LOW)), () => {
        const [h, l] = sub128(s, s.let(rh.get()), s.let(rl.get()), i64.const(HALF_PI_HIGH), HALF_PI_LOW);
        s.set(rh, h);
        s.set(rl, l);
        s.set(quotient, i64.add(quotient.get(), 1));
        s.br(again);
      });
    });
    const [ch, cl] = sub128(s, i64.const(HALF_PI_HIGH), HALF_PI_LOW, s.let(rh.get()), s.let(rl.get()));
    const beyond = s.let(below128(ch, cl, s.let(rh.get()), s.let(rl.get())));
    const n = s.let(i32.and(i32.add(i32.wrap_i64(quotient.get()), beyond), 3));
    const [re, h, l] = s.call(floats.normalize, BIAS + 62, select(ch, rh.get(), beyond), select(cl, rl.get(), beyond));
    return [i32.or(n, i32.shl(beyond, 2)), re, h, l];
  });

  const square = (s: FunctionBuilder, exponent: I32, hi: WideFloat[1], lo: WideFloat[2]): readonly [WideFloat[1], WideFloat[1]] => {
    const [ph, pl] = s.call(wide.mulHigh, hi, lo, hi, lo);
    return s.call(wide.shrJam, ph, pl, i32.sub(2 * BIAS - 2, i32.shl(exponent, 1)));
  };
  const sine = m.func('sineKernel', { params: WIDE_FLOAT, results: WIDE_FLOAT }, (s, exponent, hi, lo) => {
    const z = square(s, exponent, hi, lo);
    const [sh, sl] = series(s, wide, z, SINE, NEGATIVE);
    const [uh, ul] = s.call(wide.mulHigh, sh, sl, ...z);
    const [e, h, l] = scaled(s, wide, floats, [exponent, hi, lo], uh, ul, i32.const(1));
    return [e, h, i64.or(l, 1)];
  });
  const cosine = m.func('cosineKernel', { params: WIDE_FLOAT, results: WIDE_FLOAT }, (s, exponent, hi, lo) => {
    const z = square(s, exponent, hi, lo);
    const [sh, sl] = series(s, wide, z, COSINE, NEGATIVE);
    const [uh, ul] = s.call(wide.mulHigh, sh, sl, ...z);
    const [h, l] = sub128(s, i64.const(0), i64.const(0), uh, s.let(i64.or(ul, 1)));
    return [BIAS - 1, h, l];
  });
  // The sine of the angle `reduce` gave, and its sign.
  const evaluate = m.func('evaluateAngle', { params: ['i32', 'i32', 'i64', 'i64'], results: ['i32', ...WIDE_FLOAT] }, (s, n, e, hi, lo) => {
    const half = s.let(i32.shl(i32.and(n, 2), 14));
    s.if(i32.and(n, 1), () => s.return(half, ...s.call(cosine, e, hi, lo)));
    return [i32.xor(half, i32.shl(i32.and(n, 4), 13)), ...s.call(sine, e, hi, lo)];
  });
  /** n + 1 quarters, r's sign kept: the cosine is the sine a quarter further. */
  const further = (n: I32): I32 => i32.or(i32.and(i32.add(n, 1), 3), i32.and(n, 4));

  const outOfRange = (se: I32): I32 => i32.ge_u(exponentOf(se), BIAS + 63);
  const guard = (s: Builder, a: Value<'i64'>, ase: I32, cw: I32): I32 => {
    s.if(isInfinite(a, ase), () => invalid(s));
    s.if(i32.and(outOfRange(ase), i32.eqz(i32.or(isNan(a, ase), isUnsupported(a, ase)))), () => s.return(a, ase, C2));
    return guardOne(s, a, ase, cw);
  };

  const fsin = m.func('fsin', { params: UNARY, results: RESULT }, (s, a, ase, cw) => {
    const flags = guard(s, a, ase, cw);
    s.if(isZero(a, ase), () => s.return(a, ase, 0));
    const [n, e, hi, lo] = s.call(reduce, ...s.call(operands.normalize, a, ase));
    const [sign, re, rh, rl] = s.call(evaluate, n, e, hi, lo);
    return s.call(round, i32.xor(sign, signOf(ase)), re, rh, rl, i32.or(cw, PC), flags);
  });
  const fcos = m.func('fcos', { params: UNARY, results: RESULT }, (s, a, ase, cw) => {
    const flags = guard(s, a, ase, cw);
    s.if(isZero(a, ase), () => s.return(i64.const(1n << 63n), BIAS, 0));
    const [n, e, hi, lo] = s.call(reduce, ...s.call(operands.normalize, a, ase));
    const [sign, re, rh, rl] = s.call(evaluate, further(n), e, hi, lo);
    return s.call(round, sign, re, rh, rl, i32.or(cw, PC), flags);
  });
  const fptan = m.func('fptan', { params: UNARY, results: RESULT }, (s, a, ase, cw) => {
    const flags = guard(s, a, ase, cw);
    s.if(isZero(a, ase), () => s.return(a, ase, 0));
    const [n, e, hi, lo] = s.call(reduce, ...s.call(operands.normalize, a, ase));
    const [ss, se, sh, sl] = s.call(evaluate, n, e, hi, lo);
    const [cs, ce, ch, cl] = s.call(evaluate, further(n), e, hi, lo);
    const [re, rh, rl] = s.call(floats.divide, se, sh, sl, ce, ch, cl);
    return s.call(round, i32.xor(i32.xor(ss, cs), signOf(ase)), re, rh, i64.or(rl, 1), i32.or(cw, PC), flags);
  });
  const fsincos = m.func('fsincos', { params: UNARY, results: ['i64', 'i32', 'i64', 'i32', 'i32'] }, (s, a, ase, cw) => {
    const usual = i32.or(i32.lt_u(i32.sub(exponentOf(ase), 1), BIAS + 62), isDenormal(a, ase));
    s.if(i32.and(usual, i32.eqz(isUnsupported(a, ase))), () => {
      const flags = s.let(i32.shl(isDenormal(a, ase), 1));
      s.if(i32.and(flags, i32.xor(cw, 2)), () => s.return(a, ase, a, ase, flags));
      const [n, e, hi, lo] = s.call(reduce, ...s.call(operands.normalize, a, ase));
      const [ss, se, sh, sl] = s.call(evaluate, n, e, hi, lo);
      const [cs, ce, ch, cl] = s.call(evaluate, further(n), e, hi, lo);
      const word = s.let(i32.or(cw, PC));
      const [x, xse, xsw] = s.call(round, i32.xor(ss, signOf(ase)), se, sh, sl, word, flags);
      const [y, yse, ysw] = s.call(round, cs, ce, ch, cl, word, flags);
      s.return(x, xse, y, yse, i32.or(i32.and(xsw, 0x3f), ysw));
    });
    const [x, xse, xsw] = s.call(fsin, a, ase, cw);
    const [y, yse, ysw] = s.call(fcos, a, ase, cw);
    return [x, xse, y, yse, i32.or(xsw, ysw)];
  });
  return { fsin, fcos, fptan, fsincos };
}

import { type Func, type FunctionBuilder, i32, i64, type ModuleBuilder, select, type Value } from '@polyvisor/wasm';
import { BIAS, TOP } from './format.ts';
import { add128, below128, sub128, type Wide } from './wide.ts';

type I32 = Value<'i32'>;
type I64 = Value<'i64'>;

/** A positive number between the steps of a transcendental: an unbounded biased exponent and 128 bits, the top one set. */
export type WideFloat = readonly [exponent: I32, hi: I64, lo: I64];
export const WIDE_FLOAT = ['i32', 'i64', 'i64'] as const;
const TWO = ['i32', 'i64', 'i64', 'i32', 'i64', 'i64'] as const;

/** Arithmetic on numbers with 128-bit significands. Results are truncated and off by a few units of the last place. */
export interface WideFloats {
  /** `normalize(exponent, hi, lo)`: sets the top bit; the number is not zero. */
  readonly normalize: Func<typeof WIDE_FLOAT, typeof WIDE_FLOAT>;
  readonly multiply: Func<typeof TWO, typeof WIDE_FLOAT>;
  readonly divide: Func<typeof TWO, typeof WIDE_FLOAT>;
  /** `toFraction(exponent, hi, lo)`: the number, below one, in units of 2^-128. */
  readonly toFraction: Func<typeof WIDE_FLOAT, readonly ['i64', 'i64']>;
}

export function addWideFloats(m: ModuleBuilder, wide: Wide): WideFloats {
  const normalize = m.func('wideNormalize', { params: WIDE_FLOAT, results: WIDE_FLOAT }, (s, exponent, hi, lo) => {
    const zeros = s.let(i32.wrap_i64(select(i64.add(i64.clz(lo), 64), i64.clz(hi), i64.eqz(hi))));
    const [h, l] = s.call(wide.shl, hi, lo, zeros);
    return [i32.sub(exponent, zeros), h, l];
  });
  const multiply = m.func('wideMultiply', { params: TWO, results: WIDE_FLOAT }, (s, ae, ah, al, be, bh, bl) => {
    const [hi, lo] = s.call(wide.mulHigh, ah, al, bh, bl);
    const exponent = s.let(i32.sub(i32.add(ae, be), BIAS - 1));
    s.if(i64.lt_s(hi, 0), () => s.return(exponent, hi, lo));
    return [i32.sub(exponent, 1), i64.or(i64.shl(hi, 1), i64.shr_u(lo, 63)), i64.shl(lo, 1)];
  });
  const divide = m.func('wideDivide', { params: TWO, results: WIDE_FLOAT }, (s, ae, ah, al, be, bh, bl) => {
    const below = s.let(below128(ah, al, bh, bl));
    const nh = select(ah, i64.shr_u(ah, 1), below);
    const nl = select(al, i64.or(i64.shl(ah, 63), i64.shr_u(al, 1)), below);
    const [hi, lo] = s.call(wide.divFraction, nh, nl, bh, bl);
    // The quotient is at least a half. Off by a few units, that of nearly equal numbers may come out below.
    const low = s.let(i64.ge_s(hi, 0));
    return [i32.add(i32.sub(ae, be), i32.sub(BIAS, below)), select(TOP, hi, low), select(i64.const(0), lo, low)];
  });
  const toFraction = m.func('wideToFraction', { params: WIDE_FLOAT, results: ['i64', 'i64'] }, (s, exponent, hi, lo) =>
    s.call(wide.shrJam, hi, lo, i32.sub(BIAS - 1, exponent)));
  return { normalize, multiply, divide, toFraction };
}

/** A fixed-point constant as two halves. */
export const halves = (n: bigint): readonly [I64, I64] => [i64.const(n >> 64n), i64.const(n)];

/** A constant as a wide float; `n` has `bits` fraction bits. */
export const wideConstant = (n: bigint, bits: number): WideFloat => {
  const length = n.toString(2).length;
  const [hi, lo] = halves(length >= 128 ? n >> BigInt(length - 128) : n << BigInt(128 - length));
  return [i32.const(BIAS + length - 1 - bits), hi, lo];
};

type Builder = FunctionBuilder;

/**
 * Σ c_k (±z)^k by Horner's rule, in units of 2^-128; `sign` is z's: a value that is -1 where it is
 * negative and 0 where it is not. Each partial sum is positive and below one.
 */
export const series = (
  s: Builder, wide: Wide, [zh, zl]: readonly [I64, I64], coefficients: readonly bigint[], sign: I64,
): readonly [I64, I64] => {
  const [last = 0n, ...others] = coefficients.toReversed();
  let [hi, lo] = halves(last);
  for (const c of others) {
    const [ph, pl] = s.call(wide.mulHigh, hi, lo, zh, zl);
    const [ch, cl] = halves(c);
    // Adding the complement leaves the sum one unit too small.
    [hi, lo] = add128(s, ch, cl, s.let(i64.xor(ph, sign)), s.let(i64.xor(pl, sign)));
  }
  return [hi, lo];
};

/** r · (1 ± u), u in units of 2^-128 and small; never exactly r. */
export const scaled = (
  s: Builder, wide: Wide, floats: WideFloats, [exponent, hi, lo]: WideFloat, uh: I64, ul: I64, subtract: I32,
): WideFloat => {
  const [th, tl] = s.call(wide.mulHigh, hi, lo, uh, ul);
  const low = s.let(i64.or(tl, 1));
  return s.if(WIDE_FLOAT, subtract, () => {
    const [dh, dl] = sub128(s, hi, lo, th, low);
    return s.call(floats.normalize, exponent, dh, dl);
  }, () => {
    const [sh, sl] = add128(s, hi, lo, th, low);
    const carried = s.let(i64.lt_u(sh, hi));
    const half = i64.or(i64.shr_u(sh, 1), TOP);
    return [
      i32.add(exponent, carried), select(half, sh, carried),
      select(i64.or(i64.or(i64.shr_u(sl, 1), i64.shl(sh, 63)), 1), i64.or(sl, 1), carried),
    ];
  });
};

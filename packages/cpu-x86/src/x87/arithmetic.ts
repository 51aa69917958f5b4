import { type Func, f64, i32, i64, likely, type ModuleBuilder, select, type Value } from '@polyvisor/wasm';
import {
  BIAS, exponentOf, isDenormal, isInfinite, isNormal, isZero, MAX_EXPONENT, RC, RC_DOWN, RESULT, SIGN, signOf, TOP, ZE,
} from './format.ts';
import { guardOne, guardTwo, invalid, type Operands } from './operands.ts';
import type { Round } from './round.ts';
import { below128, product, sub128, type Wide } from './wide.ts';

type I32 = Value<'i32'>;

/** A function of two numbers, a and b, under a control word. */
export type Binary = Func<readonly ['i64', 'i32', 'i64', 'i32', 'i32'], typeof RESULT>;
/** A function of one number under a control word. */
export type Unary = Func<readonly ['i64', 'i32', 'i32'], typeof RESULT>;

/** Parameters of the functions of two finite numbers which are not zero: unpacked, then control word and flags. */
const UNPACKED = ['i32', 'i32', 'i64', 'i32', 'i32', 'i64', 'i32', 'i32'] as const;
export const BINARY = ['i64', 'i32', 'i64', 'i32', 'i32'] as const;
export const UNARY = ['i64', 'i32', 'i32'] as const;

/** The sign of an exact zero that a sum of opposite signs gives (Intel SDM vol. 1 §4.8.3.1). */
const zeroSign = (cw: I32): I32 => select(i32.const(SIGN), 0, i32.eq(i32.and(cw, RC), RC_DOWN));

/** FADD and FSUB: a + b and a - b. */
export function addSum(m: ModuleBuilder, wide: Wide, operands: Operands, round: Round): { add: Binary; sub: Binary } {
  const finite = m.func('addFinite', { params: UNPACKED, results: RESULT }, (s, as, ae, a, bs, be, b, cw, flags) => {
    const swap = s.let(i32.or(i32.lt_s(ae, be), i32.and(i32.eq(ae, be), i64.lt_u(a, b))));
    const sign = s.let(select(bs, as, swap));
    const exponent = s.let(select(be, ae, swap));
    const large = s.let(select(b, a, swap));
    const small = s.let(select(a, b, swap));
    const [sh, sl] = s.call(wide.shrJam, small, 0, i32.sub(exponent, select(ae, be, swap)));
    s.if(i32.eq(as, bs), () => {
      const sum = s.let(i64.add(large, sh));
      s.if(i64.ge_u(sum, large), () => s.return(...s.call(round, sign, exponent, sum, sl, cw, flags)));
      const lo = i64.or(i64.shl(sum, 63), i64.or(i64.shr_u(sl, 1), i64.and(sl, 1)));
      s.return(...s.call(round, sign, i32.add(exponent, 1), i64.or(i64.shr_u(sum, 1), TOP), lo, cw, flags));
    });
    const [dh, dl] = sub128(s, large, i64.const(0), sh, sl);
    s.if(i64.eqz(dh), () => {
      s.if(i64.eqz(dl), () => s.return(0, zeroSign(cw), flags));
      const zeros = s.let(i64.clz(dl));
      const lower = i32.sub(i32.sub(exponent, 64), i32.wrap_i64(zeros));
      s.return(...s.call(round, sign, lower, i64.shl(dl, zeros), 0, cw, flags));
    });
    const zeros = s.let(i32.wrap_i64(i64.clz(dh)));
    const [hi, lo] = s.call(wide.shl, dh, dl, zeros);
    return s.call(round, sign, i32.sub(exponent, zeros), hi, lo, cw, flags);
  });

  const make = (name: string, flip: number): Binary => m.func(name, { params: BINARY, results: RESULT }, (s, a, ase, b, bse, cw) => {
    const bs = s.let(i32.xor(signOf(bse), flip));
    s.if(likely(i32.and(isNormal(a, ase), isNormal(b, bse))), () =>
      s.return(...s.call(finite, signOf(ase), exponentOf(ase), a, bs, exponentOf(bse), b, cw, 0)));
    const flags = guardTwo(s, operands, a, ase, b, bse, cw);
    s.if(isInfinite(a, ase), () => {
      s.if(i32.and(isInfinite(b, bse), i32.ne(signOf(ase), bs)), () => invalid(s));
      s.return(a, ase, flags);
    });
    s.if(isInfinite(b, bse), () => s.return(b, i32.or(bs, MAX_EXPONENT), flags));
    const [an, ae] = s.call(operands.normalize, a, ase);
    const [bn, be] = s.call(operands.normalize, b, bse);
    s.if(i64.eqz(a), () => {
      s.if(i64.eqz(b), () => s.return(0, select(signOf(ase), zeroSign(cw), i32.eq(signOf(ase), bs)), flags));
      s.return(...s.call(round, bs, be, bn, 0, cw, flags));
    });
    s.if(i64.eqz(b), () => s.return(...s.call(round, signOf(ase), ae, an, 0, cw, flags)));
    return s.call(finite, signOf(ase), ae, an, bs, be, bn, cw, flags);
  });
  return { add: make('add', 0), sub: make('sub', SIGN) };
}

/** FMUL: a · b. */
export function addMultiply(m: ModuleBuilder, operands: Operands, round: Round): Binary {
  const finite = m.func('mulFinite', { params: UNPACKED, results: RESULT }, (s, as, ae, a, bs, be, b, cw, flags) => {
    const [hi, lo] = product(s, a, b);
    const sign = i32.xor(as, bs);
    const exponent = s.let(i32.sub(i32.add(ae, be), BIAS - 1));
    s.if(i64.lt_s(hi, 0), () => s.return(...s.call(round, sign, exponent, hi, lo, cw, flags)));
    const shifted = i64.or(i64.shl(hi, 1), i64.shr_u(lo, 63));
    return s.call(round, sign, i32.sub(exponent, 1), shifted, i64.shl(lo, 1), cw, flags);
  });

  return m.func('mul', { params: BINARY, results: RESULT }, (s, a, ase, b, bse, cw) => {
    s.if(likely(i32.and(isNormal(a, ase), isNormal(b, bse))), () =>
      s.return(...s.call(finite, signOf(ase), exponentOf(ase), a, signOf(bse), exponentOf(bse), b, cw, 0)));
    const flags = guardTwo(s, operands, a, ase, b, bse, cw);
    const sign = s.let(i32.xor(signOf(ase), signOf(bse)));
    const zero = s.let(i32.or(isZero(a, ase), isZero(b, bse)));
    s.if(i32.or(isInfinite(a, ase), isInfinite(b, bse)), () => {
      s.if(zero, () => invalid(s));
      s.return(TOP, i32.or(sign, MAX_EXPONENT), flags);
    });
    s.if(zero, () => s.return(0, sign, flags));
    const [an, ae] = s.call(operands.normalize, a, ase);
    const [bn, be] = s.call(operands.normalize, b, bse);
    return s.call(finite, signOf(ase), ae, an, signOf(bse), be, bn, cw, flags);
  });
}

/** FDIV: a / b. */
export function addDivide(m: ModuleBuilder, wide: Wide, operands: Operands, round: Round): Binary {
  const finite = m.func('divFinite', { params: UNPACKED, results: RESULT }, (s, as, ae, a, bs, be, b, cw, flags) => {
    const large = s.let(i64.ge_u(a, b));
    const hi = select(i64.shr_u(a, 1), a, large);
    const lo = select(i64.shl(a, 63), 0, large);
    const [q, r] = s.call(wide.div, hi, lo, b);
    // The rest as a fraction of the last bit: only its place below, at or above one half matters.
    const complement = s.let(i64.sub(b, r));
    const half = select(TOP, select(i64.const(-1), 1, i64.gt_u(r, complement)), i64.eq(r, complement));
    const rest = select(i64.const(0), half, i64.eqz(r));
    const exponent = i32.add(i32.sub(ae, be), i32.add(BIAS - 1, large));
    return s.call(round, i32.xor(as, bs), exponent, q, rest, cw, flags);
  });

  return m.func('div', { params: BINARY, results: RESULT }, (s, a, ase, b, bse, cw) => {
    s.if(likely(i32.and(isNormal(a, ase), isNormal(b, bse))), () =>
      s.return(...s.call(finite, signOf(ase), exponentOf(ase), a, signOf(bse), exponentOf(bse), b, cw, 0)));
    const sign = s.let(i32.xor(signOf(ase), signOf(bse)));
    // A division by zero goes before a denormal operand (§4.9.2) and hides it.
    s.if(i32.and(isDenormal(a, ase), isZero(b, bse)), () => s.return(TOP, i32.or(sign, MAX_EXPONENT), ZE));
    const flags = guardTwo(s, operands, a, ase, b, bse, cw);
    s.if(isInfinite(a, ase), () => {
      s.if(isInfinite(b, bse), () => invalid(s));
      s.return(TOP, i32.or(sign, MAX_EXPONENT), flags);
    });
    s.if(isInfinite(b, bse), () => s.return(0, sign, flags));
    s.if(isZero(b, bse), () => {
      s.if(isZero(a, ase), () => invalid(s));
      s.return(TOP, i32.or(sign, MAX_EXPONENT), ZE);
    });
    s.if(isZero(a, ase), () => s.return(0, sign, flags));
    const [an, ae] = s.call(operands.normalize, a, ase);
    const [bn, be] = s.call(operands.normalize, b, bse);
    return s.call(finite, signOf(ase), ae, an, signOf(bse), be, bn, cw, flags);
  });
}

/** FSQRT. */
export function addSquareRoot(m: ModuleBuilder, wide: Wide, operands: Operands, round: Round): Unary {
  const finite = m.func('sqrtFinite', { params: ['i32', 'i64', 'i32', 'i32'], results: RESULT }, (s, exponent, sig, cw, flags) => {
    // The root of sig·2^64 or, for an even biased exponent's odd power of two, of sig·2^63.
    const odd = s.let(i32.and(exponent, 1));
    const hi = s.let(i64.shr_u(sig, i64.extend_i32_u(odd)));
    const lo = s.let(i64.shl(i64.extend_i32_u(i32.and(i32.wrap_i64(sig), odd)), 63));
    // 52 bits from the host, a little too large so that the division cannot overflow, then one step of Newton's.
    const estimate = s.let(f64.sqrt(f64.mul(f64.convert_i64_u(hi), 18446744073709551616)));
    const first = s.let(i64.add(i64.trunc_sat_f64_u(estimate), 0x2000));
    const start = s.let(select(i64.const(-1), first, i64.ge_s(first, 0)));
    const quotient = s.var(i64.const(-1));
    s.if(i64.lt_u(hi, start), () => {
      const [q] = s.call(wide.div, hi, lo, start);
      s.set(quotient, q);
    });
    const smaller = s.let(quotient.get());
    const root = s.var(i64.add(i64.add(i64.shr_u(start, 1), i64.shr_u(smaller, 1)), i64.and(i64.and(start, smaller), 1)));
    const [qh, ql] = product(s, s.let(root.get()), s.let(root.get()));
    const [fh, fl] = sub128(s, hi, lo, qh, ql);
    const rh = s.var(fh);
    const rl = s.var(fl);
    // The root is now at most one off: make the rest lie between 0 and twice the root.
    s.loop((again) => {
      s.if(i64.lt_s(rh.get(), 0), () => {
        s.set(root, i64.sub(root.get(), 1));
        const twice = s.let(root.get());
        const l = s.let(i64.add(i64.or(i64.shl(twice, 1), 1), rl.get()));
        const carry = i64.extend_i32_u(i64.lt_u(l, rl.get()));
        s.set(rh, i64.add(i64.add(rh.get(), i64.shr_u(twice, 63)), carry));
        s.set(rl, l);
        s.br(again);
      });
    });
    s.loop((again) => {
      const r = s.let(root.get());
      const twiceHigh = s.let(i64.shr_u(r, 63));
      const twiceLow = s.let(i64.shl(r, 1));
      const above = s.let(below128(twiceHigh, twiceLow, s.let(rh.get()), s.let(rl.get())));
      s.if(above, () => {
        const [h, l] = sub128(s, s.let(rh.get()), s.let(rl.get()), twiceHigh, s.let(i64.or(twiceLow, 1)));
        s.set(rh, h);
        s.set(rl, l);
        s.set(root, i64.add(r, 1));
        s.br(again);
      });
    });
    const result = s.let(root.get());
    // (root + ½)² is root² + root + ¼: a rest above the root is above the half, and none is exactly there.
    const above = below128(i64.const(0), result, s.let(rh.get()), s.let(rl.get()));
    const some = i64.extend_i32_u(i64.ne(i64.or(rh.get(), rl.get()), 0));
    const biased = i32.add(i32.shr_s(i32.sub(exponent, BIAS), 1), BIAS);
    return s.call(round, 0, biased, result, select(i64.const(-1), some, above), cw, flags);
  });

  return m.func('sqrt', { params: UNARY, results: RESULT }, (s, a, ase, cw) => {
    s.if(likely(i32.and(isNormal(a, ase), i32.lt_u(ase, SIGN))), () => s.return(...s.call(finite, ase, a, cw, 0)));
    s.if(isZero(a, ase), () => s.return(a, ase, 0));
    const negative = i32.ge_u(ase, SIGN);
    s.if(i32.and(negative, i32.or(isInfinite(a, ase), i32.lt_u(exponentOf(ase), MAX_EXPONENT))), () => invalid(s));
    const flags = guardOne(s, a, ase, cw);
    s.if(isInfinite(a, ase), () => s.return(a, ase, flags));
    const [an, ae] = s.call(operands.normalize, a, ase);
    return s.call(finite, ae, an, cw, flags);
  });
}

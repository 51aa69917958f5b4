import { f64, i32, i64, type ModuleBuilder, select } from '@polyvisor/wasm';
import { BINARY, type Binary } from './arithmetic.ts';
import { arctan, pi } from './exact.ts';
import { BIAS, isInfinite, isZero, PC, RESULT, signOf } from './format.ts';
import { guardTwo, type Operands } from './operands.ts';
import type { Round } from './round.ts';
import { add128, product, sub128, type Wide } from './wide.ts';
import { halves, scaled, series, WIDE_FLOAT, wideConstant, type WideFloats } from './wide-float.ts';

/** The quotient is compared with multiples of 1/16, whose arctangents are known. */
const PARTS = 16;
/** Fixed-point angles, below four, have this many fraction bits. */
const ANGLE_BITS = 126n;
const SERIES = Array.from({ length: 11 }, (_, k) => (1n << 128n) / BigInt(2 * k + 3));

/** FPATAN: the angle of the point x = a (ST0), y = b (ST1), over all four quadrants (Intel SDM vol. 2, table 3-30). */
export function addArctangent(m: ModuleBuilder, wide: Wide, floats: WideFloats, operands: Operands, round: Round): Binary {
  const known = m.func('arctangentOfPart', { params: ['i32'], results: ['i64', 'i64'] }, (s, part) => {
    const cases = Array.from({ length: PARTS + 1 }, (_, j) => () =>
      s.return(...halves(arctan(BigInt(j), BigInt(PARTS), ANGLE_BITS))));
    s.switch(part, cases);
    s.unreachable();
  });

  // arctan(u) = u (1 - u²/3 + u⁴/5 - …) for u up to 1/31.
  const small = m.func('arctangentSmall', { params: WIDE_FLOAT, results: WIDE_FLOAT }, (s, exponent, hi, lo) => {
    const [fh, fl] = s.call(floats.toFraction, exponent, hi, lo);
    const [zh, zl] = s.call(wide.mulHigh, fh, fl, fh, fl);
    const [sh, sl] = series(s, wide, [zh, zl], SERIES, i64.const(-1));
    const [uh, ul] = s.call(wide.mulHigh, sh, sl, zh, zl);
    const [e, h, l] = scaled(s, wide, floats, [exponent, hi, lo], uh, ul, i32.const(1));
    return [e, h, i64.or(l, 1)];
  });

  const angle = (quarters: bigint) => wideConstant((quarters * pi(160n)) >> 2n, 160);

  return m.func('fpatan', { params: BINARY, results: RESULT }, (s, a, ase, b, bse, cw) => {
    const word = s.let(i32.or(cw, PC));
    const flags = guardTwo(s, operands, a, ase, b, bse, cw);
    const left = s.let(i32.shr_u(ase, 15));
    const sign = s.let(signOf(bse));
    const give = (quarters: bigint): void => s.return(...s.call(round, sign, ...angle(quarters), word, flags));
    s.if(isInfinite(b, bse), () => {
      s.if(isInfinite(a, ase), () => s.if(left, () => give(3n), () => give(1n)));
      give(2n);
    });
    s.if(i32.or(isZero(b, bse), isInfinite(a, ase)), () => {
      s.if(left, () => give(4n));
      s.return(0, sign, flags);
    });
    s.if(isZero(a, ase), () => give(2n));
    const [x, xe] = s.call(operands.normalize, a, ase);
    const [y, ye] = s.call(operands.normalize, b, bse);
    const steep = s.let(i32.or(i32.gt_s(ye, xe), i32.and(i32.eq(ye, xe), i64.gt_u(y, x))));
    const n = s.let(select(x, y, steep));
    const d = s.let(select(y, x, steep));
    const ne = s.let(select(xe, ye, steep));
    const de = s.let(select(ye, xe, steep));
    const apart = s.let(i32.sub(de, ne));
    const part = s.var(i32.const(0));
    const e = s.local('i32');
    const hi = s.local('i64');
    const lo = s.local('i64');
    // 1 where the quotient is below its part.
    const below = s.var(i32.const(0));
    s.if(i32.le_s(apart, 5), () => {
      const scale = f64.convert_i64_u(i64.shl(1, i64.extend_i32_u(apart)));
      const quotient = f64.div(f64.convert_i64_u(n), f64.mul(f64.convert_i64_u(d), scale));
      s.set(part, i32.trunc_sat_f64_u(f64.nearest(f64.mul(quotient, PARTS))));
    });
    s.if(i32.eqz(part.get()), () => {
      const [qe, qh, ql] = s.call(floats.divide, ne, n, 0, de, d, 0);
      s.set(e, qe);
      s.set(hi, qh);
      s.set(lo, ql);
    }, () => {
      // (n/d - j/16) / (1 + (n/d)(j/16)) = (16 n - j d) / (16 d + j n), exact in 128 bits.
      const j = s.let(i64.extend_i32_u(part.get()));
      const [nh, nl] = s.call(wide.shrJam, n, 0, i32.add(apart, 7));
      const dh = s.let(i64.shr_u(d, 7));
      const dl = s.let(i64.shl(d, 57));
      const times = (h: typeof dh, l: typeof dl) => {
        const [ph, pl] = product(s, l, j);
        return [s.let(i64.add(ph, i64.mul(h, j))), pl] as const;
      };
      const [n16h, n16l] = s.call(wide.shl, nh, nl, 4);
      const [d16h, d16l] = s.call(wide.shl, dh, dl, 4);
      const [th, tl] = sub128(s, n16h, n16l, ...times(dh, dl));
      const [bh, bl] = add128(s, d16h, d16l, ...times(nh, nl));
      const negative = s.let(i64.shr_s(th, 63));
      s.set(below, i32.and(i32.wrap_i64(negative), 1));
      const [ah, al] = sub128(s, s.let(i64.xor(th, negative)), s.let(i64.xor(tl, negative)), negative, negative);
      s.if(i64.eqz(i64.or(ah, al)), () => s.set(hi, i64.const(0)), () => {
        const [te, tnh, tnl] = s.call(floats.normalize, BIAS, ah, al);
        const [be, bnh, bnl] = s.call(floats.normalize, BIAS, bh, bl);
        const [qe, qh, ql] = s.call(floats.divide, te, tnh, tnl, be, bnh, bnl);
        s.set(e, qe);
        s.set(hi, qh);
        s.set(lo, ql);
      });
    });
    const some = s.let(i64.ne(hi.get(), 0));
    s.if(some, () => {
      const [se, sh, sl] = s.call(small, e.get(), hi.get(), lo.get());
      s.set(e, se);
      s.set(hi, sh);
      s.set(lo, sl);
    });
    const plain = i32.eqz(i32.or(i32.or(part.get(), steep), left));
    s.if(plain, () => s.return(...s.call(round, sign, e.get(), hi.get(), lo.get(), word, flags)));
    const [ah, al] = s.call(known, part.get());
    const vh = s.var(ah);
    const vl = s.var(al);
    s.if(some, () => {
      const [uh, ul] = s.call(wide.shrJam, hi.get(), lo.get(), i32.sub(BIAS + 1, e.get()));
      const negative = s.let(i64.sub(0, i64.extend_i32_u(below.get())));
      const [ch, cl] = sub128(s, s.let(i64.xor(uh, negative)), s.let(i64.xor(ul, negative)), negative, negative);
      const [h, l] = add128(s, s.let(vh.get()), s.let(vl.get()), ch, cl);
      s.set(vh, h);
      s.set(vl, l);
    });
    const mirror = (test: typeof steep, quarters: bigint): void => s.if(test, () => {
      const [h, l] = sub128(s, ...halves((quarters * pi(ANGLE_BITS)) >> 2n), s.let(vh.get()), s.let(vl.get()));
      s.set(vh, h);
      s.set(vl, l);
    });
    mirror(steep, 2n);
    mirror(left, 4n);
    const [re, rh, rl] = s.call(floats.normalize, BIAS + 1, vh.get(), vl.get());
    return s.call(round, sign, re, rh, i64.or(rl, 1), word, flags);
  });
}

import { type Func, type FunctionBuilder, i32, i64, type ModuleBuilder, select, type Value } from '@polyvisor/wasm';

type I32 = Value<'i32'>;
type I64 = Value<'i64'>;
type Builder = FunctionBuilder;

const LOW = i64.const(-1, 0);

/** The 128-bit product of two unsigned numbers, emitted in place. */
export const product = (s: Builder, a: I64, b: I64): readonly [hi: I64, lo: I64] => {
  const a0 = s.let(i64.and(a, LOW));
  const a1 = s.let(i64.shr_u(a, 32));
  const b0 = s.let(i64.and(b, LOW));
  const b1 = s.let(i64.shr_u(b, 32));
  const middle = s.let(i64.add(i64.mul(a1, b0), i64.shr_u(i64.mul(a0, b0), 32)));
  const other = s.let(i64.add(i64.mul(a0, b1), i64.and(middle, LOW)));
  const hi = s.let(i64.add(i64.add(i64.mul(a1, b1), i64.shr_u(middle, 32)), i64.shr_u(other, 32)));
  return [hi, s.let(i64.mul(a, b))];
};

/** The sum of two 128-bit numbers, modulo 2^128, emitted in place. */
export const add128 = (s: Builder, ah: I64, al: I64, bh: I64, bl: I64): readonly [hi: I64, lo: I64] => {
  const lo = s.let(i64.add(al, bl));
  return [s.let(i64.add(i64.add(ah, bh), i64.extend_i32_u(i64.lt_u(lo, bl)))), lo];
};

/** The difference of two 128-bit numbers, modulo 2^128, emitted in place. */
export const sub128 = (s: Builder, ah: I64, al: I64, bh: I64, bl: I64): readonly [hi: I64, lo: I64] => {
  const hi = s.let(i64.sub(i64.sub(ah, bh), i64.extend_i32_u(i64.lt_u(al, bl))));
  return [hi, s.let(i64.sub(al, bl))];
};

/** Whether an unsigned 128-bit number is below another. */
export const below128 = (ah: I64, al: I64, bh: I64, bl: I64): I32 =>
  select(i64.lt_u(al, bl), i64.lt_u(ah, bh), i64.eq(ah, bh));

const PAIR = ['i64', 'i64'] as const;

/** Integer arithmetic on 128 bits; a number is a high and a low half. */
export interface Wide {
  /** `mul64(a, b)`: the product of two unsigned numbers. */
  readonly mul64: Func<readonly ['i64', 'i64'], typeof PAIR>;
  /** `shrJam(hi, lo, n)`: shifts right; what is lost sets bit 0. `n` is any unsigned number. */
  readonly shrJam: Func<readonly ['i64', 'i64', 'i32'], typeof PAIR>;
  /** `shl(hi, lo, n)`: shifts left by 0 to 127. */
  readonly shl: Func<readonly ['i64', 'i64', 'i32'], typeof PAIR>;
  /** `div(hi, lo, d)`: quotient and remainder by `d`, which has its top bit set and is above `hi`. */
  readonly div: Func<readonly ['i64', 'i64', 'i64'], typeof PAIR>;
  /** `mulHigh(ah, al, bh, bl)`: the upper 128 bits of the product, at most 3 too small. */
  readonly mulHigh: Func<readonly ['i64', 'i64', 'i64', 'i64'], typeof PAIR>;
  /** `divFraction(nh, nl, dh, dl)`: n / d · 2^128, at most 3 off; n is below d, and d has its top bit set. */
  readonly divFraction: Func<readonly ['i64', 'i64', 'i64', 'i64'], typeof PAIR>;
}

export function addWide(m: ModuleBuilder): Wide {
  const mul64 = m.func('mul64', { params: PAIR, results: PAIR }, (s, a, b) => {
    const [hi, lo] = product(s, a, b);
    return [hi, lo];
  });

  const shrJam = m.func('shrJam', { params: ['i64', 'i64', 'i32'], results: PAIR }, (s, hi, lo, n) => {
    s.if(i32.eqz(n), () => s.return(hi, lo));
    const right = s.let(i64.extend_i32_u(n));
    const left = s.let(i64.sub(64, right));
    s.if(i32.lt_u(n, 64), () => {
      const lost = i64.extend_i32_u(i64.ne(i64.shl(lo, left), 0));
      s.return(i64.shr_u(hi, right), i64.or(i64.or(i64.shl(hi, left), i64.shr_u(lo, right)), lost));
    });
    s.if(i32.eq(n, 64), () => s.return(0, i64.or(hi, i64.extend_i32_u(i64.ne(lo, 0)))));
    s.if(i32.lt_u(n, 128), () => {
      const lost = i64.extend_i32_u(i64.ne(i64.or(i64.shl(hi, left), lo), 0));
      s.return(0, i64.or(i64.shr_u(hi, right), lost));
    });
    return [0, i64.extend_i32_u(i64.ne(i64.or(hi, lo), 0))];
  });

  const shl = m.func('shl', { params: ['i64', 'i64', 'i32'], results: PAIR }, (s, hi, lo, n) => {
    s.if(i32.eqz(n), () => s.return(hi, lo));
    const left = s.let(i64.extend_i32_u(n));
    s.if(i32.ge_u(n, 64), () => s.return(i64.shl(lo, left), 0));
    return [i64.or(i64.shl(hi, left), i64.shr_u(lo, i64.sub(64, left))), i64.shl(lo, left)];
  });

  // Long division with digits of 32 bits: each digit is estimated from the upper half of the divisor, which its top
  // bit makes at most two too large, and corrected.
  const div = m.func('div', { params: ['i64', 'i64', 'i64'], results: PAIR }, (s, hi, lo, d) => {
    const d1 = s.let(i64.shr_u(d, 32));
    const d0 = s.let(i64.and(d, LOW));
    const digit = (rest: I64, next: I64): readonly [I64, I64] => {
      const q = s.var(i64.div_u(rest, d1));
      const r = s.var(i64.sub(rest, i64.mul(q.get(), d1)));
      s.block((done) => s.loop((again) => {
        const fits = i32.and(
          i64.le_u(q.get(), LOW),
          i64.le_u(i64.mul(q.get(), d0), i64.or(i64.shl(r.get(), 32), next)),
        );
        s.br_if(done, fits);
        s.set(q, i64.sub(q.get(), 1));
        s.set(r, i64.add(r.get(), d1));
        s.br_if(again, i64.le_u(r.get(), LOW));
      }));
      const quotient = s.let(q.get());
      return [quotient, s.let(i64.sub(i64.or(i64.shl(rest, 32), next), i64.mul(quotient, d)))];
    };
    const [q1, r1] = digit(hi, s.let(i64.shr_u(lo, 32)));
    const [q0, r0] = digit(r1, s.let(i64.and(lo, LOW)));
    return [i64.or(i64.shl(q1, 32), q0), r0];
  });

  const mulHigh = m.func('mulHigh', { params: ['i64', 'i64', 'i64', 'i64'], results: PAIR }, (s, ah, al, bh, bl) => {
    const [hi, lo] = product(s, ah, bh);
    const [x] = product(s, ah, bl);
    const [y] = product(s, al, bh);
    const [h1, l1] = add128(s, hi, lo, i64.const(0), x);
    const [h2, l2] = add128(s, h1, l1, i64.const(0), y);
    return [h2, l2];
  });

  // The first 64 bits of the quotient from the upper half of the divisor, then the rest of the remainder.
  const divFraction = m.func('divFraction', { params: ['i64', 'i64', 'i64', 'i64'], results: PAIR }, (s, nh, nl, dh, dl) => {
    const q = s.var(i64.const(-1));
    s.if(i64.lt_u(nh, dh), () => {
      const [first] = s.call(div, nh, nl, dh);
      s.set(q, first);
    });
    // n·2^64 - q·d as 192 bits, of which the middle and low words matter once it is neither negative nor above d.
    const rh = s.local('i64');
    const rm = s.local('i64');
    const rl = s.local('i64');
    const [lh, ll] = product(s, s.let(q.get()), dl);
    const [hh, hl] = product(s, s.let(q.get()), dh);
    const [mh, mm] = add128(s, hh, hl, i64.const(0), lh);
    s.set(rl, i64.sub(0, ll));
    const [th, tm] = sub128(s, nh, nl, mh, mm);
    s.set(rm, i64.sub(tm, i64.extend_i32_u(i64.ne(ll, 0))));
    s.set(rh, i64.sub(th, i64.extend_i32_u(i32.and(i64.eqz(tm), i64.ne(ll, 0)))));
    s.block((done) => s.loop((again) => {
      s.br_if(done, i64.ge_s(rh.get(), 0));
      s.set(q, i64.sub(q.get(), 1));
      const [carryless, low] = add128(s, s.let(rm.get()), s.let(rl.get()), dh, dl);
      const middle = s.let(rm.get());
      const carried = i32.or(i64.lt_u(carryless, middle), i32.and(i64.eq(carryless, middle), i64.lt_u(low, dl)));
      s.set(rh, i64.add(rh.get(), i64.extend_i32_u(carried)));
      s.set(rm, carryless);
      s.set(rl, low);
      s.br(again);
    }));
    const rest = s.var(i64.const(-1));
    s.if(i64.lt_u(rm.get(), dh), () => {
      const [second] = s.call(div, rm.get(), rl.get(), dh);
      s.set(rest, second);
    });
    // This digit ignores dl, a part of at most 2^-63 of the divisor: it is at most two too large.
    return [q.get(), rest.get()];
  });

  return { mul64, shrJam, shl, div, mulHigh, divFraction };
}

import { type Func, i32, i64, type ModuleBuilder, select } from '@polyvisor/wasm';
import { add128, below128, sub128, type Wide } from '../x87/wide.ts';
import { RC, RC_DOWN, RESULT, signed, type Soft2, SPECIAL, infinity, TOP } from './format.ts';
import { guardTwo, invalid, isSpecial, type Operands, unpacked } from './operands.ts';
import type { Round } from './round.ts';

/**
 * `sum(sign, exponent, hi, lo, sign, exponent, sig, mode, flags)`: adds a number of 128 bits and one of 64; top bits set,
 * or zero.
 */
export type Sum = Func<readonly ['i32', 'i32', 'i64', 'i64', 'i32', 'i32', 'i64', 'i32', 'i32'], typeof RESULT>;

export function addSum(m: ModuleBuilder, wide: Wide, round: Round): Sum {
  const params = ['i32', 'i32', 'i64', 'i64', 'i32', 'i32', 'i64', 'i32', 'i32'] as const;
  return m.func('sumFinite', { params, results: RESULT }, (s, as, ae, ah, al, bs, be, b, mode, flags) => {
    // The sign of an exact zero (Intel SDM vol. 1 §4.8.3.1).
    const zero = (): void => {
      const sign = select(as, i32.eq(i32.and(mode, RC), RC_DOWN), i32.eq(as, bs));
      s.return(signed(sign, mode), flags);
    };
    s.if(i64.eqz(i64.or(ah, b)), zero);
    const swap = s.let(i32.or(i32.lt_s(ae, be), i32.and(i32.eq(ae, be), below128(ah, al, b, i64.const(0)))));
    const sign = s.let(select(bs, as, swap));
    const exponent = s.let(select(be, ae, swap));
    const lh = s.let(select(b, ah, swap));
    const ll = s.let(select(i64.const(0), al, swap));
    const distance = i32.sub(exponent, select(ae, be, swap));
    const [sh, sl] = s.call(wide.shrJam, select(ah, b, swap), select(al, 0, swap), distance);
    const make = (by: Parameters<typeof i32.add>[1], hi: typeof lh, lo: typeof lh): void => {
      const jammed = i64.or(hi, i64.extend_i32_u(i64.ne(lo, 0)));
      s.return(...s.call(round, sign, i32.add(exponent, by), jammed, mode, flags));
    };
    s.if(i32.eq(as, bs), () => {
      const [hi, lo] = add128(s, lh, ll, sh, sl);
      s.if(below128(hi, lo, lh, ll), () => {
        const lost = i64.or(lo, i64.and(hi, 1));
        make(1, i64.or(i64.shr_u(hi, 1), TOP), lost);
      });
      make(0, hi, lo);
    });
    const [dh, dl] = sub128(s, lh, ll, sh, sl);
    s.if(i64.eqz(dh), () => {
      s.if(i64.eqz(dl), zero);
      const zeros = s.let(i64.clz(dl));
      make(i32.sub(-64, i32.wrap_i64(zeros)), i64.shl(dl, zeros), i64.const(0));
    });
    const zeros = s.let(i32.wrap_i64(i64.clz(dh)));
    const [hi, lo] = s.call(wide.shl, dh, dl, zeros);
    make(i32.sub(0, zeros), hi, lo);
  });
}

/** a + b and a - b. */
export function addAddition(m: ModuleBuilder, operands: Operands, sum: Sum): { add: Soft2; sub: Soft2 } {
  const make = (name: string, flip: number): Soft2 => m.func(name, { params: ['i64', 'i64', 'i32'], results: RESULT }, (s, a, b, mode) => {
    const x = unpacked(s, operands, a, mode);
    const y = unpacked(s, operands, b, mode);
    const flags = guardTwo(s, operands, a, b, x, y, mode);
    const sign = s.let(i32.xor(y.sign, flip));
    s.if(i32.eq(x.exponent, SPECIAL), () => {
      s.if(i32.and(isSpecial(y), i32.ne(x.sign, sign)), () => invalid(s, mode));
      s.return(a, flags);
    });
    s.if(isSpecial(y), () => s.return(i64.or(infinity(mode), signed(sign, mode)), flags));
    return s.call(sum, x.sign, x.exponent, x.sig, 0, sign, y.exponent, y.sig, mode, flags);
  });
  return { add: make('softAdd', 0), sub: make('softSub', 1) };
}

import { type Func, type FunctionBuilder, i32, i64, likely, type ModuleBuilder, select, type Value } from '@polyvisor/wasm';
import { C1, EXPONENT_ADJUST, MAX_EXPONENT, OE, PC, PE, RC, RC_DOWN, RC_UP, RESULT, TOP, UE } from './format.ts';
import type { Wide } from './wide.ts';

type I32 = Value<'i32'>;
type I64 = Value<'i64'>;
type Builder = FunctionBuilder;

/** `round(sign, exponent, hi, lo, cw, flags)`. */
export type Round = Func<readonly ['i32', 'i32', 'i64', 'i64', 'i32', 'i32'], typeof RESULT>;

/** Whether what is dropped, as a fraction of the last kept bit, rounds the magnitude up (Intel SDM vol. 1 §4.8.4). */
export const roundsUp = (dropped: I64, odd: I32, sign: I32, cw: I32): I32 => {
  const nearest = i32.and(i64.lt_s(dropped, 0), i32.or(odd, i64.ne(dropped, TOP)));
  const away = select(i32.const(RC_DOWN), RC_UP, sign);
  const directed = i32.and(i64.ne(dropped, 0), i32.eq(i32.and(cw, RC), away));
  return select(nearest, directed, i32.eqz(i32.and(cw, RC)));
};

/** A significand cut to the bits above `shift`. */
interface Rounded {
  /** The significand; zero when it rounded up to two. */
  readonly sig: I64;
  readonly up: I32;
  readonly inexact: I32;
}

const cut = (s: Builder, hi: I64, lo: I64, shift: I64, sign: I32, cw: I32): Rounded => {
  const lost = i64.or(i64.shl(hi, i64.sub(64, shift)), i64.extend_i32_u(i64.ne(lo, 0)));
  const dropped = s.let(select(lo, lost, i64.eqz(shift)));
  const kept = s.let(i64.shr_u(hi, shift));
  const up = s.let(roundsUp(dropped, i32.wrap_i64(i64.and(kept, 1)), sign, cw));
  const sig = s.let(i64.shl(i64.add(kept, i64.extend_i32_u(up)), shift));
  return { sig, up, inexact: s.let(i64.ne(dropped, 0)) };
};

/** PE and C1 of a rounding. */
const noted = (r: Rounded): I32 => i32.mul(r.inexact, i32.or(PE, i32.mul(r.up, C1)));

/**
 * Adds the function that makes a result: a sign (0 or 0x8000), a biased exponent of any size, a significand of 128 bits
 * with its top bit set, the control word and flags to add to. Precision and rounding control, overflow and underflow
 * follow Intel SDM vol. 1 §8.1.5, §8.5.4 and §8.5.5; a result is tiny when it would be with an unbounded exponent after
 * rounding.
 */
export function addRound(m: ModuleBuilder, wide: Wide): Round {
  const params = ['i32', 'i32', 'i64', 'i64', 'i32', 'i32'] as const;

  const general = m.func('roundGeneral', { params, results: RESULT }, (s, sign, exponent, hi, lo, cw, flags) => {
    const pc = s.let(i32.and(cw, PC));
    const shift = s.let(select(i64.const(40), select(i64.const(11), 0, i32.eq(pc, 0x200)), i32.eqz(pc)));
    const r = cut(s, hi, lo, shift, sign, cw);
    const carried = s.let(i64.eqz(r.sig));
    const rounded = s.let(i32.add(exponent, carried));
    const sig = s.let(select(TOP, r.sig, carried));
    s.if(i32.lt_s(rounded, 1), () => {
      s.if(i32.eqz(i32.and(cw, UE)), () => {
        const adjusted = s.let(i32.add(rounded, EXPONENT_ADJUST));
        // Only FSCALE falls so far that the adjusted exponent is out of range as well.
        s.if(i32.lt_s(adjusted, 1), () => s.return(0, sign, i32.or(flags, UE | PE)));
        s.return(sig, i32.or(sign, adjusted), i32.or(i32.or(flags, UE), noted(r)));
      });
      const [dh, dl] = s.call(wide.shrJam, hi, lo, i32.sub(1, exponent));
      const d = cut(s, dh, dl, shift, sign, cw);
      const tiny = i32.or(flags, i32.or(noted(d), i32.mul(d.inexact, UE)));
      s.return(d.sig, i32.or(sign, i64.lt_s(d.sig, 0)), tiny);
    });
    s.if(i32.ge_s(rounded, MAX_EXPONENT), () => {
      const infinite = s.let(roundsUp(TOP, i32.const(1), sign, cw));
      const largest = i64.shl(-1, shift);
      s.if(i32.and(cw, OE), () => s.return(
        select(TOP, largest, infinite), i32.or(sign, i32.add(0x7ffe, infinite)),
        i32.or(i32.or(flags, OE | PE), i32.mul(infinite, C1)),
      ));
      const adjusted = s.let(i32.sub(rounded, EXPONENT_ADJUST));
      s.if(i32.ge_s(adjusted, MAX_EXPONENT), () => s.return(TOP, i32.or(sign, MAX_EXPONENT), i32.or(flags, OE | PE | C1)));
      s.return(sig, i32.or(sign, adjusted), i32.or(i32.or(flags, OE), noted(r)));
    });
    return [sig, i32.or(sign, rounded), i32.or(flags, noted(r))];
  });

  return m.func('round', { params, results: RESULT }, (s, sign, exponent, hi, lo, cw, flags) => {
    const usual = i32.and(i32.eq(i32.and(cw, RC | PC), PC), i32.lt_u(i32.sub(exponent, 1), 0x7ffd));
    s.if(likely(usual), () => {
      const up = s.let(i32.and(i64.lt_s(lo, 0), i32.or(i32.wrap_i64(i64.and(hi, 1)), i64.ne(lo, TOP))));
      const sig = s.let(i64.add(hi, i64.extend_i32_u(up)));
      const carried = s.let(i64.eqz(sig));
      const status = i32.or(i32.or(flags, i32.shl(i64.ne(lo, 0), 5)), i32.shl(up, 9));
      s.return(select(TOP, sig, carried), i32.or(sign, i32.add(exponent, carried)), status);
    });
    return s.call(general, sign, exponent, hi, lo, cw, flags);
  });
}

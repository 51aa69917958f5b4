import { type Func, i32, i64, likely, type ModuleBuilder, select, type Value } from '@polyvisor/wasm';
import { roundsUp } from '../x87/round.ts';
import type { Wide } from '../x87/wide.ts';
import { DOUBLE, FTZ, HALF, OE, OM, PE, RESULT, TOP, UE, UM } from './format.ts';

type I32 = Value<'i32'>;
type I64 = Value<'i64'>;

/** `round(sign, exponent, sig, mode, flags)`. */
export type Round = Func<readonly ['i32', 'i32', 'i64', 'i32', 'i32'], typeof RESULT>;

/** MXCSR's rounding control where the x87 control word has it. */
export const controlWord = (mode: I32): I32 => i32.shr_u(mode, 3);

/** One of three constants, by format. */
const byFormat = (mode: I32, half: number, single: number, double: number): I32 =>
  select(i32.const(double), select(i32.const(half), single, i32.and(mode, HALF)), i32.and(mode, DOUBLE));

/**
 * Adds the function that makes a result of a sign (0 or 1), an exponent of any size and a significand with its top bit
 * set, whose bit 0 also stands for everything below it. Overflow and underflow follow Intel SDM vol. 1 §4.9.1.4,
 * §4.9.1.5 and §10.2.3.3: a result is tiny when it would be with an unbounded exponent after rounding. Where overflow
 * or underflow is unmasked the result means nothing.
 */
export function addRound(m: ModuleBuilder, wide: Wide): Round {
  return m.func('roundFloat', { params: ['i32', 'i32', 'i64', 'i32', 'i32'], results: RESULT }, (s, sign, exponent, sig, mode, flags) => {
    const dropped = s.let(i64.extend_i32_u(byFormat(mode, 53, 40, 11)));
    const precision = s.let(i64.sub(64, dropped));
    const smallest = s.let(byFormat(mode, -14, -126, -1022));
    const place = s.let(i64.shl(i64.extend_i32_u(sign), i64.extend_i32_u(byFormat(mode, 15, 31, 63))));
    const up = (rest: I64, kept: I64): I64 =>
      i64.extend_i32_u(roundsUp(rest, i32.wrap_i64(i64.and(kept, 1)), sign, controlWord(mode)));
    // Once as with an unbounded exponent, which tells whether the result is tiny.
    const rest = s.let(i64.shl(sig, precision));
    const kept = s.let(i64.shr_u(sig, dropped));
    const rounded = s.let(i64.add(kept, up(rest, kept)));
    const final = s.let(i32.add(exponent, i32.wrap_i64(i64.shr_u(rounded, precision))));
    const noted = s.let(i32.or(flags, i32.mul(i64.ne(rest, 0), PE)));
    const exponents = s.let(i32.sub(2, i32.shl(smallest, 1)));
    const stored = s.let(i64.sub(precision, 1));
    s.if(likely(i32.lt_u(i32.sub(final, smallest), exponents)), () => {
      // The integer bit adds one to the exponent, and a carry one more.
      const high = i64.shl(i64.extend_i32_s(i32.sub(exponent, smallest)), stored);
      s.return(i64.or(place, i64.add(high, rounded)), noted);
    });
    s.if(i32.lt_s(final, smallest), () => {
      s.if(i32.eqz(i32.and(mode, UM)), () => s.return(0, i32.or(noted, UE)));
      s.if(i32.and(mode, FTZ), () => s.return(place, i32.or(flags, UE | PE)));
      const [hi, lo] = s.call(wide.shrJam, sig, 0, i32.add(i32.sub(smallest, exponent), i32.wrap_i64(dropped)));
      const inexact = i32.mul(i64.ne(lo, 0), UE | PE);
      s.return(i64.or(place, i64.add(hi, up(lo, hi))), i32.or(flags, inexact));
    });
    s.if(i32.eqz(i32.and(mode, OM)), () => s.return(0, i32.or(noted, OE)));
    const infinity = s.let(i64.shl(i64.extend_i32_u(i32.add(exponents, 1)), stored));
    const infinite = roundsUp(TOP, i32.const(1), sign, controlWord(mode));
    return [i64.or(place, i64.sub(infinity, i64.extend_i32_u(i32.eqz(infinite)))), i32.or(flags, OE | PE)];
  });
}

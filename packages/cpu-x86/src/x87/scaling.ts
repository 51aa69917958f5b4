import { type Func, i32, i64, type ModuleBuilder, select, type Value } from '@polyvisor/wasm';
import { BINARY, type Binary, UNARY, type Unary } from './arithmetic.ts';
import {
  BIAS, C1, C2, DE, exponentOf, IE, INDEFINITE_SE, isDenormal, isInfinite, isNan, isSignaling, isUnsupported, isZero,
  MAX_EXPONENT, PC, PE, QUIET, QUIET_BIT, RC, RESULT, SIGN, signOf, TOP, ZE,
} from './format.ts';
import { guardOne, guardTwo, invalid, type Operands } from './operands.ts';
import { type Round, roundsUp } from './round.ts';
import type { Wide } from './wide.ts';

type I32 = Value<'i32'>;
type I64 = Value<'i64'>;

/** FXTRACT: the significand, then the exponent as a number, then the status word. */
export type Extract = Func<readonly ['i64', 'i32', 'i32'], readonly ['i64', 'i32', 'i64', 'i32', 'i32']>;

/** FRNDINT. */
export const addRoundToInteger = (m: ModuleBuilder, wide: Wide, operands: Operands): Unary =>
  m.func('roundToInteger', { params: UNARY, results: RESULT }, (s, a, ase, cw) => {
    const flags = guardOne(s, a, ase, cw);
    const exponent = s.let(exponentOf(ase));
    s.if(i32.or(i32.ge_u(exponent, BIAS + 63), isZero(a, ase)), () => s.return(a, ase, flags));
    const [integer, rest] = s.call(wide.shrJam, a, 0, i32.sub(BIAS + 63, exponent));
    const up = s.let(roundsUp(rest, i32.wrap_i64(i64.and(integer, 1)), signOf(ase), cw));
    const rounded = s.let(i64.add(integer, i64.extend_i32_u(up)));
    const status = s.let(i32.or(flags, i32.mul(i64.ne(rest, 0), i32.or(PE, i32.mul(up, C1)))));
    s.if(i64.eqz(rounded), () => s.return(0, signOf(ase), status));
    const [sig, e] = s.call(operands.normalize, rounded, 0);
    return [sig, i32.or(signOf(ase), i32.add(e, BIAS + 62)), status];
  });

/** FSCALE: a · 2^trunc(b) (Intel SDM vol. 2, table 3-33). Precision control does not apply. */
export const addScale = (m: ModuleBuilder, operands: Operands, round: Round): Binary =>
  m.func('scale', { params: BINARY, results: RESULT }, (s, a, ase, b, bse, cw) => {
    const flags = guardTwo(s, operands, a, ase, b, bse, cw);
    s.if(isInfinite(b, bse), () => {
      s.if(i32.lt_u(bse, SIGN), () => {
        s.if(isZero(a, ase), () => invalid(s));
        s.return(TOP, i32.or(signOf(ase), MAX_EXPONENT), flags);
      });
      s.if(isInfinite(a, ase), () => invalid(s));
      s.return(0, signOf(ase), flags);
    });
    s.if(i32.or(isInfinite(a, ase), isZero(a, ase)), () => s.return(a, ase, flags));
    const [sig, exponent] = s.call(operands.normalize, a, ase);
    const size = s.let(i32.sub(exponentOf(bse), BIAS));
    // Beyond 2^16 every number overflows or underflows.
    const whole = i32.wrap_i64(i64.shr_u(b, i64.extend_i32_s(i32.sub(63, size))));
    const power = select(i32.const(0x10000), select(i32.const(0), whole, i32.lt_s(size, 0)), i32.ge_s(size, 16));
    const signed = s.let(power);
    const by = select(i32.sub(0, signed), signed, i32.ge_u(bse, SIGN));
    return s.call(round, signOf(ase), i32.add(exponent, by), sig, 0, i32.or(cw, PC), flags);
  });

/** FXTRACT. */
export const addExtract = (m: ModuleBuilder, operands: Operands): Extract =>
  m.func('extract', { params: UNARY, results: ['i64', 'i32', 'i64', 'i32', 'i32'] }, (s, a, ase, cw) => {
    s.if(isUnsupported(a, ase), () => s.return(QUIET, INDEFINITE_SE, QUIET, INDEFINITE_SE, IE));
    s.if(isNan(a, ase), () => {
      const quiet = s.let(i64.or(a, QUIET_BIT));
      s.return(quiet, ase, quiet, ase, isSignaling(a, ase));
    });
    s.if(isInfinite(a, ase), () => s.return(a, ase, TOP, MAX_EXPONENT, 0));
    s.if(isZero(a, ase), () => s.return(a, ase, TOP, SIGN | MAX_EXPONENT, ZE));
    const flags = s.let(i32.shl(isDenormal(a, ase), 1));
    s.if(i32.and(flags, i32.xor(cw, DE)), () => s.return(a, ase, a, ase, flags));
    const [sig, biased] = s.call(operands.normalize, a, ase);
    const e = s.let(i32.sub(biased, BIAS));
    const negative = s.let(i32.lt_s(e, 0));
    const [power, size] = s.call(operands.normalize, i64.extend_i32_u(select(i32.sub(0, e), e, negative)), 0);
    const exponent = select(i32.or(i32.mul(negative, SIGN), i32.add(size, BIAS + 62)), 0, e);
    return [sig, i32.or(signOf(ase), BIAS), power, exponent, flags];
  });

/**
 * FPREM and FPREM1: the remainder of a / b, exact, with the quotient truncated or rounded to nearest. Where the
 * exponents differ by 64 or more, the difference shrinks by 32 to 63 and C2 says that more is to do; otherwise C0, C3
 * and C1 are bits 2, 1 and 0 of the quotient (Intel SDM vol. 2, FPREM, FPREM1).
 */
export function addRemainder(m: ModuleBuilder, wide: Wide, operands: Operands, round: Round): { remainder: Binary; remainderNearest: Binary } {
  const make = (name: string, nearest: boolean): Binary => m.func(name, { params: BINARY, results: RESULT }, (s, a, ase, b, bse, cw) => {
    // An invalid operation goes before a denormal operand (Intel SDM vol. 1 §4.9.2).
    const possible = i32.or(i32.or(isNan(a, ase), isNan(b, bse)), i32.eqz(i32.or(isInfinite(a, ase), isZero(b, bse))));
    s.if(i32.eqz(possible), () => invalid(s));
    const flags = guardTwo(s, operands, a, ase, b, bse, cw);
    s.if(isZero(a, ase), () => s.return(a, ase, flags));
    const exactly = i32.or(i32.and(cw, ~(RC | PC)), PC);
    const [an, ae] = s.call(operands.normalize, a, ase);
    s.if(isInfinite(b, bse), () => s.return(...s.call(round, signOf(ase), ae, an, 0, exactly, flags)));
    const [bn, be] = s.call(operands.normalize, b, bse);
    const difference = s.let(i32.sub(ae, be));
    const finish = (sign: I32, exponent: I32, rest: I64, codes: I32): void => {
      s.if(i64.eqz(rest), () => s.return(0, signOf(ase), i32.or(flags, codes)));
      const zeros = s.let(i64.clz(rest));
      const e = i32.sub(exponent, i32.wrap_i64(zeros));
      s.return(...s.call(round, sign, e, i64.shl(rest, zeros), 0, exactly, i32.or(flags, codes)));
    };
    s.if(i32.lt_s(difference, nearest ? -1 : 0), () => finish(signOf(ase), ae, an, i32.const(0)));
    if (nearest) {
      s.if(i32.eq(difference, -1), () => {
        s.if(i64.le_u(an, bn), () => finish(signOf(ase), ae, an, i32.const(0)));
        finish(i32.xor(signOf(ase), SIGN), ae, s.let(i64.sub(i64.shl(bn, 1), an)), i32.const(C1));
      });
    }
    const partial = s.let(i32.ge_s(difference, 64));
    // As many bits of the quotient as leave a difference that is a multiple of 32.
    const steps = s.let(select(i32.or(i32.and(difference, 31), 32), difference, partial));
    const first = s.let(i64.ge_u(an, bn));
    const begin = s.let(i64.sub(an, select(bn, i64.const(0), first)));
    const count = s.let(i64.extend_i32_u(steps));
    const hi = select(i64.const(0), i64.shr_u(begin, i64.sub(64, count)), i32.eqz(steps));
    const [low, rest] = s.call(wide.div, hi, i64.shl(begin, count), bn);
    s.if(partial, () => finish(signOf(ase), i32.sub(ae, steps), rest, i32.const(C2)));
    const quotient = s.var(i64.or(low, i64.shl(i64.extend_i32_u(first), count)));
    const kept = s.var(rest);
    const sign = s.var(signOf(ase));
    if (nearest) {
      const complement = s.let(i64.sub(bn, rest));
      const odd = i32.wrap_i64(i64.and(quotient.get(), 1));
      s.if(i32.or(i64.gt_u(rest, complement), i32.and(i64.eq(rest, complement), odd)), () => {
        s.set(quotient, i64.add(quotient.get(), 1));
        s.set(kept, complement);
        s.set(sign, i32.xor(sign.get(), SIGN));
      });
    }
    const q = s.let(i32.wrap_i64(quotient.get()));
    const codes = i32.or(
      i32.or(i32.shl(i32.and(q, 4), 6), i32.shl(i32.and(q, 2), 13)), i32.shl(i32.and(q, 1), 9),
    );
    finish(s.let(sign.get()), be, s.let(kept.get()), s.let(codes));
  });
  return { remainder: make('remainder', false), remainderNearest: make('remainderNearest', true) };
}


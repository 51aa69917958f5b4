import { type Func, i32, i64, type ModuleBuilder, select } from '@polyvisor/wasm';
import {
  C0, C2, C3, exponentOf, IE, isDenormal, isInfinite, isNan, isSignaling, isUnsupported, isZero, SIGN, signOf,
} from './format.ts';
import type { Operands } from './operands.ts';

/** A comparison: the status word alone, which an unmasked exception does not change. */
export type Compare = Func<readonly ['i64', 'i32', 'i64', 'i32'], readonly ['i32']>;
/** FXAM: the status word alone. */
export type Examine = Func<readonly ['i64', 'i32'], readonly ['i32']>;

const UNORDERED = C0 | C2 | C3;

/**
 * FCOM (every NaN is invalid) and FUCOM (only signaling ones are). Condition codes as in Intel SDM vol. 1 table 8-6:
 * above 0, below C0, equal C3, unordered all three. FTST compares with +0.
 */
export function addCompare(m: ModuleBuilder, operands: Operands): { compareOrdered: Compare; compareUnordered: Compare } {
  const make = (name: string, quiet: boolean): Compare =>
    m.func(name, { params: ['i64', 'i32', 'i64', 'i32'], results: ['i32'] }, (s, a, ase, b, bse) => {
      s.if(i32.or(isUnsupported(a, ase), isUnsupported(b, bse)), () => s.return(UNORDERED | IE));
      s.if(i32.or(isNan(a, ase), isNan(b, bse)), () => {
        if (!quiet) s.return(UNORDERED | IE);
        s.return(i32.or(UNORDERED, i32.or(isSignaling(a, ase), isSignaling(b, bse))));
      });
      const flags = s.let(i32.shl(i32.or(isDenormal(a, ase), isDenormal(b, bse)), 1));
      const [an, ae] = s.call(operands.normalize, a, ase);
      const [bn, be] = s.call(operands.normalize, b, bse);
      s.if(i64.eqz(i64.or(an, bn)), () => s.return(i32.or(flags, C3)));
      const negative = s.let(i32.ge_u(ase, SIGN));
      s.if(i32.ne(signOf(ase), signOf(bse)), () => {
        s.return(i32.or(flags, i32.mul(negative, C0)));
      });
      s.if(i32.and(i64.eq(an, bn), i32.eq(ae, be)), () => s.return(i32.or(flags, C3)));
      // A zero has no exponent that compares with that of a denormal.
      const zero = i32.or(i64.eqz(an), i64.eqz(bn));
      const smaller = select(i64.eqz(an), select(i64.lt_u(an, bn), i32.lt_s(ae, be), i32.eq(ae, be)), zero);
      return i32.or(flags, i32.mul(i32.xor(smaller, negative), C0));
    });
  return { compareOrdered: make('compareOrdered', false), compareUnordered: make('compareUnordered', true) };
}

/** FXAM of a register that is not empty: the class in C3, C2 and C0 and the sign in C1 (Intel SDM vol. 2, FXAM). */
export const addExamine = (m: ModuleBuilder): Examine =>
  m.func('examine', { params: ['i64', 'i32'], results: ['i32'] }, (s, a, ase) => {
    const sign = s.let(i32.shr_u(signOf(ase), 6));
    const answer = (code: number): void => s.return(i32.or(sign, code));
    s.if(isUnsupported(a, ase), () => answer(0));
    s.if(isNan(a, ase), () => answer(C0));
    s.if(isInfinite(a, ase), () => answer(C2 | C0));
    s.if(exponentOf(ase), () => answer(C2));
    s.if(isZero(a, ase), () => answer(C3));
    return i32.or(sign, C3 | C2);
  });


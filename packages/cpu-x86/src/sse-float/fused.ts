import { type Func, i32, i64, type ModuleBuilder } from '@polyvisor/wasm';
import { IE, infinity, isNan, quietBit, RESULT, signals, signed, SPECIAL } from './format.ts';
import { fusedNatively } from './fused-native.ts';
import { denormal, invalid, isNanOf, isSpecial, isZero, type Operands, unpacked } from './operands.ts';
import { exactProduct } from './product.ts';
import type { Sum } from './sum.ts';

/** `fused(x, y, z, mode, signs)`: ±(x · y) ± z with one rounding; bit 0 of `signs` negates the product, bit 1 the addend. */
export type SoftFused = Func<readonly ['i64', 'i64', 'i64', 'i32', 'i32'], typeof RESULT>;

const PARAMS = ['i64', 'i64', 'i64', 'i32', 'i32'] as const;

export function addFused(m: ModuleBuilder, operands: Operands, sum: Sum): SoftFused {
  // The first of x, y and z that is a NaN.
  const nanOf = m.func('fusedNan', { params: PARAMS, results: RESULT }, (s, x, y, z, mode, _signs) => {
    const chosen = s.var(z);
    const flags = s.var(i32.const(0));
    for (const each of [z, y, x]) {
      s.if(isNan(each, mode), () => {
        s.set(chosen, each);
        s.if(signals(each, mode), () => s.set(flags, i32.const(IE)));
      });
    }
    return [i64.or(chosen.get(), quietBit(mode)), flags.get()];
  });

  return m.func('softFused', { params: PARAMS, results: RESULT }, (s, xb, yb, zb, mode, signs) => {
    fusedNatively(s, [xb, yb, zb], mode, signs);
    const x = unpacked(s, operands, xb, mode);
    const y = unpacked(s, operands, yb, mode);
    const z = unpacked(s, operands, zb, mode);
    s.if(i32.or(i32.or(isNanOf(x), isNanOf(y)), isNanOf(z)), () => s.return(...s.call(nanOf, xb, yb, zb, mode, signs)));
    const flags = s.let(denormal(mode, x, y, z));
    const sign = s.let(i32.xor(i32.xor(x.sign, y.sign), i32.and(signs, 1)));
    const addend = s.let(i32.xor(z.sign, i32.and(i32.shr_u(signs, 1), 1)));
    const zero = s.let(i32.or(isZero(x), isZero(y)));
    s.if(i32.or(isSpecial(x), isSpecial(y)), () => {
      s.if(i32.or(zero, i32.and(isSpecial(z), i32.ne(sign, addend))), () => invalid(s, mode));
      s.return(i64.or(infinity(mode), signed(sign, mode)), flags);
    });
    s.if(i32.eq(z.exponent, SPECIAL), () => s.return(i64.or(infinity(mode), signed(addend, mode)), flags));
    // A product of zero has a far lower exponent than any addend, but not than a zero: `sum` looks at significands first.
    const [exponent, hi, lo] = exactProduct(s, x, y);
    return s.call(sum, sign, exponent, hi, lo, addend, z.exponent, z.sig, mode, flags);
  });
}

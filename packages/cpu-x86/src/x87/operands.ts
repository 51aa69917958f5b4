import { type Func, type FunctionBuilder, i32, i64, type ModuleBuilder, select, type Value } from '@polyvisor/wasm';
import {
  DE, exponentOf, IE, INDEFINITE_SE, isDenormal, isNan, isSignaling, isUnsupported, QUIET, QUIET_BIT, RESULT,
} from './format.ts';

type I32 = Value<'i32'>;
type I64 = Value<'i64'>;
type Builder = FunctionBuilder<typeof RESULT>;

/** What all operations do with operands that are not normal numbers. */
export interface Operands {
  /** `normalize(sig, se)`: the significand with its top bit set and the exponent, which may be below one; 0, 0 for zero. */
  readonly normalize: Func<readonly ['i64', 'i32'], readonly ['i64', 'i32']>;
  /** `propagate(a, b)`: the result of two operands of which one is a NaN. */
  readonly propagate: Func<readonly ['i64', 'i32', 'i64', 'i32'], typeof RESULT>;
}

export function addOperands(m: ModuleBuilder): Operands {
  const normalize = m.func('normalize', { params: ['i64', 'i32'], results: ['i64', 'i32'] }, (s, sig, se) => {
    const exponent = s.let(exponentOf(se));
    s.if(exponent, () => s.return(sig, exponent));
    s.if(i64.eqz(sig), () => s.return(0, 0));
    const zeros = s.let(i64.clz(sig));
    return [i64.shl(sig, zeros), i32.sub(1, i32.wrap_i64(zeros))];
  });

  // Intel SDM vol. 1 table 4-7. A quiet NaN goes before a signaling one; of two alike the larger significand, and of
  // equal significands the positive one.
  const propagate = m.func('propagate', { params: ['i64', 'i32', 'i64', 'i32'], results: RESULT }, (s, a, ase, b, bse) => {
    const aSignals = s.let(isSignaling(a, ase));
    const bSignals = s.let(isSignaling(b, bse));
    const flags = s.let(i32.mul(i32.or(aSignals, bSignals), IE));
    const takeA = (): void => s.return(i64.or(a, QUIET_BIT), ase, flags);
    const takeB = (): void => s.return(i64.or(b, QUIET_BIT), bse, flags);
    s.if(i32.eqz(isNan(b, bse)), takeA);
    s.if(i32.eqz(isNan(a, ase)), takeB);
    s.if(i32.and(aSignals, i32.eqz(bSignals)), takeB);
    s.if(i32.and(bSignals, i32.eqz(aSignals)), takeA);
    s.if(i64.gt_u(a, b), takeA);
    s.if(i64.lt_u(a, b), takeB);
    return [i64.or(a, QUIET_BIT), select(ase, bse, i32.lt_u(ase, bse)), flags];
  });

  return { normalize, propagate };
}

/** Leaves the function with the masked response to an invalid operation. */
export const invalid = (s: Builder, extra = 0): void => s.return(QUIET, INDEFINITE_SE, IE | extra);

/**
 * Deals with unsupported encodings, NaNs and an unmasked DE, and gives the flags so far. Their order is that of Intel
 * SDM vol. 1 §8.6 and §4.9.2: an invalid operand or a NaN goes before a denormal.
 */
export const guardTwo = (s: Builder, operands: Operands, a: I64, ase: I32, b: I64, bse: I32, cw: I32): I32 => {
  s.if(i32.or(isUnsupported(a, ase), isUnsupported(b, bse)), () => invalid(s));
  s.if(i32.or(isNan(a, ase), isNan(b, bse)), () => {
    const [sig, se, status] = s.call(operands.propagate, a, ase, b, bse);
    s.return(sig, se, status);
  });
  const flags = s.let(i32.shl(i32.or(isDenormal(a, ase), isDenormal(b, bse)), 1));
  return stopAtDenormal(s, a, ase, flags, cw);
};

/** As `guardTwo` for one operand. */
export const guardOne = (s: Builder, a: I64, ase: I32, cw: I32): I32 => {
  s.if(isUnsupported(a, ase), () => invalid(s));
  s.if(isNan(a, ase), () => s.return(i64.or(a, QUIET_BIT), ase, i32.mul(isSignaling(a, ase), IE)));
  return stopAtDenormal(s, a, ase, s.let(i32.shl(isDenormal(a, ase), 1)), cw);
};

const stopAtDenormal = (s: Builder, a: I64, ase: I32, flags: I32, cw: I32): I32 => {
  s.if(i32.and(flags, i32.xor(cw, DE)), () => s.return(a, ase, flags));
  return flags;
};

import { type Func, i32, i64, type ModuleBuilder, select, type Value } from '@polyvisor/wasm';
import { IE, isNan, magnitude, RESULT, signals, signMask, type Soft2 } from './format.ts';
import type { Operands } from './operands.ts';

type I32 = Value<'i32'>;

/** How two numbers relate. */
export const GREATER = 0;
export const LESS = 1;
export const EQUAL = 2;
export const UNORDERED = 3;

/**
 * For each predicate of CMPPS and its like modulo 16 (Intel SDM vol. 2A table 3-1) which relations satisfy it, a bit
 * each: EQ, LT, LE, UNORD, NEQ, NLT, NLE, ORD, EQ_UQ, NGE, NGT, FALSE, NEQ_OQ, GE, GT, TRUE.
 */
export const SATISFYING = [4, 2, 6, 8, 11, 13, 9, 7, 12, 10, 14, 0, 3, 5, 1, 15] as const;
const SATISFYING_WORD = i64.const(SATISFYING.reduce<bigint>((word, set, i) => word | (BigInt(set) << BigInt(4 * i)), 0n));
/** Predicates to which a quiet NaN is invalid. */
const SIGNALING_LOW = 0b0110_0110_0110_0110;
const SIGNALING = SIGNALING_LOW | (~SIGNALING_LOW << 16);

/** 1 where the relation satisfies the predicate (0 to 31), else 0. */
export const satisfies = (relation: I32, predicate: I32): I32 => {
  const set = i64.shr_u(SATISFYING_WORD, i64.extend_i32_u(i32.shl(i32.and(predicate, 15), 2)));
  return i32.and(i32.shr_u(i32.wrap_i64(set), relation), 1);
};

/** Comparisons of two numbers. */
export interface SoftComparisons {
  readonly min: Soft2;
  readonly max: Soft2;
  /** `compare(a, b, mode, predicate)`: all ones or zero. */
  readonly compare: Func<readonly ['i64', 'i64', 'i32', 'i32'], typeof RESULT>;
  /** `order(a, b, mode, quiet)`: ZF, PF and CF at their places in EFLAGS. */
  readonly order: Func<readonly ['i64', 'i64', 'i32', 'i32'], readonly ['i32', 'i32']>;
}

export function addComparisons(m: ModuleBuilder, operands: Operands): SoftComparisons {
  /** The relation, and the exceptions of a comparison to which quiet NaNs are valid. */
  const relate = m.func('relate', { params: ['i64', 'i64', 'i32'], results: ['i32', 'i32'] }, (s, a, b, mode) => {
    const nanA = s.let(isNan(a, mode));
    const nanB = s.let(isNan(b, mode));
    s.if(i32.or(nanA, nanB), () => {
      const signaling = i32.or(i32.and(nanA, signals(a, mode)), i32.and(nanB, signals(b, mode)));
      s.return(UNORDERED, i32.mul(signaling, IE));
    });
    const [x, fx] = s.call(operands.flush, a, mode);
    const [y, fy] = s.call(operands.flush, b, mode);
    const ordered = (bits: Value<'i64'>): Value<'i64'> => {
      const size = s.let(magnitude(bits, mode));
      return s.let(select(i64.sub(0, size), size, i64.ne(i64.and(bits, signMask(mode)), 0)));
    };
    const left = ordered(x);
    const right = ordered(y);
    const relation = i32.or(i64.lt_s(left, right), i32.shl(i64.eq(left, right), 1));
    return [relation, i32.or(fx, fy)];
  });

  // MINSD and MAXSD: the second operand, unless the first is strictly beyond it.
  const extreme = (name: string, wanted: number): Soft2 => m.func(name, { params: ['i64', 'i64', 'i32'], results: RESULT }, (s, a, b, mode) => {
    const [relation, flags] = s.call(relate, a, b, mode);
    const [bits] = s.call(operands.flush, select(a, b, i32.eq(relation, wanted)), mode);
    return [bits, select(i32.const(IE), flags, i32.eq(relation, UNORDERED))];
  });

  const compare = m.func('softCompare', { params: ['i64', 'i64', 'i32', 'i32'], results: RESULT }, (s, a, b, mode, predicate) => {
    const [relation, flags] = s.call(relate, a, b, mode);
    const signaling = i32.and(i32.shr_u(SIGNALING, predicate), i32.eq(relation, UNORDERED));
    const bits = i64.sub(0, i64.extend_i32_u(satisfies(relation, predicate)));
    return [bits, i32.or(flags, i32.and(signaling, IE))];
  });

  // Greater 0, less CF, equal ZF, unordered all three (Intel SDM vol. 2A, COMISD).
  const order = m.func('softOrder', { params: ['i64', 'i64', 'i32', 'i32'], results: ['i32', 'i32'] }, (s, a, b, mode, quiet) => {
    const [relation, flags] = s.call(relate, a, b, mode);
    const invalid = i32.and(i32.eq(relation, UNORDERED), i32.eqz(quiet));
    return [orderFlags(relation), i32.or(flags, invalid)];
  });
  return { min: extreme('softMin', LESS), max: extreme('softMax', GREATER), compare, order };
}

/** ZF (0x40), PF (4) and CF (1) of a relation. */
const orderFlags = (relation: I32): I32 => i32.and(i32.shr_u(0x45400100, i32.shl(relation, 3)), 0x45);

import { allOps, type OpName } from '../opcodes/index.ts';
import { I32, I64 } from '../types.ts';
import {
  binary, EFFECT, i32Const, i64Const, isConst, K_PLAIN, KIND, unary, type Value,
} from '../value/value.ts';
import { evaluate1, evaluate2 } from './evaluate.ts';
import { ctz32, popcnt32 } from './int64.ts';
import { bitsOf } from './known-bits.ts';

/** Gives an equal, cheaper value, or null to leave the instruction as it is. */
export type Fold1 = (x: Value) => Value | null;
/** As `Fold1`. Called only when an operand is a constant or both are the same value. */
export type Fold2 = (x: Value, y: Value) => Value | null;

export const fold1: Record<string, Fold1> = {};
export const fold2: Record<string, Fold2> = {};

const codeOf = (name: string): number => allOps[name as OpName][0];
const isOp = (value: Value, op: number): boolean => value.op === op && (value.flags & KIND) === K_PLAIN;
const droppable = (value: Value): boolean => (value.flags & EFFECT) === 0;

/** Comparison and its negation. Floating-point comparisons have none: NaN makes both false. */
const negations = new Map<number, number>();
for (const t of ['i32', 'i64']) {
  for (const [one, two] of [['eq', 'ne'], ['lt_s', 'ge_s'], ['lt_u', 'ge_u'], ['gt_s', 'le_s'], ['gt_u', 'le_u']]) {
    negations.set(codeOf(`${t}.${one}`), codeOf(`${t}.${two}`));
    negations.set(codeOf(`${t}.${two}`), codeOf(`${t}.${one}`));
  }
}

const EQZ32 = codeOf('i32.eqz');
const EXTEND_S = codeOf('i64.extend_i32_s');
const EXTEND_U = codeOf('i64.extend_i32_u');

/** Identities of one width. The names are the instructions' without their prefix. */
const defineWidth = (prefix: 'i32' | 'i64'): void => {
  const is64 = prefix === 'i64';
  const type = is64 ? I64 : I32;
  const bits = is64 ? 64 : 32;
  const codes: Record<string, number> = {};
  for (const name of Object.keys(allOps)) {
    if (name.startsWith(`${prefix}.`)) codes[name.slice(4)] = codeOf(name);
  }
  const op = (name: string): number => codes[name] ?? -1;
  const make = (low: number): Value => (is64 ? i64Const(low, low >> 31) : i32Const(low));
  const same = (c: Value, low: number): boolean => c.x === low && (!is64 || c.y === low >> 31);
  const count = (c: Value): number => c.x & (bits - 1);

  /** The exponent of a constant power of two, else -1. */
  const exponent = (c: Value): number => {
    if (popcnt32(c.x) + (is64 ? popcnt32(c.y) : 0) !== 1) return -1;
    return c.x !== 0 ? ctz32(c.x) : 32 + ctz32(c.y);
  };
  /** How many low bits of a constant are all ones. */
  const lowOnes = (c: Value): number => {
    const low = ctz32(~c.x);
    return is64 && low === 32 ? 32 + ctz32(~c.y) : low;
  };

  const own: Record<string, Fold2> = {};
  /** Defines a fold, with the constants' own meaning first. */
  const define = (name: string, identity: Fold2): void => {
    const evaluate = evaluate2[`${prefix}.${name}`];
    const whole: Fold2 = (x, y) => {
      if (evaluate !== undefined && isConst(x) && isConst(y)) return evaluate(x.x, x.y, y.x, y.y);
      return identity(x, y);
    };
    own[name] = whole;
    fold2[`${prefix}.${name}`] = whole;
  };
  /** As `define` for operands that may change places: the constant comes second. */
  const commutative = (name: string, identity: Fold2): void => {
    define(name, (x, y) => (isConst(x) ? (identity(y, x) ?? binary(op(name), resultType(name), y, x)) : identity(x, y)));
  };
  const resultType = (name: string): number => (name === 'eq' || name === 'ne' ? I32 : type);
  const fold = (name: string, x: Value, y: Value): Value =>
    own[name]?.(x, y) ?? binary(op(name), type, x, y);

  /** `(x op c1) op c2` is `x op (c1 op c2)`. */
  const reassociate = (name: string, x: Value, c: Value): Value | null => {
    if ((x.flags & KIND) !== K_PLAIN || x.op !== op(name) || x.a === null || x.b === null || !isConst(x.b)) return null;
    return fold(name, x.a, fold(name, x.b, c));
  };

  commutative('add', (x, y) => {
    if (!isConst(y)) return null;
    return same(y, 0) ? x : reassociate('add', x, y);
  });
  define('sub', (x, y) => {
    if (x === y) return droppable(x) ? make(0) : null;
    if (!isConst(y)) return null;
    return same(y, 0) ? x : fold('add', x, fold('sub', make(0), y));
  });
  commutative('mul', (x, y) => {
    if (!isConst(y)) return null;
    if (same(y, 0) && droppable(x)) return y;
    const power = exponent(y);
    return power < 0 ? null : fold('shl', x, make(power));
  });
  commutative('and', (x, y) => {
    if (x === y) return x;
    if (!isConst(y)) return null;
    if (same(y, 0)) return droppable(x) ? y : null;
    return lowOnes(y) >= bitsOf(x) ? x : reassociate('and', x, y);
  });
  commutative('or', (x, y) => {
    if (x === y) return x;
    if (!isConst(y)) return null;
    if (same(y, 0)) return x;
    return same(y, -1) && droppable(x) ? y : reassociate('or', x, y);
  });
  commutative('xor', (x, y) => {
    if (x === y) return droppable(x) ? make(0) : null;
    if (!isConst(y)) return null;
    return same(y, 0) ? x : reassociate('xor', x, y);
  });
  for (const name of ['shl', 'shr_s', 'shr_u', 'rotl', 'rotr']) {
    define(name, (x, y) => {
      if (isConst(x)) return (same(x, 0) || (same(x, -1) && !name.startsWith('sh'))) && droppable(y) ? x : null;
      if (!isConst(y)) return null;
      if (count(y) === 0) return x;
      return name === 'shr_u' && bitsOf(x) <= count(y) && droppable(x) ? make(0) : null;
    });
  }
  define('div_s', (x, y) => (isConst(y) && same(y, 1) ? x : null));
  define('div_u', (x, y) => {
    const power = isConst(y) ? exponent(y) : -1;
    return power < 0 ? null : fold('shr_u', x, make(power));
  });
  define('rem_s', () => null);
  define('rem_u', (x, y) => {
    if (!isConst(y) || exponent(y) < 0) return null;
    return fold('and', x, fold('sub', y, make(1)));
  });
  commutative('eq', (x, y) => {
    if (x === y) return droppable(x) ? i32Const(1) : null;
    return isConst(y) && same(y, 0) ? (fold1[`${prefix}.eqz`]?.(x) ?? unary(op('eqz'), I32, x)) : null;
  });
  commutative('ne', (x, y) => {
    if (x === y) return droppable(x) ? i32Const(0) : null;
    return !is64 && isConst(y) && same(y, 0) && bitsOf(x) <= 1 ? x : null;
  });
  for (const order of ['lt', 'gt', 'le', 'ge']) {
    const whenEqual = i32Const(order === 'le' || order === 'ge' ? 1 : 0);
    define(`${order}_s`, (x, y) => (x === y && droppable(x) ? whenEqual : null));
    define(`${order}_u`, (x, y) => {
      if (x === y && droppable(x)) return whenEqual;
      // Nothing is below zero, unsigned.
      const settled = order === 'lt' || order === 'ge' ? isConst(y) && same(y, 0) : isConst(x) && same(x, 0);
      if (!settled) return null;
      return droppable(order === 'lt' || order === 'ge' ? x : y) ? whenEqual : null;
    });
  }

  for (const name of ['eqz', 'clz', 'ctz', 'popcnt', 'extend8_s', 'extend16_s', 'extend32_s', 'extend_i32_s', 'extend_i32_u', 'wrap_i64']) {
    const evaluate = evaluate1[`${prefix}.${name}`];
    if (evaluate !== undefined) fold1[`${prefix}.${name}`] = (x) => (isConst(x) ? evaluate(x.x, x.y) : null);
  }
  const evaluateEqz = fold1[`${prefix}.eqz`];
  fold1[`${prefix}.eqz`] = (x) => evaluateEqz?.(x) ?? negate(x);
};

/** `eqz` of a comparison is the opposite comparison; of an `eqz` of a truth value, that truth value. */
const negate = (x: Value): Value | null => {
  if ((x.flags & KIND) !== K_PLAIN || x.a === null) return null;
  if (x.op === EQZ32 && bitsOf(x.a) <= 1) return x.a;
  const opposite = negations.get(x.op);
  return opposite === undefined || x.b === null ? null : binary(opposite, I32, x.a, x.b);
};

defineWidth('i32');
defineWidth('i64');

const wrapConst = fold1['i32.wrap_i64'];
fold1['i32.wrap_i64'] = (x) =>
  isOp(x, EXTEND_S) || isOp(x, EXTEND_U) ? x.a : (wrapConst?.(x) ?? null);

const NE32 = codeOf('i32.ne');

/** A condition that is zero exactly when the given one is: `x != 0` and a double negation test nothing new. */
export const condition = (value: Value): Value => {
  let c = value;
  for (;;) {
    if ((c.flags & KIND) !== K_PLAIN || c.a === null) return c;
    if (c.op === NE32 && c.b !== null && isConst(c.b) && c.b.x === 0) c = c.a;
    else if (c.op === EQZ32 && isOp(c.a, EQZ32) && c.a.a !== null) c = c.a.a;
    else return c;
  }
};

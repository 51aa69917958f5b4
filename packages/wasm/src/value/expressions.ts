import { condition } from '../fold/simplify.ts';
import { opName } from '../opcodes/index.ts';
import { EXTERNREF, FUNCREF, I32, NONE, type TypeList, typeName, type ValType } from '../types.ts';
import { operand } from './factories.ts';
import type { Func, FuncType, Local, Table } from './items.ts';
import { fail } from './session.ts';
import {
  type Arg, type Args, EFFECT, isConst, joinAll, joinFlags, K_CALL, K_CALL_INDIRECT, K_IF, K_INDEX, K_LIKELY, K_PLAIN,
  K_TEE, K_UNLIKELY, KIND, ONCE, unary, USED, Value, withEffect,
} from './value.ts';

/** The value of a call: of the single result; a call with another number of results is a statement only. */
export type CallValue<R extends TypeList> = R extends readonly [infer T extends ValType] ? Value<T> : void;

export const operandsOf = (args: readonly (Value | number)[], codes: readonly number[], op: number): Value[] => {
  if (args.length !== codes.length) {
    fail({ code: 'bad-immediate', op: opName(op), problem: `wants ${codes.length} arguments, got ${args.length}` });
  }
  return args.map((arg, i) => operand(arg, codes[i] ?? NONE, op));
};

const singleResult = (results: readonly number[], op: number): number =>
  results.length === 1 && results[0] !== undefined
    ? results[0]
    : fail({ code: 'bad-immediate', op: opName(op), problem: 'an expression has one result; use the statement call' });

/** A call with any number of results, for the builder's statements. */
export const callNode = (func: Func, args: readonly (Value | number)[], result: number): Value => {
  const operands = operandsOf(args, func.type.paramCodes, 0x10);
  return new Value(K_CALL | joinAll(operands) | ONCE | EFFECT, 0x10, result, null, null, operands, func.index, 0, func);
};

export const callIndirectNode = (
  table: Table, type: FuncType, index: Value | number, args: readonly (Value | number)[], result: number,
): Value => {
  const operands = operandsOf(args, type.paramCodes, 0x11);
  const at = operand(index, I32, 0x11);
  const flags = K_CALL_INDIRECT | joinAll([at, ...operands]) | ONCE | EFFECT;
  return new Value(flags, 0x11, result, at, null, operands, type.index, table.index, type);
};

/** Calls a function where the value is used. Arguments are evaluated left to right. */
export const call = <P extends TypeList, R extends TypeList>(func: Func<P, R>, ...args: Args<P>): CallValue<R> =>
  withEffect(callNode(func, args, singleResult(func.type.resultCodes, 0x10))) as CallValue<R>;

/** Calls the function at an index of a table. The arguments are evaluated before the index. */
export const call_indirect = <P extends TypeList, R extends TypeList>(
  table: Table, type: FuncType<P, R>, index: Arg<'i32'>, ...args: Args<P>
): CallValue<R> =>
  withEffect(
    callIndirectNode(table, type, index, args, singleResult(type.resultCodes, 0x11)),
  ) as CallValue<R>;

/** The first value where the condition is not zero, else the second. All three are always evaluated, in this order. */
export const select = <T extends 'i32' | 'i64' | 'f32' | 'f64' | 'v128' | 'ptr'>(
  whenTrue: Value<T>, whenFalse: Arg<NoInfer<T>>, test: Arg<'i32'>,
): Value<T> => {
  const c = condition(operand(test, I32, 0x1b));
  const other = operand(whenFalse, whenTrue.type, 0x1b);
  if (isConst(c)) {
    const [kept, dropped] = c.x !== 0 ? [whenTrue, other] : [other, whenTrue];
    if ((dropped.flags & EFFECT) === 0) return kept as Value<T>;
  }
  const flags = joinAll([whenTrue, other, c]);
  return new Value<T>(K_PLAIN | flags, 0x1b, whenTrue.type, whenTrue, other, [c], 0, 0, null);
};

/** As `select`, but only the chosen value is evaluated. */
export const ifElse = <T extends ValType>(
  test: Arg<'i32'>, whenTrue: Value<T>, whenFalse: Arg<NoInfer<T>>,
): Value<T> => {
  const given = operand(test, I32, 0x04);
  const c = condition(given);
  const other = operand(whenFalse, whenTrue.type, 0x04);
  if (isConst(c)) {
    abandon(c.x !== 0 ? other : whenTrue);
    return c.x !== 0 ? whenTrue : (other as Value<T>);
  }
  return new Value<T>(K_IF | joinAll([c, whenTrue, other]), 0x04, whenTrue.type, c, whenTrue, [other], 0, 0, null);
};

/** Marks effects that a constant condition makes impossible, so that they do not count as forgotten. */
const abandon = (value: Value): void => {
  if ((value.flags & EFFECT) === 0) return;
  value.flags |= USED;
  for (const child of [value.a, value.b, ...(value.rest ?? [])]) if (child !== null) abandon(child);
};

/** Writes a variable and gives what was written. */
export const tee = <T extends ValType>(local: Local<T>, content: Arg<NoInfer<T>>): Value<T> => {
  const value = operand(content, local.type, 0x22);
  const flags = K_TEE | joinFlags(value, null) | ONCE | EFFECT;
  return withEffect(new Value(flags, 0x22, local.type, value, null, null, local.index, 0, local)) as Value<T>;
};

const hinted = (kind: number, test: Arg<'i32'>): Value<'i32'> => {
  const c = operand(test, I32, 0x0d);
  return (isConst(c) ? c : new Value(kind | joinFlags(c, null), c.op, I32, c, null, null, 0, 0, null)) as Value<'i32'>;
};

/** A condition of `if` or `br_if` that is nearly always true: recorded as a branch hint. */
export const likely = (test: Arg<'i32'>): Value<'i32'> => hinted(K_LIKELY, test);

/** A condition of `if` or `br_if` that is nearly always false: recorded as a branch hint. */
export const unlikely = (test: Arg<'i32'>): Value<'i32'> => hinted(K_UNLIKELY, test);

/** The hint of a condition: 1 likely, 0 unlikely, -1 none (the values of `metadata.code.branch_hint`). */
export const hintOf = (test: Value): number => {
  const kind = test.flags & KIND;
  return kind === K_LIKELY ? 1 : kind === K_UNLIKELY ? 0 : -1;
};

/** Table instructions that give a value. */
export const table = {
  /** `table.get`: the reference at an index. */
  get: <T extends 'funcref' | 'externref'>(from: Table<T>, index: Arg<'i32'>): Value<T> => {
    const at = operand(index, I32, 0x25);
    return new Value<T>(K_INDEX | joinFlags(at, null) | ONCE, 0x25, from.code, at, null, null, from.index, 0, null);
  },
  /** `table.size`: how many references the table holds. */
  size: (of: Table): Value<'i32'> =>
    new Value<'i32'>(K_INDEX | ONCE, 0xfc010, I32, null, null, null, of.index, 0, null),
  /** `table.grow`: the size before, or -1. */
  grow: <T extends 'funcref' | 'externref'>(to: Table<T>, initial: Value<T>, count: Arg<'i32'>): Value<'i32'> => {
    const by = operand(count, I32, 0xfc00f);
    const flags = K_INDEX | joinFlags(initial, by) | ONCE | EFFECT;
    return withEffect(new Value(flags, 0xfc00f, I32, initial, by, null, to.index, 0, null)) as Value<'i32'>;
  },
};

/** Reference instructions. */
export const ref = {
  /** `ref.null` of a type. */
  null: <T extends 'funcref' | 'externref'>(type: T): Value<T> => {
    const code = type === 'funcref' ? FUNCREF : EXTERNREF;
    return new Value<T>(K_INDEX, 0xd0, code, null, null, null, code, 0, null);
  },
  /** `ref.func`. The function must be exported, in an element segment, or declared by one. */
  func: (func: Func): Value<'funcref'> =>
    new Value<'funcref'>(K_INDEX, 0xd2, FUNCREF, null, null, null, func.index, 0, null),
  /** `ref.is_null`. */
  is_null: (value: Value<'funcref'> | Value<'externref'>): Value<'i32'> => {
    if (value.type !== FUNCREF && value.type !== EXTERNREF) {
      fail({ code: 'type-mismatch', op: 'ref.is_null', expected: 'a reference', actual: typeName(value.type) });
    }
    return unary(0xd1, I32, value) as Value<'i32'>;
  },
};

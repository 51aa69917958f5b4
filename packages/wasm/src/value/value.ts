import type { ValType } from '../types.ts';
import { F32, F64, I32, I64, PTR, V128 } from '../types.ts';
import { fail, session } from './session.ts';

/** How a value is emitted: the low bits of `flags`. The two integer constants come first (see `isConst`). */
export const K_I32 = 0;
export const K_I64 = 1;
export const K_PTR = 2;
export const K_F32 = 3;
export const K_F64 = 4;
export const K_V128 = 5;
export const K_LOCAL = 6;
export const K_PLAIN = 7;
export const K_MEMORY = 8;
export const K_MEMORY_LANE = 9;
export const K_LANE = 10;
export const K_LANES = 11;
export const K_INDEX = 12;
export const K_GLOBAL = 13;
export const K_TEE = 14;
export const K_CALL = 15;
export const K_CALL_INDIRECT = 16;
export const K_IF = 17;
export const K_LIKELY = 18;
export const K_UNLIKELY = 19;
export const KIND = 0x1f;

/** Evaluating it a second time could give something else: it may be used once. */
export const ONCE = 0x20;
/** It does something, or may trap: folding never drops it. */
export const EFFECT = 0x40;
/** It was emitted. */
export const USED = 0x80;
/** Its local has gone back to the pool. */
export const DEAD = 0x100;
/** The number of operations below the value starts at this bit. */
export const WEIGHT = 16;
const WEIGHT_UNIT = 1 << WEIGHT;
const WEIGHT_LIMIT = 0x3fff;

declare const phantom: unique symbol;

/**
 * A typed expression. It is emitted where a statement or another expression uses it, and its loads, calls and other
 * effects happen there.
 *
 * The fields are the encoder's own; every value has the same ones, so that emission stays fast.
 */
export class Value<T extends ValType = ValType> {
  /** Distinguishes `Value<'i32'>` from `Value<'i64'>` for the type checker; has no existence at run time. */
  declare readonly [phantom]: T;
  /** Kind, purity and weight. */
  declare flags: number;
  declare readonly op: number;
  declare readonly type: number;
  declare readonly a: Value | null;
  declare readonly b: Value | null;
  /** Operands beyond two, or the arguments of a call. */
  declare readonly rest: readonly Value[] | null;
  /** Low half of a constant, offset, lane, or index. */
  declare readonly x: number;
  /** High half of a constant; for memory operands alignment | lane << 8 | memory << 16; for a local its known bits. */
  declare readonly y: number;
  /** What does not fit above: a float, sixteen bytes, or the local, global or function meant. */
  declare readonly data: unknown;
  /** `session.now` at its making. */
  declare readonly clock: number;

  constructor(
    flags: number, op: number, type: number, a: Value | null, b: Value | null, rest: readonly Value[] | null,
    x: number, y: number, data: unknown,
  ) {
    this.flags = flags;
    this.op = op;
    this.type = type;
    this.a = a;
    this.b = b;
    this.rest = rest;
    this.x = x;
    this.y = y;
    this.data = data;
    this.clock = session.now;
  }
}

/** What is accepted where a value is wanted: a value, or a number standing for a constant of that type. */
export type Arg<T extends ValType> = T extends 'v128' | 'funcref' | 'externref' ? Value<T> : Value<T> | number;

/** Values and arguments of a list of types. */
export type Values<L extends readonly ValType[]> = { -readonly [I in keyof L]: Value<L[I]> };
export type Args<L extends readonly ValType[]> = { -readonly [I in keyof L]: Arg<L[I]> };

/** Flags of an operation on these operands: their purity, and one more than the sum of their weights. */
export const joinFlags = (a: Value, b: Value | null): number => {
  let weight = (a.flags >>> WEIGHT) + 1;
  let flags = a.flags & (ONCE | EFFECT);
  if (b !== null) {
    weight += b.flags >>> WEIGHT;
    flags |= b.flags & (ONCE | EFFECT);
  }
  return flags | ((weight > WEIGHT_LIMIT ? WEIGHT_LIMIT : weight) << WEIGHT);
};

/** Flags of an operation with any number of operands. */
export const joinAll = (operands: readonly Value[]): number => {
  let flags = WEIGHT_UNIT;
  for (const operand of operands) flags = addFlags(flags, operand.flags);
  return flags;
};

const addFlags = (one: number, two: number): number => {
  const weight = Math.min(WEIGHT_LIMIT, (one >>> WEIGHT) + (two >>> WEIGHT));
  return ((one | two) & (ONCE | EFFECT)) | (weight << WEIGHT);
};

export const unary = (op: number, type: number, a: Value): Value =>
  new Value(K_PLAIN | joinFlags(a, null), op, type, a, null, null, 0, 0, null);

export const binary = (op: number, type: number, a: Value, b: Value): Value =>
  new Value(K_PLAIN | joinFlags(a, b), op, type, a, b, null, 0, 0, null);

/** Notes a value with an effect, so that a checked function can tell when one was forgotten. */
export const withEffect = (value: Value): Value => {
  if (session.effects !== null) session.effects.push(value);
  return value;
};

/** `i32.const` of the low 32 bits of a number. */
export const i32Const = (value: number): Value<'i32'> =>
  new Value<'i32'>(K_I32, 0x41, I32, null, null, null, value | 0, 0, null);

/** `i64.const` of two halves. */
export const i64Const = (low: number, high: number): Value<'i64'> =>
  new Value<'i64'>(K_I64, 0x42, I64, null, null, null, low | 0, high | 0, null);

/** Splits a safe integer into its halves. */
export const i64OfNumber = (value: number): Value<'i64'> => {
  if (!Number.isSafeInteger(value)) {
    fail({ code: 'bad-immediate', op: 'i64.const', problem: `${value} is no safe integer; give two halves` });
  }
  return i64Const(value | 0, Math.floor(value / 0x100000000) | 0);
};

const checkedI32 = (value: number): Value<'i32'> => {
  if (value !== (value | 0) && value !== value >>> 0) {
    fail({ code: 'bad-immediate', op: 'i32.const', problem: `${value} does not fit 32 bits` });
  }
  return i32Const(value);
};

const ptrConst = (value: number): Value => {
  if (value !== value >>> 0) {
    fail({ code: 'bad-immediate', op: 'address', problem: `${value} is no address below 4 GiB; use ptr.const` });
  }
  return new Value(K_PTR, 0, PTR, null, null, null, value | 0, 0, null);
};

/** The constant of an encoded type which a number stands for. */
export const numberConst = (value: number, type: number): Value => {
  switch (type) {
    case I32:
      return checkedI32(value);
    case I64:
      return i64OfNumber(value);
    case F32:
      return new Value(K_F32, 0x43, F32, null, null, null, 0, 0, value);
    case F64:
      return new Value(K_F64, 0x44, F64, null, null, null, 0, 0, value);
    case PTR:
      return ptrConst(value);
    default:
      return fail({ code: 'bad-immediate', op: 'constant', problem: 'a number stands for no value of this type' });
  }
};

/** `v128.const` of sixteen bytes. */
export const v128Const = (bytes: Uint8Array): Value<'v128'> =>
  new Value<'v128'>(K_V128, 0xfd00c, V128, null, null, null, 0, 0, bytes);

/** Whether it is an integer constant (`i32.const` or `i64.const`). */
export const isConst = (value: Value): boolean => (value.flags & KIND) <= K_I64;

/** A value of a type from an argument: numbers become constants. */
export const toValue = (arg: Value | number, type: number): Value =>
  typeof arg === 'number' ? numberConst(arg, type) : arg;

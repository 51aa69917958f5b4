import type { PlainOps } from '../opcodes/index.ts';
import type { OpRow } from '../opcodes/op-table.ts';
import type { ValType } from '../types.ts';
import type { Memory } from './items.ts';
import type { Arg, Value } from './value.ts';

/** The types in an operand column: `'i32 i32'` is `['i32', 'i32']`. */
type Split<S extends string> = S extends '' ? [] : S extends `${infer Head} ${infer Tail}` ? [Head, ...Split<Tail>] : [S];
type OperandArgs<L> = { [I in keyof L]: L[I] extends ValType ? Arg<L[I]> : never };

/** Offset in bytes, alignment in bytes (a hint; the natural one unless told), and the memory (the first unless told). */
type MemoryArgs = [offset?: number, align?: number, memory?: Memory];

type ImmediatesOf<R extends OpRow> = R extends readonly [number, string, string, infer I] ? I : '';
type ImmediateArgs<I> = I extends `mem${number} lane${number}`
  ? [lane: number, ...MemoryArgs]
  : I extends `mem${number}`
    ? MemoryArgs
    : I extends `lane${number}`
      ? [lane: number]
      : I extends 'lanes'
        ? [lanes: readonly number[]]
        : I extends 'memory'
          ? [memory?: Memory]
          : [];

/** Operands first, deepest first, then the immediates. */
export type OpArgs<R extends OpRow> = [...OperandArgs<Split<R[1]>>, ...ImmediateArgs<ImmediatesOf<R>>];

type ResultOf<R extends OpRow> = R[2] extends ValType ? Value<R[2]> : never;

type NamesWithResult = { [N in keyof PlainOps]: PlainOps[N][2] extends '' ? never : N }[keyof PlainOps];
type NamesWithout = Exclude<keyof PlainOps, NamesWithResult>;

type Tail<N extends string, P extends string> = N extends `${P}.${infer Rest}` ? Rest : never;
type Head<S extends string> = S extends `${infer First}.${string}` ? First : S;

/** The instructions below a prefix that give a value: `ValueOps<'i32'>` has `add`, `load` and `atomic.rmw.add`. */
export type ValueOps<P extends string> = {
  readonly [N in NamesWithResult as Head<Tail<N, P>>]: Tail<N, P> extends `${infer First}.${string}`
    ? ValueOps<`${P}.${First}`>
    : (...args: OpArgs<PlainOps[N]>) => ResultOf<PlainOps[N]>;
};

/** The instructions below a prefix that give none: `StatementOps<'i32'>` has `store`, `store8` and `atomic.store`. */
export type StatementOps<P extends string> = {
  readonly [N in NamesWithout as Head<Tail<N, P>>]: Tail<N, P> extends `${infer First}.${string}`
    ? StatementOps<`${P}.${First}`>
    : (...args: OpArgs<PlainOps[N]>) => void;
};

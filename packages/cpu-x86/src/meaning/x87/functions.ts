/** Functions that the meanings of x87 instructions share, one copy in each module that needs any of them. */
import type { Func, FunctionBuilder, ModuleBuilder, Value } from '@polyvisor/wasm';
import { addX87, type X87 } from '../../x87/add-x87.ts';
import { type Comparisons, defineComparisons } from './define-comparisons.ts';
import { type ControlFunctions, defineControl } from './define-control.ts';
import { defineEnvironment, type EnvironmentFunctions } from './define-environment.ts';
import { defineOperations, type Operations } from './define-operations.ts';
import { definePairs, type Pairs } from './define-pairs.ts';
import { defineStack, type StackFunctions } from './define-stack.ts';
import { defineStores, type Stores } from './define-stores.ts';
import { Fpu } from './fpu.ts';

export interface FpuFunctions extends StackFunctions, Operations, Comparisons, Stores, Pairs, ControlFunctions, EnvironmentFunctions {
  readonly x87: X87;
}

/** Defines a function on the registers; its first parameter is the vCPU's block. */
export type Define = <const P extends readonly ('i32' | 'i64')[], const R extends readonly ('i32' | 'i64')[]>(
  name: string, params: P, results: R,
  body: (fpu: Fpu, s: FunctionBuilder<R>, ...params: { readonly [K in keyof P]: Value<P[K]> }) => FunctionResults<R>,
) => Func<readonly ['i32', ...P], R>;
type FunctionResults<R extends readonly ('i32' | 'i64')[]> =
  R extends readonly [] ? void : R extends readonly [infer T extends 'i32' | 'i64'] ? Value<T> | number
    : { readonly [K in keyof R]: Value<R[K]> | number };

const definer = (m: ModuleBuilder): Define => (name, params, results, body) => {
  type Any = (s: unknown, state: Value<'i32'>, ...rest: unknown[]) => never;
  const build: Any = (s, state, ...rest) =>
    (body as unknown as (fpu: Fpu, s: unknown, ...rest: unknown[]) => never)(new Fpu(m, s as FunctionBuilder, state), s, ...rest);
  return m.func(name, { params: ['i32', ...params], results }, build);
};

const known = new WeakMap<ModuleBuilder, FpuFunctions>();

/** The module's functions, defined when the first meaning asks. */
export function fpuFunctions(m: ModuleBuilder): FpuFunctions {
  let found = known.get(m);
  if (found === undefined) {
    const x87 = addX87(m), define = definer(m);
    const stack = defineStack(define), control = defineControl(define);
    found = {
      x87, ...stack, ...defineOperations(define, stack, x87), ...defineComparisons(define, x87), ...defineStores(define, stack, x87),
      ...definePairs(define, stack, x87), ...control, ...defineEnvironment(define, control),
    };
    known.set(m, found);
  }
  return found;
}

/** Makes an operation on registers out of an exact function for each number and a test for the native operation. */
import { WORD_OFFSETS } from '@polyvisor/core';
import { type Func, type FunctionBuilder, i32, i64x2, likely, type Local, type ModuleBuilder, type TypeList, type Value, type Values } from '@polyvisor/wasm';
import { ALL, BEFORE, MXCSR_BITS, PE, PM, RC } from './format.ts';
import type { Lane, Shape } from './shapes.ts';

type I32 = Value<'i32'>;
type I64 = Value<'i64'>;

/** An operation on registers. `R` may be several values: both halves of a 256-bit register. */
export interface Operation<P extends TypeList, R extends TypeList> {
  /**
   * `func(state, ...operands)`: the results, then the unmasked exceptions. If these are not zero, #XM is due: MXCSR has
   * its flags and the results mean nothing.
   */
  readonly func: Func<readonly ['i32', ...P], readonly [...R, 'i32']>;
  /**
   * Emits the native operation with a test and, behind it, a call of `func`. `fault` emits what happens where #XM is
   * due: it should leave.
   */
  emit(s: FunctionBuilder, state: I32, operands: Values<P>, fault: (unmasked: I32) => void): Values<R>;
}
export type AnyOperation = Operation<TypeList, TypeList>;

/** `commit(state, flags)`: raises the flags of all lanes in MXCSR and gives the unmasked ones. */
export type Commit = Func<readonly ['i32', 'i32'], readonly ['i32']>;

/** The native way, while it is emitted. */
export interface Quick {
  readonly s: FunctionBuilder;
  /** Whether MXCSR says: inexact results raise nothing new. */
  inexactIsKnown(): I32;
  /** Whether MXCSR says: rounding to nearest. */
  toNearest(): I32;
  /** Both. */
  ready(): I32;
}
/** What the native way gives, and whether it is right. */
export interface Native {
  readonly ok: I32;
  readonly results: readonly Value[];
}

export interface Recipe {
  readonly name: string;
  readonly from: Shape;
  readonly to: Shape;
  /** Operands of the shape `from`. */
  readonly arity: number;
  /** Further parameters of type i32. */
  readonly extras?: number;
  /** What the mode has beside MXCSR. */
  readonly format: number;
  /** Operands of result lane `n`, each an operand and its lane; the same lane of all operands if left out. */
  operands?(lane: number): readonly (readonly [operand: number, lane: number])[];
  /** The exact function of a lane. */
  soft(s: FunctionBuilder, operands: readonly I64[], mode: I32, extras: readonly I32[], lane: number): readonly [I64, I32];
  /** The native way; operands by number and part. */
  native?(q: Quick, operands: readonly (readonly Value[])[], extras: readonly I32[]): Native;
  /** A native way for more cases, which the function tries second: exact results while PE is clear, for one. */
  readonly wider?: Recipe['native'];
}

export const addCommit = (m: ModuleBuilder): Commit =>
  m.func('commitExceptions', { params: ['i32', 'i32'], results: ['i32'] }, (s, state, flags) => {
    const at = m.ptr.from_i32_u(state);
    const mxcsr = s.let(i32.load(at, WORD_OFFSETS.mxcsr));
    const unmasked = s.let(i32.and(i32.and(flags, i32.xor(i32.shr_u(mxcsr, 7), -1)), ALL));
    // What would be found after computing is not, where an exception before it is unmasked (Intel SDM vol. 1 §11.5.2).
    const raised = s.var(flags);
    s.if(i32.and(unmasked, BEFORE), () => s.set(raised, i32.and(flags, BEFORE)));
    s.i32.store(at, i32.or(mxcsr, raised.get()), WORD_OFFSETS.mxcsr);
    return unmasked;
  });

const quickOf = (m: ModuleBuilder, s: FunctionBuilder, state: I32): Quick => {
  const bits = (): I32 => i32.load(m.ptr.from_i32_u(state), WORD_OFFSETS.mxcsr);
  return {
    s,
    inexactIsKnown: () => i32.eq(i32.and(bits(), PE | PM), PE | PM),
    toNearest: () => i32.eqz(i32.and(bits(), RC)),
    ready: () => i32.eq(i32.and(bits(), RC | PE | PM), PE | PM),
  };
};

/** Cuts a list into operands of a shape. */
const grouped = (recipe: Recipe, list: readonly Value[]): Value[][] => {
  const size = recipe.from.types.length;
  return Array.from({ length: recipe.arity }, (_, k) => list.slice(k * size, (k + 1) * size));
};
const extrasOf = (recipe: Recipe, list: readonly Value[]): I32[] =>
  list.slice(recipe.arity * recipe.from.types.length) as I32[];

/** Adds the function of an operation. */
export function addOperation(m: ModuleBuilder, commit: Commit, recipe: Recipe): AnyOperation {
  const extras = Array<'i32'>(recipe.extras ?? 0).fill('i32');
  const params: TypeList = ['i32', ...Array.from({ length: recipe.arity }, () => recipe.from.types).flat(), ...extras];
  const results: TypeList = [...recipe.to.types, 'i32'];
  const func = m.func(recipe.name, { params, results }, (body, stateParam, ...list) => {
    const s = body;
    const state = stateParam as I32;
    for (const way of [recipe.native, recipe.wider]) {
      const native = way?.(quickOf(m, s, state), grouped(recipe, list), extrasOf(recipe, list));
      if (native !== undefined) s.if(likely(native.ok), () => s.return(...native.results, 0));
    }
    const [parts, flags] = exactly(m, s, recipe, state, list);
    const unmasked = s.call(commit, state, flags);
    s.return(...parts, unmasked);
  });

  return { func: func as unknown as AnyOperation['func'], emit: emitterOf(m, func, recipe) };
}

/** The emitting form of a function without a native way; `extra` is a last operand. */
export const callOf = (func: Func, extra?: number): AnyOperation['emit'] => (s, state, operands, fault) => {
  const all = s.call(func, state, ...operands, ...(extra === undefined ? [] : [extra]));
  const unmasked = all.at(-1) as I32;
  s.if(unmasked, () => fault(unmasked));
  return all.slice(0, -1);
};

/** The emitting form of a function, perhaps with a native way of its own. */
export function emitterOf(m: ModuleBuilder, func: Func, recipe: Recipe, extra?: number): AnyOperation['emit'] {
  const call = callOf(func, extra);
  return (s, state, operands, fault) => {
    const bound = operands.map((operand) => s.let(operand));
    const native = recipe.native?.(quickOf(m, s, state), grouped(recipe, bound), extrasOf(recipe, bound));
    if (native === undefined) return call(s, state, bound, fault);
    return s.if(recipe.to.types, likely(native.ok), () => [...native.results], () => call(s, state, bound, fault));
  };
}

/** The exact way: every lane, and the exceptions of all. */
function exactly(m: ModuleBuilder, s: FunctionBuilder, recipe: Recipe, state: I32, list: readonly Value[]): [Value[], I32] {
  const mxcsr = i32.load(m.ptr.from_i32_u(state), WORD_OFFSETS.mxcsr);
  const mode = s.let(i32.or(i32.and(mxcsr, MXCSR_BITS), recipe.format));
  const { from, to } = recipe;
  const groups = grouped(recipe, list);
  const flags = s.var(i32.const(0));
  const parts: Local[] = to.types.map((type) => s.var(type === 'v128' ? i64x2.const(0, 0) : s.local(type).get()));
  const same = (lane: number): (readonly [number, number])[] => groups.map((_, k) => [k, lane]);
  const count = recipe.operands === undefined ? Math.min(from.lanes.length, to.lanes.length) : to.lanes.length;
  for (let lane = 0; lane < count; lane++) {
    const numbers = (recipe.operands?.(lane) ?? same(lane)).map(([k, n]) => {
      const source = from.lanes[n] as Lane;
      return s.let(source.get(groups[k]?.[source.part] as Value));
    });
    const [bits, raised] = recipe.soft(s, numbers, mode, extrasOf(recipe, list), lane);
    const place = to.lanes[lane] as Lane;
    const part = parts[place.part] as Local;
    s.set(part, place.set(part.get(), bits));
    s.set(flags, i32.or(flags.get(), raised));
  }
  return [parts.map((part) => part.get()), s.let(flags.get())];
}

/**
 * Functions that meanings call: what is too long to be repeated in each handler. A helper becomes a function of the module
 * that is being built when the first meaning asks for it.
 */
import type { Func, FunctionBuilder, ModuleBuilder, TypeList, Value, Values } from '@polyvisor/wasm';

export interface Helper<P extends TypeList = TypeList, R extends TypeList = TypeList> {
  readonly name: string;
  readonly params: P;
  readonly results: R;
  /** Emits the body and gives the results. */
  readonly build: (s: FunctionBuilder, ...params: Values<P>) => readonly Value[];
}

/** Describes a helper; the types of its parameters follow from the list. */
export const helper = <const P extends TypeList, const R extends TypeList>(
  name: string, params: P, results: R, build: (s: FunctionBuilder, ...params: Values<P>) => readonly Value[],
): Helper<P, R> => ({ name, params, results, build });

const made = new WeakMap<ModuleBuilder, Map<unknown, Func>>();

/** The function of a helper in a module. */
export function helperIn<P extends TypeList, R extends TypeList>(m: ModuleBuilder, of: Helper<P, R>): Func<P, R> {
  let known = made.get(m);
  if (known === undefined) made.set(m, known = new Map<unknown, Func>());
  let func = known.get(of) as Func<P, R> | undefined;
  if (func === undefined) {
    const body = (s: unknown, ...params: unknown[]): never =>
      of.build(s as FunctionBuilder, ...(params as Values<P>)) as never;
    func = m.func(of.name, { params: of.params, results: of.results }, body);
    known.set(of, func);
  }
  return func;
}

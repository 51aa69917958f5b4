import type { BuildFault } from '../errors.ts';
import { WasmBuildError } from '../errors.ts';
import type { Value } from './value.ts';

/**
 * What the makers of values, which belong to no function, must know about the function being built. Building is
 * synchronous and nests like calls, so one record per realm is enough.
 */
export const session: {
  /** Name of the innermost function being built, for messages. */
  func: string | null;
  /** Counts the statements that wrote something; a value remembers the count at its making. */
  now: number;
  /** Values with effects made while a checked function is built: each must be used. */
  effects: Value[] | null;
} = { func: null, now: 0, effects: null };

/** Throws the fault, naming the function being built. */
export const fail = (fault: BuildFault): never => {
  throw new WasmBuildError(fault, session.func);
};

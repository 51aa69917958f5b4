import { MMU_OFFSETS } from '@polyvisor/core';
import { i32, i64, type Func, type FunctionBuilder, type Global, type ModuleBuilder, type Value } from '@polyvisor/wasm';
import type { WalkOptions } from './options.ts';

/** A function being built, whatever its results are. */
export type Builder = FunctionBuilder;

/** Values that differ between MMUs of equal options; imported, so that they share a compiled module. */
export interface Globals {
  /** Byte offset of the second level's top table. */
  readonly root: Global<'i32'>;
  /** Byte offset of the Host's last frame. */
  readonly lastPage: Global<'i32'>;
  /** Byte offset of the bitmap of frames that hold code; 0: none. */
  readonly codeBitmap: Global<'i32'>;
  /** First TLB area, and how many there are. */
  readonly tlbs: Global<'i32'>;
  readonly cpus: Global<'i32'>;
  /** The native window: guest-physical begin and size in bytes, and byte offset in the Host's memory. */
  readonly windowGpa: Global<'i64'>;
  readonly windowSize: Global<'i64'>;
  readonly windowHost: Global<'i32'>;
  /** Direct only: byte offset of the rights of each frame (`DirectFrames`). */
  readonly owned: Global<'i32'>;
}

/** Shadow only: what the hot half asks of the cold one, and where it finds its bitmap. */
export interface ShadowLinks {
  /** Finds the roots for the state's CR3 and paging mode. */
  readonly enter: Func<readonly ['ptr'], readonly []>;
  /** A walk of the guest's tables has succeeded: remembers it. */
  readonly built: Func<readonly ['ptr', 'i32', 'i32'], readonly []>;
  /** A frame that holds a shadowed guest table is about to be written. */
  readonly unprotect: Func<readonly ['i32'], readonly []>;
  /** Byte offset of the bitmap of such frames. */
  readonly tables: Global<'i32'>;
}

export interface WalkContext {
  readonly m: ModuleBuilder;
  readonly options: WalkOptions;
  readonly globals: Globals;
  readonly shadow?: ShadowLinks;
  /** Without side effects: nothing but the vCPU's MMU block is written. */
  readonly probe: boolean;
}

export type State = Value<'ptr'>;
type Counter = 'fills' | 'walkLoads' | 'pageFaults' | 'nestedFaults' | 'flushes';

/** Adds to a counter of the vCPU's block. */
export function count(s: Builder, state: State, counter: Counter, n: number): void {
  const at = MMU_OFFSETS[counter];
  s.i64.store(state, i64.add(i64.load(state, at), n), at);
}

/** Whether any of the bits is set, as an i32 test. */
export const has = (word: Value<'i32'>, bits: number): Value<'i32'> => i32.ne(i32.and(word, bits), 0);

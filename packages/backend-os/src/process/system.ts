import type { Clock } from '@polyvisor/core';
import type { FramePool } from '../memory/frames.ts';

/** What the kernel has for all processes. */
export interface System {
  readonly clock: Clock;
  readonly frames: FramePool;
  /** Nanoseconds since 1970 at guest time 0. */
  readonly epoch: bigint;
  readonly hostname: string;
  random(into: Uint8Array): void;
  /** Asks to be woken at guest time `at` (ns). A blocked call is then made again. */
  wakeAt(at: number): void;
  /** Writes an entry of the descriptor table. */
  setDescriptor(entry: number, low: number, high: number): void;
}

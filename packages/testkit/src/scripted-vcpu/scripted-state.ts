import { z } from 'zod';
import { CONTROL_BLOCK_SIZE, VCPU_STATE_SIZE } from '@polyvisor/core';

/** Everything a scripted vCPU is, between two runs. */
export interface ScriptedState {
  /** The architectural state block; RIP is the program counter. */
  readonly registers: Uint8Array;
  readonly control: Uint8Array;
  readonly instructions: number;
  /** What each loop still has to do; 0 when it is not running. */
  readonly counters: readonly number[];
  readonly intr: boolean;
  readonly nmi: boolean;
  readonly kicked: boolean;
  /** RIP to return to from the handler, or −1. */
  readonly returnTo: number;
  /** RIP of a fault that was reported and may be retried, or −1. */
  readonly reported: number;
  /** Interrupts accepted since power-on. */
  readonly vectors: readonly number[];
  /** Events delivered from the control block since power-on: vector and type. */
  readonly delivered: readonly { readonly vector: number; readonly type: number }[];
}

const block = (size: number) => z.instanceof(Uint8Array).refine((b) => b.length === size, `must have ${size} bytes`);

export const scriptedStateSchema: z.ZodType<ScriptedState> = z.strictObject({
  registers: block(VCPU_STATE_SIZE),
  control: block(CONTROL_BLOCK_SIZE),
  instructions: z.int().nonnegative(),
  counters: z.array(z.int().nonnegative()),
  intr: z.boolean(),
  nmi: z.boolean(),
  kicked: z.boolean(),
  returnTo: z.int(),
  reported: z.int(),
  vectors: z.array(z.int().min(0).max(255)),
  delivered: z.array(z.strictObject({ vector: z.int().min(0).max(255), type: z.int().min(0).max(7) })),
});

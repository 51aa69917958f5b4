import { z } from 'zod';
import { CONTROL_BLOCK_SIZE, VCPU_STATE_SIZE } from '@polyvisor/core';

const bytes = (length: number): z.ZodType<Uint8Array> => z.instanceof(Uint8Array).refine((b) => b.length === length, `must have ${length} bytes`);

/** A saved vCPU. */
export const x86StateSchema = z.strictObject({
  /** The architectural state block. */
  registers: bytes(VCPU_STATE_SIZE),
  /** The control block. */
  control: bytes(CONTROL_BLOCK_SIZE),
  /** MSRs without a place in the state block: index and value, as two 32-bit halves, low first. */
  msrs: z.array(z.tuple([z.int(), z.int(), z.int()])),
  /** Instructions retired. */
  instructions: z.int().nonnegative(),
  /** DR6 bits of traps that are due. */
  pendingDebug: z.int(),
  /** Level of INTR, and the events that wait. */
  interrupt: z.boolean(), nmi: z.boolean(), smi: z.boolean(), init: z.boolean(),
  /** Vector of a start-up IPI, or −1. */
  sipi: z.int(),
});
export type X86State = z.infer<typeof x86StateSchema>;

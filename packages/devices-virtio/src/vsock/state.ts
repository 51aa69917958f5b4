import { z } from 'zod';
import { MAX_REPLIES } from './registers.ts';

export const packetState = z.strictObject({
  hostPort: z.int().min(0).max(0xffff_ffff),
  guestPort: z.int().min(0).max(0xffff_ffff),
  type: z.int().min(0).max(0xffff),
});

/** Connections do not outlive the machine: a restored one tells the guest that they are gone (§5.10.6.7). */
export const vsockState = z.strictObject({
  /** There were connections, or the guest has not been told yet. */
  lost: z.boolean(),
  /** Refusals that wait for a buffer. */
  replies: z.array(packetState).max(MAX_REPLIES),
});
export type VsockState = z.output<typeof vsockState>;
export type Refusal = z.output<typeof packetState>;

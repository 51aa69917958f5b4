import { z } from 'zod';
import { queueState } from '../queue/state.ts';

/** What every virtio device has, whatever its transport. */
export const coreState = z.strictObject({
  status: z.int().min(0).max(0xff),
  /** Features that the driver accepted: bits 0–31 and 32–63. */
  featuresLow: z.int32(),
  featuresHigh: z.int32(),
  generation: z.int().min(0).max(0xff),
  queues: z.array(queueState),
  /** Queues that have more to do, and when (guest time in nanoseconds). */
  again: z.strictObject({ at: z.number().nonnegative(), queues: z.array(z.int().nonnegative()) }).nullable(),
});
export type CoreState = z.output<typeof coreState>;

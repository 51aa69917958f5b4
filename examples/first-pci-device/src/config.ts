import { z } from 'zod';

export const checksumConfig = z.strictObject({
  /** Device number on bus 0. */
  slot: z.int().min(0).max(31),
  /** Guest time from the start of a transfer to its end, in ns. */
  latency: z.int().min(0).max(1e9).default(10_000),
});

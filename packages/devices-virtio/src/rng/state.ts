import { z } from 'zod';

export const rngState = z.strictObject({
  /** Bytes that this period still allows. */
  left: z.int().min(0),
  /** Guest time in nanoseconds at which the next period begins; `null` when nothing was taken in this one. */
  renewsAt: z.number().nonnegative().nullable(),
});
export type RngState = z.output<typeof rngState>;

import { z } from 'zod';

export const balloonState = z.strictObject({
  /** Frames in the balloon, as the guest says. */
  actual: z.int().min(0).max(0xffff_ffff),
  poison: z.int().min(0).max(0xffff_ffff),
  /** Guest time in nanoseconds of the next request for statistics. */
  asksAt: z.number().nonnegative().nullable(),
});
export type BalloonState = z.output<typeof balloonState>;

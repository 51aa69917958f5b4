import { z } from 'zod';

export const pitConfig = z.strictObject({
  /** Interrupt input of counter 0. */
  irq: z.int().min(0).max(1023).default(0),
});

export type PitConfig = z.output<typeof pitConfig>;

import { z } from 'zod';

export const vgaConfig = z.strictObject({
  /** Place on bus 0. */
  slot: z.int().min(0).max(31).default(2),
  /** Video memory in MiB. */
  megabytes: z.int().min(1).max(256).refine((value) => (value & (value - 1)) === 0, 'must be a power of two').default(16),
  /** The mode that the display's EDID prefers. */
  xres: z.int().min(320).max(4088).refine((value) => value % 8 === 0, 'must be a multiple of 8').default(1024),
  yres: z.int().min(200).max(4000).default(768),
});
export type VgaConfig = z.output<typeof vgaConfig>;

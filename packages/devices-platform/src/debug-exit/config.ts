import { z } from 'zod';

/** The names and defaults are those of QEMU's `isa-debug-exit`; many test kernels place it at 0xf4 with 4 bytes. */
export const debugExitConfig = z
  .strictObject({
    iobase: z.int().min(0).max(0xffff).default(0x501),
    iosize: z.union([z.literal(1), z.literal(2), z.literal(4)]).default(2),
  })
  .refine((config) => config.iobase + config.iosize <= 0x1_0000, 'the ports end at 0xffff');

export type DebugExitConfig = z.output<typeof debugExitConfig>;

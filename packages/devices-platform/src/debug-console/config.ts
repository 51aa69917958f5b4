import { z } from 'zod';

export const debugConsoleConfig = z.strictObject({
  /** 0xe9 in Bochs and QEMU; firmware built for QEMU often writes to 0x402. */
  port: z.int().min(0).max(0xffff).default(0xe9),
  /** What a read gives. Guests read 0xe9 to find out whether the port is there. */
  readback: z.int().min(0).max(0xff).default(0xe9),
});

export type DebugConsoleConfig = z.output<typeof debugConsoleConfig>;

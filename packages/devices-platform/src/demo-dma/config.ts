import { z } from 'zod';

export const demoDmaConfig = z.strictObject({
  /** Base address of the registers. The default lies below the I/O APIC, where PCs have device memory. */
  address: z.int().min(0).max(2 ** 52 - 4096).multipleOf(4096).default(0xfe00_0000),
  /** Interrupt input of the level line. */
  irq: z.int().min(0).max(1023).default(10),
  /** Guest time in nanoseconds from the command to the transfer. 0: the transfer is over when the write returns. */
  latency: z.int().min(0).max(1e12).default(0),
});

export type DemoDmaConfig = z.output<typeof demoDmaConfig>;

import { z } from 'zod';
import { APIC_ADDRESS, IOAPIC_ADDRESS } from './registers.ts';

const page = z.int().min(0).max(2 ** 48 - 4096).multipleOf(4096);

export const apicConfig = z.strictObject({
  /** Where the local APICs are, for every processor. IA32_APIC_BASE does not move them. */
  localAddress: page.default(APIC_ADDRESS),
  ioAddress: page.default(IOAPIC_ADDRESS),
  /** The I/O APIC's ID register after power-on: by convention above those of the processors. */
  ioId: z.int().min(0).max(15).default(15),
  /** 0x11 is the 82093AA; 0x20 has an EOI register, which drivers then use. */
  ioVersion: z.union([z.literal(0x11), z.literal(0x20)]).default(0x20),
  /**
   * LINT0 of the bootstrap processor lets the 8259 pair through at power-on, as firmware leaves it (MultiProcessor
   * Specification 1.4, 3.6.2.2). Without it, as the chip comes up, firmware or the guest has to open it.
   */
  virtualWire: z.boolean().default(true),
});

export type ApicConfig = z.output<typeof apicConfig>;

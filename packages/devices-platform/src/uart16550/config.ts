import { z } from 'zod';
import { REGISTER_COUNT } from './registers.ts';

export const uart16550Config = z.strictObject({
  /** First port: 0x3f8, 0x2f8, 0x3e8 and 0x2e8 are a PC's COM1 to COM4. */
  port: z.int().min(0).max(0x1_0000 - REGISTER_COUNT).default(0x3f8),
  /** Interrupt input; a PC has 4 for COM1 and COM3, 3 for COM2 and COM4. */
  irq: z.int().min(0).max(1023).default(4),
  /**
   * `none`: a character leaves in the moment it is written and arrives as soon as there is room.
   * `baud`: it takes the time that the divisor latch and LCR say, from a 1.8432 MHz crystal.
   */
  timing: z.enum(['none', 'baud']).default('none'),
  /**
   * A PC's serial card drives its interrupt line only while MCR.OUT2 is set. Linux sets it ("Most PC uarts need OUT2
   * raised to enable interrupts"); QEMU does not model the gate. Switch it off for boards that wire INTR straight.
   */
  out2GatesInterrupt: z.boolean().default(true),
  /**
   * Bits of a character after a reset. The chip itself has 5; a PC's firmware leaves 8, which boot sectors and small kernels
   * rely on. QEMU sends 8 whatever LCR says.
   */
  wordLength: z.union([z.literal(5), z.literal(6), z.literal(7), z.literal(8)]).default(5),
});

export type Uart16550Config = z.output<typeof uart16550Config>;

import { versioned } from '@polyvisor/core';
import { z } from 'zod';
import { FIFO_DEPTH, Fcr, Ier, Lsr, Mcr, Msr } from './registers.ts';

const byte = z.int().min(0).max(0xff);
/** Guest time in nanoseconds at which a timer fires; `null` when it is not armed. */
const deadline = z.number().nonnegative().nullable();

const within = (mask: number) => byte.refine((value) => (value & ~mask) === 0, 'has bits that the register lacks');

export const uart16550StateSchema = z
  .strictObject({
    divisor: z.int().min(0).max(0xffff),
    ier: within(Ier.MASK),
    fcr: within(Fcr.STORED),
    lcr: byte,
    mcr: within(Mcr.MASK),
    msr: byte,
    scr: byte,
    /** The modem's lines outside the chip, in the places of MSR. */
    modemInputs: within(Msr.INPUTS),
    /** The THR empty interrupt waits. */
    thrEmptyPending: z.boolean(),
    receiver: z.strictObject({
      /** Characters, oldest first; LSR error bits in bits 8 to 15. */
      entries: z
        .array(z.int().min(0).max((Lsr.CHARACTER_ERRORS << 8) | 0xff))
        .max(FIFO_DEPTH),
      last: byte,
      errors: within(Lsr.INTERRUPTING | Lsr.FIFO_ERROR),
      timedOut: z.boolean(),
    }),
    transmitter: z.strictObject({
      holding: z.array(byte).max(FIFO_DEPTH),
      /** The shift register; −1 when it is empty. */
      shifting: z.int().min(-1).max(0xff),
    }),
    /** A character arrives from the line. */
    arrivesAt: deadline,
    /** The character in the shift register has left. */
    leavesAt: deadline,
    /** The character timeout comes. */
    timesOutAt: deadline,
  })
  .refine(
    (s) => (s.fcr & Fcr.ENABLE) !== 0 || (s.receiver.entries.length <= 1 && s.transmitter.holding.length <= 1),
    'the 16450 mode holds one character',
  )
  .refine((s) => (s.leavesAt === null) === (s.transmitter.shifting < 0), 'a character in the shift register leaves');

export type Uart16550State = z.output<typeof uart16550StateSchema>;

export const uart16550State = versioned(1, uart16550StateSchema);

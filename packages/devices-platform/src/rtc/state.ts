import { versioned } from '@polyvisor/core';
import { z } from 'zod';
import { RAM_SIZE, RegC } from './registers.ts';

const byte = z.int().min(0).max(0xff);

export const rtcStateSchema = z.strictObject({
  index: z.int().min(0).max(RAM_SIZE - 1),
  nmiMasked: z.boolean(),
  registerA: byte.max(0x7f),
  registerB: byte,
  /** PF, AF and UF. */
  flags: z.int().refine((flags) => (flags & ~RegC.FLAGS) === 0, 'are PF, AF and UF'),
  /** The date: days since 1970, and the second of the day, at `secondAt`. */
  days: z.int32(),
  second: z.int().min(0).max(86_399),
  /** Guest time in ns at which that second began; it may lie before the machine. */
  secondAt: z.int(),
  /** How far the day of the week is from the date's. */
  weekdayShift: z.int().min(0).max(6),
  /** Guest time in ns up to which the flags are known. */
  settledAt: z.int(),
  /** The memory, and the clock's bytes while it stands still. */
  ram: z.instanceof(Uint8Array).refine((bytes) => bytes.length === RAM_SIZE, 'the RAM has 128 bytes'),
  /** Guest time in ns at which a flag comes that interrupts; `null` without one. */
  wakesAt: z.number().nonnegative().nullable(),
});
export type RtcState = z.output<typeof rtcStateSchema>;
export const rtcState = versioned(1, rtcStateSchema);

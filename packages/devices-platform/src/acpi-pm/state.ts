import { versioned } from '@polyvisor/core';
import { z } from 'zod';
import { Pm1, Pm1Control } from './registers.ts';

const within = (mask: number) => z.int().min(0).refine((value) => (value & ~mask) === 0, 'has bits that the register lacks');

export const acpiPmStateSchema = z.strictObject({
  status: within(Pm1.STATUS),
  enable: within(Pm1.ENABLE),
  control: within(Pm1Control.WRITABLE | Pm1Control.SCI_EN),
  /** Timer ticks up to which the status is known. */
  settledAt: z.int().nonnegative(),
  /** Guest time in ns at which the timer's status raises SCI; `null` when it does not. */
  timerAt: z.number().nonnegative().nullable(),
  /** The last command, and the byte beside it. */
  smiCommand: z.int().min(0).max(0xff),
  smiData: z.int().min(0).max(0xff),
});
export type AcpiPmState = z.output<typeof acpiPmStateSchema>;
export const acpiPmState = versioned(1, acpiPmStateSchema);

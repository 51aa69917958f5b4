import { versioned } from '@polyvisor/core';
import { z } from 'zod';
import { Configuration, TIMERS, TimerConfig } from './registers.ts';

const word = z.int32();
const within = (mask: number) => z.int().min(0).refine((value) => (value & ~mask) === 0, 'has bits that the register lacks');
export const hpetTimerStateSchema = z.strictObject({
  config: within(TimerConfig.WRITABLE & ~TimerConfig.SET_VALUE),
  /** The next write of the comparator sets it, and not only the period. */
  setsValue: z.boolean(),
  comparatorLow: word,
  comparatorHigh: word,
  periodLow: word,
  periodHigh: word,
  fsbData: word,
  fsbAddress: word,
  firesAt: z.number().nonnegative().nullable(),
});
export type HpetTimerState = z.output<typeof hpetTimerStateSchema>;

export const hpetStateSchema = z.strictObject({
  configuration: within(Configuration.MASK),
  status: z.int().min(0).max(2 ** TIMERS - 1),
  /** The counter while it stands; while it runs, what it was at guest time 0. Beyond 2^53 the last bits are lost. */
  offset: z.number(),
  timers: z.array(hpetTimerStateSchema).length(TIMERS),
});
export type HpetState = z.output<typeof hpetStateSchema>;
export const hpetState = versioned(1, hpetStateSchema);

import { versioned } from '@polyvisor/core';
import { z } from 'zod';
import { picPairStateSchema } from '../pic8259/state.ts';
import { IOAPIC_PINS, LVT_COUNT, Lvt, TimerMode } from './registers.ts';

const byte = z.int().min(0).max(0xff);
/** A 32-bit register, signed as JavaScript's bit operations give it. */
const word = z.int32();
const time = z.number().nonnegative().nullable();
const vectors = z.array(word).length(8);
const pins = z.int().min(0).max(2 ** IOAPIC_PINS - 1);

export const apicTimerStateSchema = z.strictObject({
  initialCount: word,
  divide: z.int().min(0).max(0xb),
  /** Guest time in ns at which the count ends; `null` when the timer does not run. */
  deadline: time,
  /** When the host is asked to wake us; `null` when not. */
  firesAt: time,
  tscDeadlineLow: word,
  tscDeadlineHigh: word,
  /** Guest's counter minus guest time, in ns. */
  tscOffset: z.number(),
});
export type ApicTimerState = z.output<typeof apicTimerStateSchema>;

export const localApicStateSchema = z
  .strictObject({
    mode: z.enum(['disabled', 'xapic', 'x2apic']),
    tpr: byte,
    ldr: word,
    dfr: word,
    svr: word,
    esr: byte,
    /** Errors since ESR was written. */
    errors: byte,
    icrLow: word,
    icrHigh: word,
    lvt: z.array(word).length(LVT_COUNT),
    irr: vectors,
    isr: vectors,
    tmr: vectors,
    lint0: z.boolean(),
    /** A message in ExtINT mode waits to be acknowledged. */
    external: z.boolean(),
    timer: apicTimerStateSchema,
  })
  .refine(({ lvt, timer }) => {
    if (timer.deadline === null) return true;
    const byCounter = (((lvt[0] ?? 0) >>> Lvt.TIMER_MODE_SHIFT) & 3) === TimerMode.TSC_DEADLINE;
    return byCounter ? timer.tscDeadlineLow !== 0 || timer.tscDeadlineHigh !== 0 : timer.initialCount !== 0;
  }, 'a timer that runs has a length');
export type LocalApicState = z.output<typeof localApicStateSchema>;

export const ioApicStateSchema = z.strictObject({
  select: byte,
  id: z.int().min(0).max(15),
  /** Asserted inputs, by bit. */
  pins,
  entries: z.array(z.strictObject({ low: word, high: word })).length(IOAPIC_PINS),
});
export type IoApicState = z.output<typeof ioApicStateSchema>;

export const apicStateSchema = z.strictObject({
  locals: z.array(localApicStateSchema),
  io: ioApicStateSchema,
  pic: picPairStateSchema,
  /** Levels of the inputs (GSIs), by bit. */
  lines: pins,
});
export type ApicState = z.output<typeof apicStateSchema>;

export const apicState = versioned(1, apicStateSchema);

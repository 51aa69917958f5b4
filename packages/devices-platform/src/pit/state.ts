import { versioned } from '@polyvisor/core';
import { z } from 'zod';

const byte = z.int().min(0).max(0xff);
const word = z.int().min(0).max(0xffff);
/** A moment in ticks of 1.193182 MHz since the machine was created, or a number of ticks. */
const ticks = z.int();

export const counterStateSchema = z.strictObject({
  mode: z.int().min(0).max(5),
  bcd: z.boolean(),
  access: z.int().min(1).max(3),
  /** The count register. */
  count: word,
  /** The count that the counting element goes by. */
  loaded: word,
  /** Whether it goes by any. */
  counting: z.boolean(),
  /** When it was loaded, which may be a tick ahead. */
  start: ticks,
  /** Ticks it had counted when the gate stopped it; −1 while it runs. */
  held: ticks.min(-1),
  /** When the count register goes to the counting element; −1 when it is there. */
  reloadAt: ticks.min(-1),
  /** When the gate let modes 0 and 4 go on; −1 when it never did. */
  resumedAt: ticks.min(-1),
  /** The low byte of a count that is not complete; −1 without one. */
  halfWritten: z.int().min(-1).max(0xff),
  readsHigh: z.boolean(),
  /** −1 when nothing is latched. */
  latchedCount: z.int().min(-1).max(0xffff),
  latchedStatus: z.int().min(-1).max(0xff),
  gate: z.boolean(),
  /** OUT as it was seen last. */
  out: z.boolean(),
});
export type CounterState = z.output<typeof counterStateSchema>;

export const pitStateSchema = z.strictObject({
  counters: z.array(counterStateSchema).length(3),
  /** Port 61H, the bits that can be written. */
  portB: byte.max(0x0f),
  /** Guest time in ns of counter 0's next rising edge; `null` without one. */
  risesAt: z.number().nonnegative().nullable(),
});
export type PitState = z.output<typeof pitStateSchema>;
export const pitState = versioned(1, pitStateSchema);

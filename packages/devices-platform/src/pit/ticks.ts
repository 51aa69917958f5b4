import { PIT_FREQUENCY } from './registers.ts';

const SECOND = 1e9;

/**
 * @hot Whole ticks until guest time `ns`. By seconds, so that the products stay below 2^53.
 */
export function ticksAt(ns: number): number {
  const seconds = Math.floor(ns / SECOND);
  return seconds * PIT_FREQUENCY + Math.floor(((ns - seconds * SECOND) * PIT_FREQUENCY) / SECOND);
}

/** @hot The first nanosecond of a tick. */
export function timeOf(ticks: number): number {
  const seconds = Math.floor(ticks / PIT_FREQUENCY);
  return seconds * SECOND + Math.ceil(((ticks - seconds * PIT_FREQUENCY) * SECOND) / PIT_FREQUENCY);
}

/**
 * Guest time. Two sources exist: host time, and the instruction count, which makes a run deterministic. A device
 * cannot tell which one it has. Guest time stands still while the machine is paused or off.
 */
export interface Clock {
  readonly source: 'host' | 'instructions';
  /** @hot Guest time in nanoseconds since the machine was created. Never goes back. */
  now(): number;
}

/**
 * A one-shot timer, made once and armed many times, so that arming makes no object. (A time beyond 2^31 ns is a boxed
 * number to V8 wherever it does not inline the call.)
 */
export interface Timer {
  /** @hot Fires at guest time `at` (ns), or at the next occasion when that is past. Arming again moves it. */
  arm(at: number): void;
  /** @hot */
  cancel(): void;
  readonly armed: boolean;
  /** Guest time in nanoseconds; meaningful while armed. */
  readonly deadline: number;
}

/** What the composition root drives; devices get `Clock` and their own timers only. */
export interface TimeBase extends Clock {
  timer(fire: () => void): Timer;
  /** Guest time of the next deadline, `Infinity` when none is armed. */
  nextDeadline(): number;
  /** Fires every timer that is due. Returns how many fired. */
  expire(): number;
}

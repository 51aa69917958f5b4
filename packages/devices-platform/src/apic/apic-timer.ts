import type { Clock, Timer } from '@polyvisor/core';
import { Lvt, TimerMode } from './registers.ts';
import type { ApicTimerState } from './state.ts';

/**
 * Shortest time between two expirations of the periodic timer that the host is asked for, in ns. A guest can ask for
 * one in each nanosecond; those in between fall together in IRR in any case.
 */
const SHORTEST_PERIOD = 1000;

/** Places in the array of times. Numbers beyond 32 bits live in it, because a field would box them. */
const At = { deadline: 0, tscOffset: 1 } as const;

/**
 * The local APIC's timer (Intel SDM vol. 3A, 11.5.4): one-shot, periodic, or by the time-stamp counter. It counts 1 GHz,
 * one tick for each nanosecond of guest time, behind the divider.
 */
export class ApicTimer {
  readonly #clock: Clock;
  readonly #timer: Timer;
  readonly #onExpired: () => void;
  readonly #times = new Float64Array(2);
  #mode = 0;
  #masked = true;
  #initialCount = 0;
  #divideBits = 0;
  #running = false;
  /** IA32_TSC_DEADLINE. */
  #deadlineLow = 0;
  #deadlineHigh = 0;

  constructor(clock: Clock, timer: (fire: () => void) => Timer, onExpired: () => void) {
    this.#clock = clock;
    this.#onExpired = onExpired;
    this.#timer = timer(() => this.#expire());
  }

  get initialCount(): number {
    return this.#initialCount;
  }
  get divideBits(): number {
    return this.#divideBits;
  }
  /** IA32_TSC_DEADLINE in halves: 0 unless it is armed. */
  get deadlineLow(): number {
    return this.#mode === TimerMode.TSC_DEADLINE ? this.#deadlineLow : 0;
  }
  get deadlineHigh(): number {
    return this.#mode === TimerMode.TSC_DEADLINE ? this.#deadlineHigh : 0;
  }

  /** @hot The LVT entry was written. A change of the mode disarms the timer. */
  configure(lvt: number): void {
    const mode = (lvt >>> Lvt.TIMER_MODE_SHIFT) & 3;
    this.#masked = (lvt & Lvt.MASKED) !== 0;
    if (mode !== this.#mode) {
      this.stop();
      this.#mode = mode;
    }
    this.#arm();
  }

  /** @hot Ignored in TSC-deadline mode; 0 stops. */
  writeInitialCount(count: number): void {
    if (this.#mode === TimerMode.TSC_DEADLINE) return;
    this.#initialCount = count;
    this.#start(count >>> 0);
  }

  /** @hot */
  currentCount(): number {
    return this.#left() | 0;
  }

  /** @hot The divide configuration: a count that runs goes on at the new speed. */
  writeDivide(bits: number): void {
    const left = this.#left();
    this.#divideBits = bits & 0xb;
    if (this.#running && this.#mode !== TimerMode.TSC_DEADLINE) this.#start(left);
  }

  /** @hot IA32_TSC_DEADLINE was written. 0 disarms; other modes ignore it. */
  writeDeadline(low: number, high: number): void {
    if (this.#mode !== TimerMode.TSC_DEADLINE) return;
    this.#deadlineLow = low;
    this.#deadlineHigh = high;
    this.#startDeadline();
  }

  /** The guest's counter is guest time plus `nanoseconds`. */
  setTscOffset(nanoseconds: number): void {
    this.#times[At.tscOffset] = nanoseconds;
    if (this.#mode === TimerMode.TSC_DEADLINE) this.#startDeadline();
  }

  /** @hot */
  stop(): void {
    this.#running = false;
    this.#initialCount = 0;
    this.#deadlineLow = 0;
    this.#deadlineHigh = 0;
    this.#times[At.deadline] = 0;
    this.#timer.cancel();
  }

  reset(): void {
    this.stop();
    this.#mode = 0;
    this.#masked = true;
    this.#divideBits = 0;
  }

  /** Power-on: the processor's counter begins anew too. */
  powerOn(): void {
    this.reset();
    this.#times[At.tscOffset] = 0;
  }

  save(): ApicTimerState {
    return {
      initialCount: this.#initialCount,
      divide: this.#divideBits,
      deadline: this.#running ? this.#times[At.deadline]! : null,
      firesAt: this.#timer.armed ? this.#timer.deadline : null,
      tscDeadlineLow: this.#deadlineLow,
      tscDeadlineHigh: this.#deadlineHigh,
      tscOffset: this.#times[At.tscOffset]!,
    };
  }

  /** `lvt` is the entry as it was. */
  restore(saved: ApicTimerState, lvt: number): void {
    this.#mode = (lvt >>> Lvt.TIMER_MODE_SHIFT) & 3;
    this.#masked = (lvt & Lvt.MASKED) !== 0;
    this.#initialCount = saved.initialCount;
    this.#divideBits = saved.divide;
    this.#running = saved.deadline !== null;
    this.#times[At.deadline] = saved.deadline ?? 0;
    this.#deadlineLow = saved.tscDeadlineLow;
    this.#deadlineHigh = saved.tscDeadlineHigh;
    this.#times[At.tscOffset] = saved.tscOffset;
    if (saved.firesAt !== null) this.#timer.arm(saved.firesAt);
  }

  /** @hot Nanoseconds for each count: bits 3, 1 and 0 are 2, 4 … 128, and 1 (figure 11-10). */
  #divisor(): number {
    const bits = (this.#divideBits & 3) | ((this.#divideBits & 8) >> 1);
    return 1 << ((bits + 1) & 7);
  }

  /** @hot */
  #period(): number {
    return (this.#initialCount >>> 0) * this.#divisor();
  }

  /** @hot What is left of the count, 0 when it does not run. */
  #left(): number {
    if (!this.#running || this.#mode === TimerMode.TSC_DEADLINE) return 0;
    let ns = this.#times[At.deadline]! - this.#clock.now();
    if (ns <= 0) {
      if (this.#mode !== TimerMode.PERIODIC) return 0;
      const period = this.#period();
      ns = period - (-ns % period);
    }
    return Math.ceil(ns / this.#divisor());
  }

  /** @hot Counts down from `count`. */
  #start(count: number): void {
    this.#running = count !== 0;
    this.#times[At.deadline] = this.#running ? this.#clock.now() + count * this.#divisor() : 0;
    this.#timer.cancel();
    this.#arm();
  }

  /** @hot The interrupt comes when the counter reaches the deadline, at once when it is past it. */
  #startDeadline(): void {
    this.#running = (this.#deadlineLow | this.#deadlineHigh) !== 0;
    this.#times[At.deadline] = 0;
    this.#timer.cancel();
    if (!this.#running) return;
    // A counter beyond 2^53 loses its last bits, after 104 days.
    const ticks = (this.#deadlineHigh >>> 0) * 0x1_0000_0000 + (this.#deadlineLow >>> 0);
    this.#times[At.deadline] = Math.max(0, ticks - this.#times[At.tscOffset]!);
    if (this.#times[At.deadline]! <= this.#clock.now()) this.#expire();
    else this.#timer.arm(this.#times[At.deadline]!);
  }

  /** @hot A masked periodic timer only counts, which needs nobody to wake up. */
  #arm(): void {
    if (!this.#running || this.#mode === TimerMode.TSC_DEADLINE) return;
    if (this.#mode !== TimerMode.PERIODIC) {
      if (!this.#timer.armed) this.#timer.arm(this.#times[At.deadline]!);
    } else if (this.#masked) this.#timer.cancel();
    else if (!this.#timer.armed) this.#armPeriodic(0);
  }

  /** @hot The first end of a period after now that is at least `least` away. */
  #armPeriodic(least: number): void {
    const from = this.#clock.now() + least;
    const period = this.#period();
    let at = this.#times[At.deadline]!;
    if (at <= from) at += period * (Math.floor((from - at) / period) + 1);
    this.#times[At.deadline] = at;
    this.#timer.arm(at);
  }

  /** @hot */
  #expire(): void {
    if (this.#mode === TimerMode.PERIODIC) this.#armPeriodic(Math.max(0, SHORTEST_PERIOD - this.#period()));
    else {
      this.#running = false;
      this.#deadlineLow = 0;
      this.#deadlineHigh = 0;
    }
    this.#onExpired();
  }
}

import type { Timer } from '@polyvisor/core';
import { NS_PER_TICK, TimerConfig } from './registers.ts';
import type { HpetTimerState } from './state.ts';

/** Ticks between two expirations that the host is asked for at least: a microsecond. What falls between is one interrupt. */
const SHORTEST = 100;
const WORD = 2 ** 32;

/** One comparator. `counter` is the main counter in ticks, and `running` whether it runs. */
export class HpetTimer {
  /** The timer configuration, but for the capabilities and the bit that is not kept. */
  config = 0;
  comparatorLow = -1;
  comparatorHigh = -1;
  fsbData = 0;
  fsbAddress = 0;
  readonly #timer: Timer;
  #setsValue = false;
  #periodLow = 0;
  #periodHigh = 0;

  constructor(timer: Timer) {
    this.#timer = timer;
  }

  /** @hot */
  get periodic(): boolean {
    return (this.config & TimerConfig.PERIODIC) !== 0;
  }

  /** @hot */
  writeConfig(value: number): void {
    this.config = value & TimerConfig.WRITABLE & ~TimerConfig.SET_VALUE;
    this.#setsValue = (value & TimerConfig.SET_VALUE) !== 0;
    if ((this.config & TimerConfig.MODE_32) === 0) return;
    this.comparatorHigh = 0;
    this.#periodHigh = 0;
  }

  /** @hot A periodic timer's comparator is its period, and itself only after SET_VALUE (2.3.9.2.2). */
  writeComparator(high: boolean, value: number): void {
    const narrow = (this.config & TimerConfig.MODE_32) !== 0;
    if (high && narrow) return;
    const sets = !this.periodic || this.#setsValue;
    if (high) {
      if (sets) this.comparatorHigh = value;
      this.#periodHigh = value;
    } else {
      if (sets) this.comparatorLow = value;
      this.#periodLow = value;
    }
    if (high || narrow) this.#setsValue = false;
  }

  /** @hot Asks to be woken for the next match, whether or not it interrupts: a periodic comparator moves with it. */
  arm(counter: number, now: number): void {
    const ticks = this.#untilMatch(counter);
    if (ticks < 0) this.#timer.cancel();
    // Ticks begin at multiples of their length.
    else this.#timer.arm((Math.floor(now / NS_PER_TICK) + ticks) * NS_PER_TICK);
  }

  /** @hot Whether a match is past of which nobody was told yet. */
  isDue(now: number): boolean {
    return this.#timer.armed && this.#timer.deadline <= now;
  }

  /** @hot */
  cancel(): void {
    this.#timer.cancel();
  }

  /** @hot After a match: a periodic comparator goes on to the first period's end that is not too near. */
  advance(counter: number): void {
    const period = (this.#periodHigh >>> 0) * WORD + (this.#periodLow >>> 0);
    if (!this.periodic || period === 0) return;
    const narrow = (this.config & TimerConfig.MODE_32) !== 0;
    const due = (narrow ? 0 : (this.comparatorHigh >>> 0) * WORD) + (this.comparatorLow >>> 0);
    const least = (narrow ? counter % WORD : counter) + Math.max(0, SHORTEST - period);
    // In 32 bits the comparator may be behind the counter by a wrap.
    const from = narrow && least - due < -WORD / 2 ? least + WORD : least;
    const next = due + period * Math.max(1, Math.floor((from - due) / period) + 1);
    this.comparatorLow = next | 0;
    this.comparatorHigh = narrow ? 0 : Math.floor(next / WORD) | 0;
  }

  reset(): void {
    this.config = 0;
    this.comparatorLow = -1;
    this.comparatorHigh = -1;
    this.fsbData = 0;
    this.fsbAddress = 0;
    this.#setsValue = false;
    this.#periodLow = 0;
    this.#periodHigh = 0;
    this.#timer.cancel();
  }

  save(): HpetTimerState {
    return {
      config: this.config, setsValue: this.#setsValue, comparatorLow: this.comparatorLow, comparatorHigh: this.comparatorHigh,
      periodLow: this.#periodLow, periodHigh: this.#periodHigh, fsbData: this.fsbData, fsbAddress: this.fsbAddress,
      firesAt: this.#timer.armed ? this.#timer.deadline : null,
    };
  }

  restore(saved: HpetTimerState): void {
    this.config = saved.config;
    this.#setsValue = saved.setsValue;
    this.comparatorLow = saved.comparatorLow;
    this.comparatorHigh = saved.comparatorHigh;
    this.#periodLow = saved.periodLow;
    this.#periodHigh = saved.periodHigh;
    this.fsbData = saved.fsbData;
    this.fsbAddress = saved.fsbAddress;
    if (saved.firesAt !== null) this.#timer.arm(saved.firesAt);
  }

  /** @hot Ticks until the counter equals the comparator; −1 when 64 bits have to wrap for it. */
  #untilMatch(counter: number): number {
    if ((this.config & TimerConfig.MODE_32) !== 0) {
      const distance = (this.comparatorLow - (counter % WORD)) % WORD;
      return distance <= 0 ? distance + WORD : distance;
    }
    const distance = (this.comparatorHigh >>> 0) * WORD + (this.comparatorLow >>> 0) - counter;
    return distance > 0 ? distance : -1;
  }
}

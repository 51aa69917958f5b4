import type { Clock, EdgeLine, LevelLine, MessagePort, Region, Timer } from '@polyvisor/core';
import { HpetTimer } from './hpet-timer.ts';
import {
  CAPABILITIES, Configuration, FIRST_ROUTE, NS_PER_TICK, Offset, PERIOD_FS, ROUTES, TIMERS, TimerConfig, TimerOffset,
} from './registers.ts';
import type { HpetState } from './state.ts';

export interface HpetWiring {
  readonly clock: Clock;
  /** Interrupt inputs 0 and 8, for legacy replacement. */
  readonly irq0: EdgeLine;
  readonly irq8: LevelLine;
  /** Inputs 20 to 23. */
  readonly routes: readonly LevelLine[];
  readonly msi: MessagePort;
  timer(fire: () => void): Timer;
}

const WORD = 2 ** 32;
const ROUTE_CAPABILITIES = ((1 << ROUTES) - 1) << FIRST_ROUTE;

/** A block of high-precision event timers. */
export class HpetChip implements Region {
  readonly #wiring: HpetWiring;
  readonly #timers: readonly HpetTimer[];
  /** One number beyond 32 bits, which a field would box: see the state. */
  readonly #offset = new Float64Array(1);
  #configuration = 0;
  #status = 0;

  constructor(wiring: HpetWiring, saved: HpetState | undefined) {
    this.#wiring = wiring;
    this.#timers = Array.from({ length: TIMERS }, (_, i) => new HpetTimer(wiring.timer(() => { this.#match(i, wiring.clock.now()); })));
    if (!saved) return;
    this.#configuration = saved.configuration;
    this.#status = saved.status;
    this.#offset[0] = saved.offset;
    saved.timers.forEach((state, i) => this.#timers[i]!.restore(state));
    this.#drive();
  }

  /** @hot Registers are 64 bits; any part of one 32-bit half can be read. */
  read(offset: number, size: 1 | 2 | 4): number {
    const at = offset & 3;
    return at + size > 4 ? 0 : this.#half(offset & ~3) >> (8 * at);
  }

  /** @hot 32-bit halves at their place; anything else is not allowed (2.2), and ignored. */
  write(offset: number, size: 1 | 2 | 4, value: number): void {
    if (size !== 4 || (offset & 3) !== 0) return;
    const now = this.#wiring.clock.now();
    this.#settle(now);
    if (offset >= Offset.TIMERS) {
      this.#writeTimer(offset - Offset.TIMERS, value | 0, now);
      return;
    }
    switch (offset) {
      case Offset.CONFIGURATION:
        this.#configure(value & Configuration.MASK, now);
        break;
      case Offset.STATUS:
        this.#status &= ~value;
        this.#drive();
        break;
      case Offset.COUNTER:
        this.#setCounter(Math.floor(this.#counter(now) / WORD) * WORD + (value >>> 0), now);
        break;
      case Offset.COUNTER + 4:
        this.#setCounter((this.#counter(now) % WORD) + (value >>> 0) * WORD, now);
        break;
      default:
        break;
    }
  }

  reset(): void {
    this.#configuration = 0;
    this.#status = 0;
    this.#offset[0] = 0;
    for (const timer of this.#timers) timer.reset();
    this.#drive();
  }

  destroy(): void {
    this.reset();
  }

  save(): HpetState {
    const timers = this.#timers.map((timer) => timer.save());
    return { configuration: this.#configuration, status: this.#status, offset: this.#offset[0]!, timers };
  }

  /** @hot */
  #running(): boolean {
    return (this.#configuration & Configuration.ENABLE) !== 0;
  }

  /** @hot Time goes on between two looks at the clock: whoever compares takes one of them for all. */
  #counter(now: number): number {
    return this.#running() ? this.#offset[0]! + Math.floor(now / NS_PER_TICK) : this.#offset[0]!;
  }

  /** @hot */
  #setCounter(value: number, now: number): void {
    this.#offset[0] = this.#running() ? value - Math.floor(now / NS_PER_TICK) : value;
    for (let i = 0; i < TIMERS; i++) this.#arm(i, now);
  }

  /** @hot Matches whose time has come and that nobody was told of yet go before an access that changes the timers. */
  #settle(now: number): void {
    for (let i = 0; i < TIMERS; i++) if (this.#timers[i]!.isDue(now)) this.#match(i, now);
  }

  /** @hot */
  #half(offset: number): number {
    if (offset >= Offset.TIMERS) return this.#timerHalf(offset - Offset.TIMERS);
    switch (offset) {
      case Offset.CAPABILITIES:
        return CAPABILITIES;
      case Offset.CAPABILITIES + 4:
        return PERIOD_FS;
      case Offset.CONFIGURATION:
        return this.#configuration;
      case Offset.STATUS:
        return this.#status;
      case Offset.COUNTER:
        return this.#counter(this.#wiring.clock.now()) | 0;
      case Offset.COUNTER + 4:
        return Math.floor(this.#counter(this.#wiring.clock.now()) / WORD) | 0;
      default:
        return 0;
    }
  }

  /** @hot */
  #timerHalf(offset: number): number {
    const timer = this.#timers[Math.floor(offset / Offset.TIMER_STRIDE)];
    if (timer === undefined) return 0;
    switch (offset % Offset.TIMER_STRIDE) {
      case TimerOffset.CONFIGURATION:
        return timer.config | TimerConfig.PERIODIC_CAPABLE | TimerConfig.SIZE_64 | TimerConfig.FSB_CAPABLE;
      case TimerOffset.CONFIGURATION + 4:
        return ROUTE_CAPABILITIES;
      case TimerOffset.COMPARATOR:
        return timer.comparatorLow;
      case TimerOffset.COMPARATOR + 4:
        return timer.comparatorHigh;
      case TimerOffset.FSB:
        return timer.fsbData;
      case TimerOffset.FSB + 4:
        return timer.fsbAddress;
      default:
        return 0;
    }
  }

  /** @hot */
  #writeTimer(offset: number, value: number, now: number): void {
    const index = Math.floor(offset / Offset.TIMER_STRIDE);
    const timer = this.#timers[index];
    if (timer === undefined) return;
    switch (offset % Offset.TIMER_STRIDE) {
      case TimerOffset.CONFIGURATION:
        timer.writeConfig(value);
        if ((timer.config & TimerConfig.LEVEL) === 0) this.#status &= ~(1 << index);
        this.#drive();
        break;
      case TimerOffset.COMPARATOR:
        timer.writeComparator(false, value);
        break;
      case TimerOffset.COMPARATOR + 4:
        timer.writeComparator(true, value);
        break;
      case TimerOffset.FSB:
        timer.fsbData = value;
        return;
      case TimerOffset.FSB + 4:
        timer.fsbAddress = value;
        return;
      default:
        return;
    }
    this.#arm(index, now);
  }

  /** @hot The counter keeps its value when it stops and starts. */
  #configure(configuration: number, now: number): void {
    const counter = this.#counter(now);
    this.#configuration = configuration;
    this.#setCounter(counter, now);
    this.#drive();
  }

  /** @hot A timer that does not interrupt needs nobody to wake up, unless its comparator moves. */
  #arm(index: number, now: number): void {
    const timer = this.#timers[index]!;
    const matters = (timer.config & TimerConfig.ENABLE) !== 0;
    if (this.#running() && matters) timer.arm(this.#counter(now), now);
    else timer.cancel();
  }

  /** @hot The counter has reached a comparator. */
  #match(index: number, now: number): void {
    const timer = this.#timers[index]!;
    timer.advance(this.#counter(now));
    this.#arm(index, now);
    if ((timer.config & TimerConfig.FSB_ENABLE) !== 0) {
      this.#wiring.msi.send(timer.fsbAddress >>> 0, timer.fsbData);
      return;
    }
    if ((timer.config & TimerConfig.LEVEL) !== 0) {
      this.#status |= 1 << index;
      this.#drive();
      return;
    }
    if (index === 0 && this.#legacy()) {
      this.#wiring.irq0.pulse();
      return;
    }
    // An edge on a line that may be shared: up, and down to what the others make of it.
    this.#lineOf(index)?.set(true);
    this.#drive();
  }

  /** @hot */
  #legacy(): boolean {
    return (this.#configuration & Configuration.LEGACY) !== 0;
  }

  /** @hot Where a timer's interrupt goes; nowhere when its route does not exist. Timer 0's legacy line is an edge. */
  #lineOf(index: number): LevelLine | undefined {
    if (this.#legacy() && index < 2) return index === 1 ? this.#wiring.irq8 : undefined;
    const route = (this.#timers[index]!.config & TimerConfig.ROUTE) >> TimerConfig.ROUTE_SHIFT;
    return this.#wiring.routes[route - FIRST_ROUTE];
  }

  /** @hot Drives the level lines. */
  #drive(): void {
    this.#driveLine(this.#wiring.irq8);
    for (let i = 0; i < ROUTES; i++) this.#driveLine(this.#wiring.routes[i]!);
  }

  /** @hot */
  #driveLine(line: LevelLine): void {
    let asserted = false;
    for (let i = 0; i < TIMERS; i++) {
      const { config } = this.#timers[i]!;
      const enabled = (config & (TimerConfig.ENABLE | TimerConfig.FSB_ENABLE)) === TimerConfig.ENABLE;
      if (enabled && (this.#status & (1 << i)) !== 0 && this.#lineOf(i) === line) asserted = true;
    }
    line.set(asserted);
  }
}

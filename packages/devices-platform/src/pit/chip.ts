import type { Clock, EdgeLine, Region, Timer } from '@polyvisor/core';
import { Counter } from './counter.ts';
import { Access, CONTROL, COUNTERS, Control, PortB, REFRESH_TICKS, ReadBack } from './registers.ts';
import type { PitState } from './state.ts';
import { ticksAt, timeOf } from './ticks.ts';

export interface PitWiring {
  readonly clock: Clock;
  /** OUT of counter 0: each rise is an edge. */
  readonly irq: EdgeLine;
  timer(fire: () => void): Timer;
}

/** The 8254 as a PC wires it: the gates of counters 0 and 1 are tied high, that of counter 2 is in port 61H. */
export class PitChip implements Region {
  /** Port 61H. */
  readonly portB: Region;
  readonly #wiring: PitWiring;
  readonly #timer: Timer;
  readonly #counters = Array.from({ length: COUNTERS }, () => new Counter());
  #portB = 0;

  constructor(wiring: PitWiring, saved: PitState | undefined) {
    this.#wiring = wiring;
    this.#timer = wiring.timer(() => this.#rise());
    this.portB = { read: () => this.#readPortB(), write: (_offset, _size, value) => this.#writePortB(value) };
    this.#counters[2]!.reset(false);
    if (!saved) return;
    saved.counters.forEach((state, i) => this.#counters[i]!.restore(state));
    this.#portB = saved.portB;
    if (saved.risesAt !== null) this.#timer.arm(saved.risesAt);
  }

  /** @hot The control word cannot be read. */
  read(offset: number): number {
    if (offset === CONTROL) return 0xff;
    return this.#counters[offset]!.read(ticksAt(this.#wiring.clock.now()));
  }

  /** @hot */
  write(offset: number, _size: 1 | 2 | 4, value: number): void {
    const byte = value & 0xff;
    const now = ticksAt(this.#wiring.clock.now());
    const before = this.#look(now);
    if (offset !== CONTROL) this.#counters[offset]!.write(now, byte);
    else if (byte >> 6 === Control.READ_BACK) this.#readBack(now, byte);
    else this.#control(now, byte);
    this.#watch(now, before);
  }

  reset(): void {
    this.#counters.forEach((counter, i) => counter.reset(i !== 2));
    this.#portB = 0;
    this.#timer.cancel();
  }

  destroy(): void {
    this.#timer.cancel();
  }

  save(): PitState {
    return {
      counters: this.#counters.map((counter) => counter.save()),
      portB: this.#portB,
      risesAt: this.#timer.armed ? this.#timer.deadline : null,
    };
  }

  /** @hot */
  #control(now: number, byte: number): void {
    const counter = this.#counters[byte >> 6]!;
    const access = (byte >> 4) & 3;
    if (access === Access.LATCH) counter.latchCount(now);
    else counter.control(now, access, (byte >> 1) & 7, (byte & Control.BCD) !== 0);
  }

  /** @hot */
  #readBack(now: number, byte: number): void {
    for (let i = 0; i < COUNTERS; i++) {
      if ((byte & (2 << i)) === 0) continue;
      if ((byte & ReadBack.NO_COUNT) === 0) this.#counters[i]!.latchCount(now);
      if ((byte & ReadBack.NO_STATUS) === 0) this.#counters[i]!.latchStatus(now);
    }
  }

  /** @hot OUT of counter 0 just before an access. A rise that is past, and that nobody was told of yet, is not lost with its timer. */
  #look(now: number): boolean {
    if (this.#timer.armed && ticksAt(this.#timer.deadline) <= now) this.#wiring.irq.pulse();
    this.#counters[0]!.settle(now);
    return this.#counters[0]!.out;
  }

  /** @hot An access may raise OUT itself, and changes when it rises next. */
  #watch(now: number, before: boolean): void {
    if (this.#counters[0]!.out && !before) this.#wiring.irq.pulse();
    this.#arm(now);
  }

  /** @hot */
  #arm(now: number): void {
    const next = this.#counters[0]!.nextRise(now);
    if (next < 0) this.#timer.cancel();
    else this.#timer.arm(timeOf(next));
  }

  /** @hot The timer is due. Rises that nobody was there to see fall together with this one. */
  #rise(): void {
    const now = ticksAt(this.#wiring.clock.now());
    const counter = this.#counters[0]!;
    counter.settle(now);
    this.#arm(now);
    this.#wiring.irq.pulse();
  }

  /** @hot */
  #readPortB(): number {
    const now = ticksAt(this.#wiring.clock.now());
    this.#counters[2]!.settle(now);
    const refresh = (Math.floor(now / REFRESH_TICKS) & 1) !== 0 ? PortB.REFRESH : 0;
    return this.#portB | refresh | (this.#counters[2]!.out ? PortB.OUT2 : 0);
  }

  /** @hot */
  #writePortB(value: number): void {
    this.#portB = value & PortB.WRITABLE;
    this.#counters[2]!.setGate(ticksAt(this.#wiring.clock.now()), (value & PortB.GATE2) !== 0);
  }
}

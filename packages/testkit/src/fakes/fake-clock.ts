import type { TimeBase, Timer } from '@polyvisor/core';
import type { Trace } from '../trace/trace.ts';

/**
 * A clock that stands still until `advance` moves it. Timers fire in the order of their deadlines, equal ones in the
 * order in which they were made.
 */
export class FakeClock implements TimeBase {
  readonly source = 'instructions';
  readonly timers: FakeTimer[] = [];
  readonly #trace: Trace | undefined;
  // An array with mixed contents keeps the number as it is: reading a field that once held a fraction would allocate.
  readonly #now: [number, string];

  constructor(start = 0, trace?: Trace) {
    this.#now = [start, 'ns'];
    this.#trace = trace;
  }

  now(): number {
    return this.#now[0];
  }

  timer(fire: () => void): Timer {
    const timer = new FakeTimer(fire, this.#trace);
    this.timers.push(timer);
    return timer;
  }

  nextDeadline(): number {
    let next = Infinity;
    for (const timer of this.timers) if (timer.armed && timer.deadline < next) next = timer.deadline;
    return next;
  }

  /** Fires each timer that is due once. One that is armed for the past meanwhile waits for the next occasion. */
  expire(): number {
    const due = this.timers.filter((t) => t.armed && t.deadline <= this.now()).sort((a, b) => a.deadline - b.deadline);
    let fired = 0;
    for (const timer of due) {
      if (!timer.armed || timer.deadline > this.now()) continue;
      this.#fire(timer);
      fired += 1;
    }
    return fired;
  }

  /** Moves time by `ns`, stopping at each deadline on the way. Returns how many timers fired. */
  advance(ns: number): number {
    const target = this.now() + ns;
    let fired = this.expire();
    for (;;) {
      const next = this.#nextAfterNow();
      if (next > target) break;
      this.#now[0] = next;
      fired += this.expire();
    }
    this.#now[0] = target;
    return fired;
  }

  /** Sets the time without firing anything: a rig's start. */
  set(now: number): void {
    this.#now[0] = now;
  }

  #nextAfterNow(): number {
    let next = Infinity;
    for (const timer of this.timers) {
      if (timer.armed && timer.deadline > this.now() && timer.deadline < next) next = timer.deadline;
    }
    return next;
  }

  #fire(timer: FakeTimer): void {
    timer.cancel();
    if (this.#trace) {
      this.#trace.tick();
      if (this.#trace.on) this.#trace.add(`timer ${this.timers.indexOf(timer)} fires at ${this.now()}`);
    }
    timer.fire();
  }
}

/** See `FakeClock`. Arming with something that is no time throws, because the device computed nonsense. */
export class FakeTimer implements Timer {
  armed = false;
  readonly fire: () => void;
  readonly #deadline: [number, string] = [0, 'ns'];

  readonly #trace: Trace | undefined;

  constructor(fire: () => void, trace?: Trace) {
    this.fire = fire;
    this.#trace = trace;
  }

  get deadline(): number {
    return this.#deadline[0];
  }
  arm(at: number): void {
    if (Number.isNaN(at)) throw new RangeError('a timer was armed for NaN');
    this.#trace?.given(at);
    this.#deadline[0] = at;
    this.armed = true;
  }
  cancel(): void {
    this.armed = false;
  }
}

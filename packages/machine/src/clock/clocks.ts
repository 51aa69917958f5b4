import type { TimeBase, Timer, Vcpu } from '@polyvisor/core';
import { TimerQueue } from './timer-queue.ts';

/** A time base the machine can stop, start and set. */
export interface MachineClock extends TimeBase {
  readonly queue: TimerQueue;
  /** Whose instructions count, from here on; time does not jump by what they have retired already. */
  attach(vcpus: readonly Vcpu[]): void;
  /** Guest time runs from here on. */
  go(): void;
  stop(): void;
  /** Guest time in ns, from a snapshot; the clock is stopped. */
  set(now: number): void;
  /** A vCPU wants to run, and did or was kept from it since the last call. */
  work(): void;
  /** Nobody wants to run until the next `work`. */
  rest(): void;
  /** While everybody sleeps: host time in ns until the next deadline, 0 when it is past; Infinity when nothing is armed. */
  wait(): number;
  /** Instructions until the next deadline at most; Infinity when instructions do not make time. */
  budget(): number;
  /** Everybody sleeps: instruction time jumps to the next deadline. False when time passes by itself, or none is armed. */
  skip(): boolean;
}

abstract class QueuedClock {
  readonly queue = new TimerQueue();
  abstract now(): number;
  timer(fire: () => void): Timer {
    return this.queue.timer(fire);
  }
  nextDeadline(): number {
    return this.queue.next();
  }
  expire(): number {
    return this.queue.expire(this.now());
  }
}

/** How far guest time goes on, in ns, when the guest was kept from working for longer. */
const GAP = 10_000_000;
/** What is behind is made up for in this part of the time that the guest works, and in all of the time that it sleeps. */
const CATCH_UP = 1 / 8, CATCH_UP_ASLEEP = 1;

/**
 * Follows host time while the machine runs. Where the host gives the process no processor for long, guest time stands
 * still, because kernels that count timer ticks over a stretch of time would miss most of them and give their timer up; it
 * is made up for little by little, and at double pace while the guest sleeps: never by a leap over its deadlines.
 */
export class HostClock extends QueuedClock implements MachineClock {
  readonly source = 'host';
  readonly #hostNow: () => number;
  #before = 0;
  #since: number | undefined;
  #working = false;
  /** Host time since `#since` when somebody last looked, and how far guest time is behind it. */
  #seen = 0;
  #behind = 0;

  /** `hostNow` gives host time in nanoseconds from any start; fractions are dropped. */
  constructor(hostNow: () => number) {
    super();
    this.#hostNow = hostNow;
  }
  attach(): void {
    // Instructions make no time here.
  }
  /** @hot */
  now(): number {
    return this.#since === undefined ? this.#before : this.#before + Math.floor(this.#passed(this.#since) - this.#behind);
  }
  go(): void {
    if (this.#since !== undefined) return;
    this.#since = this.#hostNow();
    this.#seen = 0;
  }
  stop(): void {
    this.#before = this.now();
    this.#since = undefined;
    this.#working = false;
    this.#behind = 0;
  }
  set(now: number): void {
    this.#before = now;
  }
  /** @hot */
  work(): void {
    if (this.#since !== undefined) this.#passed(this.#since);
    this.#working = true;
  }
  rest(): void {
    if (this.#since !== undefined) this.#passed(this.#since);
    this.#working = false;
  }
  wait(): number {
    const left = Math.max(0, this.nextDeadline() - this.now());
    return Math.max(left / (1 + CATCH_UP_ASLEEP), left - this.#behind);
  }
  /** @hot Host time since the clock goes, which never goes back. */
  #passed(since: number): number {
    const passed = Math.max(this.#seen, this.#hostNow() - since), elapsed = passed - this.#seen;
    this.#seen = passed;
    if (this.#working && elapsed > GAP) this.#behind += elapsed - GAP;
    else if (this.#behind > 0) this.#behind = Math.max(0, this.#behind - elapsed * (this.#working ? CATCH_UP : CATCH_UP_ASLEEP));
    return passed;
  }
  budget(): number {
    return Infinity;
  }
  skip(): boolean {
    return false;
  }
}

/** Counts the instructions of all vCPUs: the same program sees the same time in every run. */
export class InstructionClock extends QueuedClock implements MachineClock {
  readonly source = 'instructions';
  readonly #nanosecondsEach: number;
  #vcpus: readonly Vcpu[] = [];
  /** Guest time when the vCPUs had retired nothing. */
  #offset = 0;

  constructor(hertz: number) {
    super();
    this.#nanosecondsEach = 1e9 / hertz;
  }
  attach(vcpus: readonly Vcpu[]): void {
    const now = this.now();
    this.#vcpus = vcpus;
    this.set(now);
  }
  /** @hot */
  now(): number {
    return this.#offset + Math.floor(this.#instructions() * this.#nanosecondsEach);
  }
  go(): void {
    // Time passes only as instructions do.
  }
  stop(): void {
    // Nothing to hold.
  }
  work(): void {
    // Host time does not matter.
  }
  rest(): void {
    // Nor here.
  }
  wait(): number {
    // Whoever sleeps was taken to the next deadline, if there is one.
    return this.nextDeadline() === Infinity ? Infinity : 0;
  }
  set(now: number): void {
    this.#offset = now - Math.floor(this.#instructions() * this.#nanosecondsEach);
  }
  budget(): number {
    const left = this.queue.next() - this.now();
    return left === Infinity ? Infinity : Math.max(1, Math.ceil(left / this.#nanosecondsEach));
  }
  skip(): boolean {
    const next = this.queue.next();
    if (next === Infinity) return false;
    this.#offset += Math.max(0, next - this.now());
    return true;
  }
  /** @hot */
  #instructions(): number {
    let sum = 0;
    for (let i = 0; i < this.#vcpus.length; i++) sum += this.#vcpus[i]!.instructions;
    return sum;
  }
}

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

/** Follows host time while the machine runs. */
export class HostClock extends QueuedClock implements MachineClock {
  readonly source = 'host';
  readonly #hostNow: () => number;
  #before = 0;
  #since: number | undefined;

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
    return this.#since === undefined ? this.#before : this.#before + Math.max(0, Math.floor(this.#hostNow() - this.#since));
  }
  go(): void {
    this.#since ??= this.#hostNow();
  }
  stop(): void {
    this.#before = this.now();
    this.#since = undefined;
  }
  set(now: number): void {
    this.#before = now;
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

import type { TimeBase, Timer } from '@polyvisor/core';

/**
 * Where a network gets its time and its timers. A machine's time base fits, so that a network can live on guest time;
 * so does a fake clock.
 */
export type Scheduler = Pick<TimeBase, 'now' | 'timer'>;

export const SECOND = 1e9;
export const MILLISECOND = 1e6;

/** setTimeout takes no more than this; a longer wait is done in pieces. */
const LONGEST_MS = 0x7fffffff;

class PlatformTimer implements Timer {
  armed = false;
  deadline = 0;
  readonly #fire: () => void;
  readonly #now: () => number;
  #handle: unknown = undefined;
  /** When the platform's timer rings; one that rings too early is armed again, which is cheaper than moving it. */
  #rings = Infinity;

  constructor(fire: () => void, now: () => number) {
    this.#fire = fire;
    this.#now = now;
  }

  arm(at: number): void {
    this.deadline = at;
    this.armed = true;
    if (this.#handle !== undefined && this.#rings <= at) return;
    this.#wait();
  }

  cancel(): void {
    this.armed = false;
    // A pending timer would keep a process alive that has nothing else to do.
    if (this.#handle !== undefined) clearTimeout(this.#handle as Parameters<typeof clearTimeout>[0]);
    this.#handle = undefined;
    this.#rings = Infinity;
  }

  #wait(): void {
    if (this.#handle !== undefined) clearTimeout(this.#handle as Parameters<typeof clearTimeout>[0]);
    const ms = Math.min(Math.max(0, Math.ceil((this.deadline - this.#now()) / MILLISECOND)), LONGEST_MS);
    this.#rings = this.#now() + ms * MILLISECOND;
    this.#handle = setTimeout(() => this.#ring(), ms);
    // Housekeeping alone must not keep a Node process running; sockets and machines do.
    (this.#handle as { unref?: () => void }).unref?.();
  }

  #ring(): void {
    this.#handle = undefined;
    this.#rings = Infinity;
    if (!this.armed) return;
    // Timers of the platform may ring a fraction of a millisecond early.
    if (this.deadline - this.#now() > MILLISECOND) {
      this.#wait();
      return;
    }
    this.armed = false;
    this.#fire();
  }
}

/** Host time, by `performance.now` and `setTimeout`, which Node and browsers have. */
export function platformScheduler(): Scheduler {
  const source = (globalThis as { performance?: { now(): number } }).performance ?? Date;
  const start = source.now();
  const now = (): number => (source.now() - start) * MILLISECOND;
  return { now, timer: (fire) => new PlatformTimer(fire, now) };
}

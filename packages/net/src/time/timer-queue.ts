import type { Timer } from '@polyvisor/core';
import type { Scheduler } from './scheduler.ts';

/** One deadline of a queue. Made once, armed many times; moving it to a later time costs nothing. */
export class QueuedTimer {
  /** When it shall fire; `Infinity` when it is not armed. */
  deadline = Infinity;
  /** Where it stands in the heap, and by which time it was sorted there: never later than `deadline`. */
  index = -1;
  sorted = Infinity;
  readonly fire: () => void;

  constructor(fire: () => void) {
    this.fire = fire;
  }

  get armed(): boolean {
    return this.deadline !== Infinity;
  }
}

/**
 * Many deadlines on one timer of the scheduler: a binary heap. TCP moves its retransmission deadline with each
 * acknowledgement; such an entry stays where it is and is sorted again when its old time comes.
 */
export class TimerQueue {
  readonly #scheduler: Scheduler;
  readonly #timer: Timer;
  readonly #heap: QueuedTimer[] = [];
  #expiring = false;

  constructor(scheduler: Scheduler, afterwards: () => void = () => undefined) {
    this.#scheduler = scheduler;
    this.#timer = scheduler.timer(() => {
      this.#expire();
      afterwards();
    });
  }

  now(): number {
    return this.#scheduler.now();
  }

  get size(): number {
    return this.#heap.length;
  }

  /** Fires `timer` at `at` (ns of the scheduler). */
  arm(timer: QueuedTimer, at: number): void {
    timer.deadline = at;
    if (timer.index >= 0) {
      if (at >= timer.sorted) return;
      timer.sorted = at;
      this.#up(timer);
    } else {
      timer.sorted = at;
      timer.index = this.#heap.length;
      this.#heap.push(timer);
      this.#up(timer);
    }
    if (timer.index === 0) this.#arm();
  }

  after(timer: QueuedTimer, ns: number): void {
    this.arm(timer, this.now() + ns);
  }

  /** The entry leaves the heap when its time comes. */
  cancel(timer: QueuedTimer): void {
    timer.deadline = Infinity;
  }

  /** Takes the entry out at once: for objects that are to be forgotten. */
  remove(timer: QueuedTimer): void {
    timer.deadline = Infinity;
    const { index } = timer;
    if (index < 0) return;
    timer.index = -1;
    const last = this.#heap.pop()!;
    if (last === timer) return;
    this.#heap[index] = last;
    last.index = index;
    this.#up(last);
    this.#down(last);
  }

  close(): void {
    for (const timer of this.#heap) {
      timer.deadline = Infinity;
      timer.index = -1;
    }
    this.#heap.length = 0;
    this.#timer.cancel();
  }

  #arm(): void {
    if (this.#expiring) return;
    const first = this.#heap[0];
    if (first === undefined) this.#timer.cancel();
    else if (!this.#timer.armed || this.#timer.deadline > first.sorted) this.#timer.arm(first.sorted);
  }

  #expire(): void {
    const now = this.now();
    this.#expiring = true;
    for (let first = this.#heap[0]; first !== undefined && first.sorted <= now; first = this.#heap[0]) {
      if (first.deadline > now && first.deadline !== Infinity) {
        first.sorted = first.deadline;
        this.#down(first);
        continue;
      }
      const due = first.deadline !== Infinity;
      this.remove(first);
      if (due) first.fire();
    }
    this.#expiring = false;
    this.#arm();
  }

  #up(timer: QueuedTimer): void {
    const heap = this.#heap;
    let { index } = timer;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above]!;
      if (parent.sorted <= timer.sorted) break;
      heap[index] = parent;
      parent.index = index;
      index = above;
    }
    heap[index] = timer;
    timer.index = index;
  }

  #down(timer: QueuedTimer): void {
    const heap = this.#heap;
    let { index } = timer;
    for (;;) {
      let below = 2 * index + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && heap[below + 1]!.sorted < heap[below]!.sorted) below += 1;
      const child = heap[below]!;
      if (child.sorted >= timer.sorted) break;
      heap[index] = child;
      child.index = index;
      index = below;
    }
    heap[index] = timer;
    timer.index = index;
  }
}

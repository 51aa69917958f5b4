import type { Timer } from '@polyvisor/core';

const IDLE = -1;

class QueuedTimer implements Timer {
  deadline = 0;
  /** Order of arming, so that equal deadlines fire first come, first served: part of being deterministic. */
  order = 0;
  /** Place in the heap, or IDLE. */
  place = IDLE;
  readonly fire: () => void;
  readonly #queue: TimerQueue;

  constructor(queue: TimerQueue, fire: () => void) {
    this.#queue = queue;
    this.fire = fire;
  }

  get armed(): boolean {
    return this.place !== IDLE;
  }
  /** @hot */
  arm(at: number): void {
    this.#queue.arm(this, at);
  }
  /** @hot */
  cancel(): void {
    this.#queue.remove(this);
  }
}

/** A binary heap of timers by deadline. Arming and cancelling move entries and allocate nothing. */
export class TimerQueue {
  readonly #heap: QueuedTimer[] = [];
  #size = 0;
  #armings = 0;
  /** Called when the earliest deadline came nearer. */
  onEarlier: () => void = () => undefined;

  timer(fire: () => void): Timer {
    const timer = new QueuedTimer(this, fire);
    // The heap never grows while the guest runs: there is a place for each timer from the start.
    this.#heap.push(timer);
    return timer;
  }

  /** Guest time in ns of the earliest deadline; Infinity when nothing is armed. */
  next(): number {
    return this.#size === 0 ? Infinity : this.#heap[0]!.deadline;
  }

  /** Fires what is due at `now`. A timer that arms itself for the past again waits for the next call. */
  expire(now: number): number {
    let fired = 0;
    const limit = this.#armings;
    while (this.#size > 0) {
      const first = this.#heap[0]!;
      if (first.deadline > now || first.order > limit) break;
      this.remove(first);
      first.fire();
      fired++;
    }
    return fired;
  }

  /** @hot */
  arm(timer: QueuedTimer, at: number): void {
    this.remove(timer);
    timer.deadline = at;
    timer.order = ++this.#armings;
    // The array's tail holds timers that are not armed; only the first #size places are the heap.
    this.#put(timer, this.#size++);
    this.#up(timer);
    if (timer.place === 0) this.onEarlier();
  }

  /** @hot */
  remove(timer: QueuedTimer): void {
    if (timer.place === IDLE) return;
    const hole = timer.place;
    timer.place = IDLE;
    const last = this.#heap[--this.#size]!;
    if (last === timer) return;
    this.#put(last, hole);
    this.#up(last);
    this.#down(last);
  }

  /** @hot */
  #put(timer: QueuedTimer, place: number): void {
    this.#heap[place] = timer;
    timer.place = place;
  }

  /** @hot */
  #up(timer: QueuedTimer): void {
    while (timer.place > 0) {
      const parent = this.#heap[(timer.place - 1) >> 1]!;
      if (!before(timer, parent)) return;
      const place = parent.place;
      this.#put(parent, timer.place);
      this.#put(timer, place);
    }
  }

  /** @hot */
  #down(timer: QueuedTimer): void {
    for (;;) {
      const left = 2 * timer.place + 1;
      if (left >= this.#size) return;
      let child = this.#heap[left]!;
      if (left + 1 < this.#size && before(this.#heap[left + 1]!, child)) child = this.#heap[left + 1]!;
      if (!before(child, timer)) return;
      const place = child.place;
      this.#put(child, timer.place);
      this.#put(timer, place);
    }
  }
}

/** @hot */
function before(a: QueuedTimer, b: QueuedTimer): boolean {
  return a.deadline < b.deadline || (a.deadline === b.deadline && a.order < b.order);
}

import type { FrameOffload, NetCard } from '@polyvisor/core';
import { MILLISECOND } from '../time/scheduler.ts';
import { QueuedTimer, type TimerQueue } from '../time/timer-queue.ts';
import { CardDelivery } from '../wire/delivery.ts';
import { FrameRing } from '../wire/frame-ring.ts';

/** A card without a buffer is tried again after this; sooner when it sends, or says that it has one. */
const RETRY = MILLISECOND;
const WAITING_FRAMES = 256;
const WAITING_BYTES = 2 ** 18;

/**
 * Frames on their way to the card. What the card does not take at once waits here, bounded; TCP does not even make a
 * frame then, so only single frames of other protocols are ever dropped.
 */
export class CardPort {
  card: NetCard | undefined = undefined;
  sent = 0;
  sentBytes = 0;
  dropped = 0;
  readonly #waiting = new FrameRing(WAITING_BYTES, WAITING_FRAMES);
  readonly #delivery = new CardDelivery();
  readonly #retry: QueuedTimer;
  readonly #timers: TimerQueue;
  /** The card is inside `receive`; what it sends meanwhile is answered afterwards. */
  delivering = false;
  /** The card had no buffer at the last try. */
  #blocked = false;

  constructor(timers: TimerQueue) {
    this.#timers = timers;
    this.#retry = new QueuedTimer(() => this.flush());
  }

  /** Nothing waits: a frame would reach the card at once. */
  get open(): boolean {
    return this.#waiting.count === 0 && !this.delivering && this.card !== undefined;
  }

  /** What frames may come with, as the card stands now. */
  get offloads(): number {
    return this.card?.offloads ?? 0;
  }

  /** Delivers the frame or keeps a copy. */
  emit(frame: Uint8Array, offload?: FrameOffload): void {
    if (this.card === undefined) {
      this.dropped += 1;
      return;
    }
    if (this.open && this.#deliver(frame, offload)) return;
    if (!this.#waiting.push(frame, offload)) this.#drop();
    else if (!this.#retry.armed) this.#timers.after(this.#retry, RETRY);
  }

  /** Tries what waits. */
  flush(): void {
    if (this.delivering || this.card === undefined) return;
    for (let frame = this.#waiting.peek(); frame !== undefined; frame = this.#waiting.peek()) {
      if (!this.#deliver(frame, this.#waiting.peekOffload())) {
        if (!this.#retry.armed) this.#timers.after(this.#retry, RETRY);
        return;
      }
      this.#waiting.shift();
    }
    this.#timers.cancel(this.#retry);
  }

  /** Something waits that may go at once: it was made while the card was inside `receive`. */
  stirred(): boolean {
    return this.#waiting.count > 0 && !this.#blocked && this.card !== undefined;
  }

  clear(): void {
    this.card = undefined;
    this.#waiting.clear();
    this.#delivery.forget();
    this.#timers.cancel(this.#retry);
  }

  #drop(): void {
    this.dropped += 1;
    if (this.#waiting.count === 0) this.#delivery.forget();
  }

  #deliver(frame: Uint8Array, offload: FrameOffload | undefined): boolean {
    this.delivering = true;
    const taken = this.#delivery.give(this.card!, frame, offload);
    this.delivering = false;
    this.#blocked = !taken;
    if (!taken) return false;
    this.sent += 1;
    this.sentBytes += frame.length;
    return true;
  }
}

import type { NetBackend, NetCard } from '@polyvisor/core';
import { netErrors, refuse } from '../errors.ts';
import { platformScheduler, type Scheduler } from '../time/scheduler.ts';
import { QueuedTimer, TimerQueue } from '../time/timer-queue.ts';
import { FrameRing } from '../wire/frame-ring.ts';
import { fitsWire } from '../wire/packet.ts';
import { SeededRandom } from '../wire/random.ts';

/** What a link does to frames. Shares are from 0 to 1. */
export interface Impairments {
  readonly loss?: number;
  readonly duplicate?: number;
  /** The share of frames that take twice the delay (and at least a millisecond), so that others overtake them. */
  readonly reorder?: number;
  /** ns */
  readonly delay?: number;
  /** Bytes per second. */
  readonly bandwidth?: number;
}

export interface LinkOptions extends Impairments {
  readonly mtu?: number;
  readonly scheduler?: Scheduler;
  /** The same seed treats the same frames in the same way. */
  readonly seed?: number;
  /** Bytes that may be on the way in each direction (1 MiB); a frame that has no room is refused, not lost. */
  readonly queue?: number;
}

export interface LinkStatistics {
  readonly carried: number;
  /** By chance, and frames of a length that may not be. */
  readonly lost: number;
  readonly duplicated: number;
  readonly delayed: number;
}

const LEAST_DELAY = 1e6;
const MOST_FRAMES = 4096;
/** A card without a buffer is tried again after this. */
const RETRY = 1e6;

/** One end of a link: a network for one card. */
class LinkEnd implements NetBackend {
  readonly mtu: number;
  card: NetCard | undefined = undefined;
  other!: LinkEnd;
  carried = 0;
  lost = 0;
  duplicated = 0;
  delayed = 0;
  readonly #options: LinkOptions;
  readonly #random: SeededRandom;
  readonly #timers: TimerQueue;
  /** In order of arrival; those that are overtaken are in a queue of their own. */
  readonly #straight: Lane;
  readonly #slow: Lane;
  #free = 0;
  #wanted = false;

  constructor(options: LinkOptions, seed: number, timers: TimerQueue) {
    this.mtu = options.mtu ?? 1500;
    this.#options = options;
    this.#random = new SeededRandom(seed);
    this.#timers = timers;
    const size = options.queue ?? 2 ** 20;
    const deliver = (frame: Uint8Array): boolean => this.other.card?.receive(frame) ?? true;
    const drained = (): void => this.#drained();
    this.#straight = new Lane(size, timers, deliver, drained);
    this.#slow = new Lane(size, timers, deliver, drained);
  }

  send(frame: Uint8Array): boolean {
    const { loss = 0, duplicate = 0, reorder = 0, delay = 0, bandwidth } = this.#options;
    if (!this.#straight.room || !this.#slow.room) {
      this.#wanted = true;
      return false;
    }
    if (!fitsWire(frame.length, this.mtu) || (loss > 0 && this.#random.fraction() < loss)) {
      this.lost += 1;
      return true;
    }
    const now = this.#timers.now();
    this.#free = Math.max(this.#free, now) + (bandwidth === undefined ? 0 : (frame.length / bandwidth) * 1e9);
    const slow = reorder > 0 && this.#random.fraction() < reorder;
    const copies = duplicate > 0 && this.#random.fraction() < duplicate ? 2 : 1;
    for (let i = 0; i < copies; i += 1) {
      const taken = slow ? this.#slow.add(frame, this.#free + Math.max(LEAST_DELAY, 2 * delay)) : this.#straight.add(frame, this.#free + delay);
      if (!taken && i === 0) {
        this.#wanted = true;
        return false;
      }
    }
    this.carried += 1;
    this.duplicated += copies - 1;
    if (slow) this.delayed += 1;
    return true;
  }

  attach(card: NetCard): void {
    if (this.card !== undefined) throw refuse(netErrors['already-attached']('', { network: 'the end of the link' }));
    this.card = card;
  }
  detach(): void {
    this.card = undefined;
  }

  #drained(): void {
    if (!this.#wanted) return;
    this.#wanted = false;
    this.card?.onDrained();
  }
}

/** Frames on the way, with the time at which each arrives; times never go back. */
class Lane {
  readonly #frames: FrameRing;
  readonly #times = new Float64Array(MOST_FRAMES);
  readonly #timers: TimerQueue;
  readonly #timer: QueuedTimer;
  readonly #deliver: (frame: Uint8Array) => boolean;
  readonly #drained: () => void;
  #first = 0;
  #delivering = false;

  constructor(size: number, timers: TimerQueue, deliver: (frame: Uint8Array) => boolean, drained: () => void) {
    this.#frames = new FrameRing(size, MOST_FRAMES);
    this.#timers = timers;
    this.#timer = new QueuedTimer(() => this.#arrive());
    this.#deliver = deliver;
    this.#drained = drained;
  }

  get room(): boolean {
    return this.#frames.count < MOST_FRAMES - 1;
  }

  add(frame: Uint8Array, at: number): boolean {
    if (!this.#frames.push(frame)) return false;
    this.#times[(this.#first + this.#frames.count - 1) % MOST_FRAMES] = at;
    if (!this.#timer.armed && !this.#delivering) this.#timers.arm(this.#timer, at);
    return true;
  }

  #arrive(): void {
    const now = this.#timers.now();
    this.#delivering = true;
    let again = Infinity;
    for (let frame = this.#frames.peek(); frame !== undefined; frame = this.#frames.peek()) {
      const at = this.#times[this.#first]!;
      if (at > now) again = at;
      else if (!this.#deliver(frame)) again = now + RETRY;
      if (again !== Infinity) break;
      this.#frames.shift();
      this.#first = (this.#first + 1) % MOST_FRAMES;
    }
    this.#delivering = false;
    if (again !== Infinity) this.#timers.arm(this.#timer, again);
    this.#drained();
  }
}

/** A cable between two cards. */
export interface Link {
  readonly a: NetBackend;
  readonly b: NetBackend;
  /** By the end that sent. */
  readonly statistics: { readonly a: LinkStatistics; readonly b: LinkStatistics };
  close(): void;
}

/** Joins two cards by a cable that may lose, repeat, delay and reorder frames, repeatably. */
export function link(options: LinkOptions = {}): Link {
  const timers = new TimerQueue(options.scheduler ?? platformScheduler());
  const { seed = 1 } = options;
  const a = new LinkEnd(options, 2 * seed + 1, timers);
  const b = new LinkEnd(options, 2 * seed + 2, timers);
  a.other = b;
  b.other = a;
  return { a, b, statistics: { a, b }, close: () => timers.close() };
}

/**
 * Joins two networks, such as a switch's port and a user network, by a card in each that sends what the other
 * receives. Returns what takes both cards out again.
 */
export function join(one: NetBackend, other: NetBackend): () => void {
  // A network that has room again lets the other go on.
  const end = (behind: NetBackend): NetCard => ({
    get offloads() { return behind.offloads ?? 0; },
    receive: (frame, offload) => behind.send(frame, offload),
    onDrained: () => behind.receiveReady?.(),
  });
  one.attach(end(other));
  other.attach(end(one));
  return () => {
    one.detach();
    other.detach();
  };
}

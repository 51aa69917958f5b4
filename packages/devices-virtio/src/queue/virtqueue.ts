import type { Dma } from '@polyvisor/core';
import { MAX_QUEUE_SIZE } from '../virtio/constants.ts';
import { Chain, type ChainOwner } from './chain.ts';
import { PackedRing } from './packed-ring.ts';
import type { Ring } from './ring.ts';
import { SplitRing } from './split-ring.ts';
import type { QueueState } from './state.ts';

/** Bytes that one pass may move before the rest waits for the next occasion: about a millisecond of copying. */
const BYTES_PER_PASS = 4 * 2 ** 20;

/** What a queue needs of its device. */
export interface QueueOwner {
  readonly dma: Dma;
  /** Negotiated features that the rings depend on. */
  readonly packed: boolean;
  readonly eventIndex: boolean;
  readonly indirect: boolean;
  /** False before DRIVER_OK and while a reset is needed: then there is nothing to take and nowhere to put. */
  readonly live: boolean;
  fail(why: string): void;
  /** The driver wants an interrupt for this queue. */
  interrupt(queue: number): void;
  /** There is more to do than one pass may: the device is called again soon. */
  again(queue: number): void;
}

/** A virtqueue as a device model uses it: takes chains, gives them back as used, tells the driver once for many. */
export class Virtqueue implements ChainOwner {
  readonly index: number;
  readonly maxSize: number;
  /** As the driver set it up; `size` is 0 when it cannot be used. */
  size: number;
  descriptors = 0;
  driver = 0;
  device = 0;
  enabled = false;
  readonly dma: Dma;
  /** Chains taken and not used yet, in the order in which they were taken. */
  readonly inFlight: Chain[] = [];
  readonly #free: Chain[] = [];
  readonly #owner: QueueOwner;
  #ring: Ring | undefined;
  #occupied = 0;
  #chainsLeft = 0;
  #bytesLeft = 0;

  constructor(index: number, maxSize: number, owner: QueueOwner) {
    if (!Number.isInteger(Math.log2(maxSize)) || maxSize > MAX_QUEUE_SIZE) throw new RangeError(`a queue of ${maxSize} descriptors cannot be`);
    this.index = index;
    this.maxSize = maxSize;
    this.size = maxSize;
    this.#owner = owner;
    this.dma = owner.dma;
  }

  /** A pass begins: what one notification may cost is bounded, whatever other threads publish meanwhile. @hot */
  beginPass(): void {
    this.#chainsLeft = this.size;
    this.#bytesLeft = BYTES_PER_PASS;
  }

  /** @hot The next chain, or `undefined`. It is the device's until `push`. */
  pop(): Chain | undefined {
    if (!this.enabled || !this.#owner.live || this.#ring === undefined) return undefined;
    if (this.#chainsLeft === 0 || this.#bytesLeft <= 0) {
      this.#owner.again(this.index);
      return undefined;
    }
    const chain = this.#free.pop() ?? this.#makeChain();
    if (!this.#ring.take(chain)) {
      this.#free.push(chain);
      return undefined;
    }
    this.#chainsLeft -= 1;
    this.#occupied += chain.descriptors;
    this.inFlight.push(chain);
    if (this.#occupied <= this.size) return chain;
    this.#owner.fail('descriptors are in two chains at once');
    return undefined;
  }

  /** @hot Gives the chain that was taken last back, as if it had not been taken. */
  unpop(chain: Chain): void {
    if (this.#ring === undefined || !this.#forget(chain)) return;
    this.#ring.untake(chain);
  }

  /** @hot Gives a chain back to the driver, with the number of bytes written to it. `flush` follows. */
  push(chain: Chain, written: number): void {
    if (this.#ring === undefined || !this.#forget(chain) || !this.#owner.live) return;
    this.#ring.use(chain, written);
  }

  /** @hot Publishes what was pushed, and interrupts when the driver wants it. */
  flush(): void {
    if (this.#ring === undefined || !this.#owner.live) return;
    if (this.#ring.publish()) this.#owner.interrupt(this.index);
  }

  /** @hot */
  moved(bytes: number): void {
    this.#bytesLeft -= bytes;
  }

  bufferFault(address: number): void {
    this.#owner.fail(`a buffer at 0x${address.toString(16)} is not in memory, or not for this direction`);
  }

  /** The driver enabled the queue (§4.1.5.1.3). A split queue has a power of two of descriptors. */
  enable(): void {
    const { size } = this;
    const possible = size > 0 && size <= this.maxSize && (this.#owner.packed || (size & (size - 1)) === 0);
    if (!possible) {
      this.#owner.fail(`a queue of ${size} descriptors cannot be`);
      return;
    }
    this.enabled = true;
    this.#makeRing(undefined);
  }

  reset(): void {
    this.enabled = false;
    this.size = this.maxSize;
    this.descriptors = 0;
    this.driver = 0;
    this.device = 0;
    this.#ring = undefined;
    this.#occupied = 0;
    // A device may still hold chains of before the reset, so they are not used again.
    this.inFlight.length = 0;
  }

  save(): QueueState {
    const ring = this.#ring?.save() ?? { next: 0, used: 0, nextWrap: true, usedWrap: true, unpublished: 0, unsignalled: 0, signalled: false };
    const { size, enabled, descriptors, driver, device } = this;
    return { size, enabled, descriptors, driver, device, ring, inFlight: this.inFlight.map((chain) => chain.save()) };
  }

  /** Features have to be in place: the ring's format hangs on them. */
  restore(saved: QueueState): void {
    this.size = saved.size;
    this.enabled = saved.enabled && saved.size > 0;
    this.descriptors = saved.descriptors;
    this.driver = saved.driver;
    this.device = saved.device;
    if (this.enabled) this.#makeRing(saved);
  }

  #makeRing(saved: QueueState | undefined): void {
    const { size, descriptors, driver, device, dma } = this;
    const { packed, eventIndex, indirect } = this.#owner;
    const place = { dma, size, descriptors, driver, device, eventIndex, indirect, fail: (why: string) => this.#owner.fail(`queue ${this.index}: ${why}`) };
    this.#ring = packed ? new PackedRing(place, saved?.ring) : new SplitRing(place, saved?.ring);
    for (const one of saved?.inFlight ?? []) {
      const chain = this.#makeChain();
      chain.restore(one);
      this.inFlight.push(chain);
      this.#occupied += chain.descriptors;
    }
  }

  #makeChain(): Chain {
    return new Chain(this);
  }

  /** @hot False for a chain from before a reset. The newest are looked at first: most are used at once. */
  #forget(chain: Chain): boolean {
    const { inFlight } = this;
    for (let i = inFlight.length - 1; i >= 0; i--) {
      if (inFlight[i] !== chain) continue;
      for (let j = i + 1; j < inFlight.length; j++) inFlight[j - 1] = inFlight[j]!;
      inFlight.pop();
      this.#occupied -= chain.descriptors;
      this.#free.push(chain);
      return true;
    }
    return false;
  }
}

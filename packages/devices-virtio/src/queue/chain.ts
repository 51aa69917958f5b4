import { DmaStatus, type Dma } from '@polyvisor/core';
import type { ChainState } from './state.ts';

const INITIAL_SEGMENTS = 16;

/** What a chain reports to its queue. */
export interface ChainOwner {
  readonly dma: Dma;
  /** Counts bytes towards the work of one pass. @hot */
  moved(bytes: number): void;
  /** A buffer lies where there is no memory. */
  bufferFault(address: number): void;
}

/**
 * A chain of buffers that the driver made available: first those that the device reads, then those that it writes
 * (VIRTIO 1.2 §2.7.4.2). Offsets count bytes from the start of either part. Queues keep chains and use them again.
 */
export class Chain {
  /** What identifies it in the used ring: the head's index, or the buffer id of a packed ring. */
  id = 0;
  /** Descriptors of the ring that it occupies. */
  descriptors = 0;
  /** Buffers of both parts. */
  count = 0;
  readableCount = 0;
  /** Bytes that the device can read. */
  readable = 0;
  /** Bytes that the device can write. */
  writable = 0;
  readonly #owner: ChainOwner;
  #addresses = new Float64Array(INITIAL_SEGMENTS);
  #lengths = new Float64Array(INITIAL_SEGMENTS);

  constructor(owner: ChainOwner) {
    this.#owner = owner;
  }

  /** @hot */
  clear(): void {
    this.id = 0;
    this.descriptors = 0;
    this.count = 0;
    this.readableCount = 0;
    this.readable = 0;
    this.writable = 0;
  }

  /** @hot Buffers are added in their order, readable ones first. */
  add(address: number, length: number, writable: boolean): void {
    if (this.count === this.#lengths.length) this.#grow();
    this.#addresses[this.count] = address;
    this.#lengths[this.count] = length;
    this.count += 1;
    if (writable) this.writable += length;
    else {
      this.readable += length;
      this.readableCount += 1;
    }
  }

  /**
   * @hot Copies `length` bytes from offset `at` of the readable part to `into[to…]`. False when the chain is shorter, or
   * when a buffer is not in memory; then the device needs a reset, and the queue has said so.
   */
  read(at: number, into: Uint8Array, to: number, length: number): boolean {
    if (at + length > this.readable) return false;
    this.#owner.moved(length);
    let skip = at;
    let done = 0;
    for (let i = 0; i < this.readableCount && done < length; i++) {
      const size = this.#lengths[i]!;
      if (skip >= size) {
        skip -= size;
        continue;
      }
      const step = Math.min(size - skip, length - done);
      if (this.#owner.dma.read(this.#addresses[i]! + skip, into, to + done, step) !== DmaStatus.ok) return this.#fault(i);
      done += step;
      skip = 0;
    }
    return true;
  }

  /** @hot Copies `length` bytes of `from[first…]` to offset `at` of the writable part; false as for `read`. */
  write(at: number, from: Uint8Array, first: number, length: number): boolean {
    if (at + length > this.writable) return false;
    this.#owner.moved(length);
    let skip = at;
    let done = 0;
    for (let i = this.readableCount; i < this.count && done < length; i++) {
      const size = this.#lengths[i]!;
      if (skip >= size) {
        skip -= size;
        continue;
      }
      const step = Math.min(size - skip, length - done);
      if (this.#owner.dma.write(this.#addresses[i]! + skip, from, first + done, step) !== DmaStatus.ok) return this.#fault(i);
      done += step;
      skip = 0;
    }
    return true;
  }

  /** Guest-physical address of a buffer, for devices to which the address itself is the message. */
  address(buffer: number): number {
    return this.#addresses[buffer] ?? 0;
  }
  /** Bytes of a buffer. */
  length(buffer: number): number {
    return this.#lengths[buffer] ?? 0;
  }

  save(): ChainState {
    return {
      id: this.id, descriptors: this.descriptors, readableCount: this.readableCount,
      addresses: [...this.#addresses.subarray(0, this.count)], lengths: [...this.#lengths.subarray(0, this.count)],
    };
  }

  restore(saved: ChainState): void {
    this.clear();
    for (const [i, address] of saved.addresses.entries()) this.add(address, saved.lengths[i]!, i >= saved.readableCount);
    this.id = saved.id;
    this.descriptors = saved.descriptors;
  }

  #fault(buffer: number): boolean {
    this.#owner.bufferFault(this.#addresses[buffer]!);
    return false;
  }

  #grow(): void {
    const addresses = new Float64Array(2 * this.#addresses.length);
    const lengths = new Float64Array(addresses.length);
    addresses.set(this.#addresses);
    lengths.set(this.#lengths);
    this.#addresses = addresses;
    this.#lengths = lengths;
  }
}

import type { Dma } from '@polyvisor/core';
import { BufferArea, misuse } from './buffer-area.ts';
import {
  AVAIL, AVAIL_NO_INTERRUPT, DESCRIPTOR_SIZE, DescriptorFlag, USED, USED_ELEMENT_SIZE, USED_NO_NOTIFY, queueAddresses,
  type Descriptor, type QueueAddresses,
} from './layout.ts';

/** One buffer of a chain: bytes for the device to read, or room for it to write. */
export type Segment = { readonly read: Uint8Array } | { readonly write: number };

/** A segment as it was placed in memory. */
export interface PlacedSegment {
  readonly address: number;
  readonly length: number;
  readonly writable: boolean;
}

export interface Chain {
  /** Index of the first descriptor: the id that comes back in the used ring. */
  readonly head: number;
  readonly segments: readonly PlacedSegment[];
  /** Descriptors of the table that it occupies. */
  readonly descriptors: readonly number[];
}

export interface UsedChain {
  readonly chain: Chain;
  /** Bytes the device says it wrote. */
  readonly written: number;
}

export interface DriverQueueOptions {
  readonly memory: Dma;
  /** Descriptors, a power of two up to 32768 (VIRTIO 1.2 §2.7). */
  readonly size: number;
  /** Where the queue lies. */
  readonly base: number;
  /** Where buffers and indirect tables are placed; default behind the queue. */
  readonly buffers?: number;
  /** Room for them, in bytes; it is used again from its start. Without it a test's memory is large enough. */
  readonly bufferBytes?: number;
  /** VIRTIO_F_EVENT_IDX was negotiated (§2.7.7.2). */
  readonly eventIndex?: boolean;
}

/** The driver's side of a split virtqueue (VIRTIO 1.2 §2.7), for tests of devices. */
export class DriverQueue {
  readonly memory: Dma;
  readonly size: number;
  readonly at: QueueAddresses;
  readonly eventIndex: boolean;
  readonly #free: number[];
  readonly #chains = new Map<number, Chain>();
  readonly #area: BufferArea;
  /** Free-running, modulo 65536. */
  #avail = 0;
  #used = 0;

  constructor(options: DriverQueueOptions) {
    const { size } = options;
    if (!Number.isInteger(Math.log2(size)) || size > 32768) throw misuse(`a queue cannot have ${size} descriptors`);
    this.memory = options.memory;
    this.size = size;
    const { end, ...at } = queueAddresses(options.base, size);
    this.at = at;
    this.#area = new BufferArea(options.memory, options.buffers ?? end, options.bufferBytes);
    this.eventIndex = options.eventIndex ?? false;
    this.#free = Array.from({ length: size }, (_, i) => i);
  }

  /** Descriptors that no chain occupies. */
  get free(): number {
    return this.#free.length;
  }
  get availIndex(): number {
    return this.#avail;
  }

  /** Room for `length` bytes. */
  allocate(length: number): number {
    return this.#area.allocate(length);
  }

  /** Places the segments, links descriptors to them and publishes the chain. Readable ones come first (§2.7.4.2). */
  add(segments: readonly Segment[], options: { readonly indirect?: boolean } = {}): Chain {
    const placed = segments.map((segment) => this.#area.place(segment));
    const chain = options.indirect === true ? this.#indirect(placed) : this.#direct(placed);
    this.#chains.set(chain.head, chain);
    this.publish(chain.head);
    return chain;
  }

  /** Takes one descriptor out of the free ones. */
  take(): number {
    const index = this.#free.shift();
    if (index === undefined) throw misuse('no descriptor is free');
    return index;
  }

  /** Writes any descriptor, sensible or not. */
  writeDescriptor(index: number, descriptor: Descriptor, table = this.at.descriptors): void {
    const at = table + index * DESCRIPTOR_SIZE;
    this.#store(at, 4, descriptor.address % 2 ** 32);
    this.#store(at + 4, 4, Math.floor(descriptor.address / 2 ** 32));
    this.#store(at + 8, 4, descriptor.length);
    this.#store(at + 12, 2, descriptor.flags);
    this.#store(at + 14, 2, descriptor.next);
  }

  /** Makes a head available to the device, whatever it names. */
  publish(head: number): void {
    this.#store(this.at.avail + AVAIL.ring + 2 * (this.#avail % this.size), 2, head);
    this.#avail = (this.#avail + 1) & 0xffff;
    this.setAvailIndex(this.#avail);
  }

  /** Sets the index the device sees; a wrong one promises chains that are not there. */
  setAvailIndex(index: number): void {
    this.#store(this.at.avail + AVAIL.idx, 2, index);
  }

  /** The next chain the device has used, or `undefined`. Its descriptors are free again. */
  takeUsed(): UsedChain | undefined {
    if (this.usedIndex === this.#used) return undefined;
    const at = this.at.used + USED.ring + USED_ELEMENT_SIZE * (this.#used % this.size);
    const id = this.#load(at, 4) >>> 0;
    const chain = this.#chains.get(id);
    if (!chain) throw misuse(`the device used chain ${id}, which is not in its hands`);
    this.#used = (this.#used + 1) & 0xffff;
    this.#chains.delete(id);
    this.#free.push(...chain.descriptors);
    if (this.eventIndex) this.setUsedEvent(this.#used);
    return { chain, written: this.#load(at + 4, 4) >>> 0 };
  }

  /** What the device wrote into a chain: the bytes of its writable segments, `written` of them at most. */
  contents({ chain, written }: UsedChain): Uint8Array {
    return this.#area.contents(chain.segments, written);
  }

  get usedIndex(): number {
    return this.#load(this.at.used + USED.idx, 2) & 0xffff;
  }

  /** Whether the device asks to be notified of what was published since `before` (§2.7.10). */
  needsNotification(before: number): boolean {
    if (!this.eventIndex) return (this.#load(this.at.used + USED.flags, 2) & USED_NO_NOTIFY) === 0;
    return passed(this.#load(this.at.used + USED.ring + USED_ELEMENT_SIZE * this.size, 2) & 0xffff, this.#avail, before);
  }

  /** Asks for no interrupts; a hint only without event indexes (§2.7.7). */
  suppressInterrupts(suppress: boolean): void {
    this.#store(this.at.avail + AVAIL.flags, 2, suppress ? AVAIL_NO_INTERRUPT : 0);
  }
  /** With event indexes: an interrupt is wanted when the used index passes `index`. */
  setUsedEvent(index: number): void {
    this.#store(this.at.avail + AVAIL.ring + 2 * this.size, 2, index);
  }

  #direct(segments: readonly PlacedSegment[]): Chain {
    if (segments.length === 0 || segments.length > this.free) throw misuse(`a chain of ${segments.length} does not fit ${this.free} free descriptors`);
    const descriptors = segments.map(() => this.take());
    segments.forEach((segment, i) => { this.writeDescriptor(descriptors[i]!, describe(segment, descriptors[i + 1])); });
    return { head: descriptors[0]!, segments, descriptors };
  }
  /** All segments in a table of their own, one descriptor in the queue (§2.7.5.3). */
  #indirect(segments: readonly PlacedSegment[]): Chain {
    const table = this.allocate(segments.length * DESCRIPTOR_SIZE);
    segments.forEach((segment, i) => {
      this.writeDescriptor(i, describe(segment, i + 1 < segments.length ? i + 1 : undefined), table);
    });
    const head = this.take();
    this.writeDescriptor(head, { address: table, length: segments.length * DESCRIPTOR_SIZE, flags: DescriptorFlag.indirect, next: 0 });
    return { head, segments, descriptors: [head] };
  }
  #store(at: number, size: 2 | 4, value: number): void {
    this.#area.store(at, size, value);
  }
  #load(at: number, size: 2 | 4): number {
    return this.#area.load(at, size);
  }
}

/** Whether `event` lies in the entries between `before` and `now`, all modulo 65536 (`vring_need_event`, §2.7.10.1). */
export function passed(event: number, now: number, before: number): boolean {
  return ((now - event - 1) & 0xffff) < ((now - before) & 0xffff);
}

function describe(segment: PlacedSegment, next: number | undefined): Descriptor {
  const flags = (segment.writable ? DescriptorFlag.write : 0) | (next === undefined ? 0 : DescriptorFlag.next);
  return { address: segment.address, length: segment.length, flags, next: next ?? 0 };
}

import type { Dma } from '@polyvisor/core';
import { BufferArea, misuse } from './buffer-area.ts';
import type { Chain, DriverQueueOptions, PlacedSegment, Segment, UsedChain } from './driver-queue.ts';
import { DESCRIPTOR_SIZE, DescriptorFlag, type QueueAddresses } from './layout.ts';

/** Flags of a packed descriptor beside those of a split one (VIRTIO 1.2 §2.8.1). */
const AVAIL = 0x80;
const USED = 0x8000;
/** Flags of an event suppression structure (§2.8.10). */
const Event = { ENABLE: 0, DISABLE: 1, DESC: 2 } as const;
const WRAP = 0x8000;

/** The driver's side of a packed virtqueue (VIRTIO 1.2 §2.8), for tests of devices. */
export class PackedDriverQueue {
  readonly memory: Dma;
  readonly size: number;
  /** `avail` is the driver's event suppression structure, `used` the device's. */
  readonly at: QueueAddresses;
  readonly eventIndex: boolean;
  readonly #area: BufferArea;
  readonly #ids: number[];
  readonly #chains = new Map<number, Chain>();
  #next = 0;
  #nextWrap = true;
  #used = 0;
  #usedWrap = true;
  #occupied = 0;

  constructor(options: DriverQueueOptions) {
    const { size, memory } = options;
    if (!Number.isInteger(size) || size < 1 || size > 32768) throw misuse(`a queue cannot have ${size} descriptors`);
    this.memory = memory;
    this.size = size;
    const descriptors = Math.ceil(options.base / 16) * 16;
    const avail = descriptors + size * DESCRIPTOR_SIZE;
    this.at = { descriptors, avail, used: avail + 4 };
    this.#area = new BufferArea(memory, options.buffers ?? avail + 8, options.bufferBytes);
    this.eventIndex = options.eventIndex ?? false;
    this.#ids = Array.from({ length: size }, (_, i) => i);
    if (this.eventIndex) this.#wantUsed();
  }

  /** Descriptors that no chain occupies. */
  get free(): number {
    return this.size - this.#occupied;
  }

  allocate(length: number): number {
    return this.#area.allocate(length);
  }

  /** Places the segments and makes the chain available: the first descriptor's flags are written last (§2.8.21.1). */
  add(segments: readonly Segment[], options: { readonly indirect?: boolean } = {}): Chain {
    const placed = segments.map((segment) => this.#area.place(segment));
    const rows = options.indirect === true ? [this.#table(placed)] : placed.map(direct);
    const id = this.#ids.shift();
    if (id === undefined || rows.length === 0 || rows.length > this.free) throw misuse(`a chain of ${rows.length} does not fit ${this.free} free descriptors`);
    const descriptors: number[] = [];
    const flags: number[] = [];
    for (const [i, row] of rows.entries()) {
      const turn = this.#nextWrap ? AVAIL : USED;
      descriptors.push(this.#next);
      flags.push(row.flags | turn | (i + 1 < rows.length ? DescriptorFlag.next : 0));
      this.#write(this.at.descriptors + this.#next * DESCRIPTOR_SIZE, row.address, row.length);
      this.#area.store(this.at.descriptors + this.#next * DESCRIPTOR_SIZE + 12, 2, id);
      this.#advance();
    }
    for (let i = rows.length - 1; i >= 0; i -= 1) this.#area.store(this.at.descriptors + descriptors[i]! * DESCRIPTOR_SIZE + 14, 2, flags[i]!);
    const chain: Chain = { head: id, segments: placed, descriptors };
    this.#chains.set(id, chain);
    this.#occupied += rows.length;
    return chain;
  }

  /** The next chain the device has used, or `undefined`. */
  takeUsed(): UsedChain | undefined {
    const at = this.at.descriptors + this.#used * DESCRIPTOR_SIZE;
    const flags = this.#area.load(at + 14, 2);
    if (((flags & AVAIL) !== 0) !== this.#usedWrap || ((flags & USED) !== 0) !== this.#usedWrap) return undefined;
    const id = this.#area.load(at + 12, 2) & 0xffff;
    const chain = this.#chains.get(id);
    if (!chain) throw misuse(`the device used chain ${id}, which is not in its hands`);
    this.#chains.delete(id);
    this.#ids.push(id);
    this.#occupied -= chain.descriptors.length;
    this.#used += chain.descriptors.length;
    if (this.#used >= this.size) {
      this.#used -= this.size;
      this.#usedWrap = !this.#usedWrap;
    }
    if (this.eventIndex) this.#wantUsed();
    return { chain, written: this.#area.load(at + 8, 4) >>> 0 };
  }

  contents({ chain, written }: UsedChain): Uint8Array {
    return this.#area.contents(chain.segments, written);
  }

  /** Whether the device asks to be notified of the `count` descriptors that were made available last (§2.8.10). */
  needsNotification(count: number): boolean {
    const suppression = this.#area.load(this.at.used, 4);
    const flags = (suppression >> 16) & 3;
    if (flags !== Event.DESC) return flags === Event.ENABLE;
    let event = suppression & (WRAP - 1);
    if (((suppression & WRAP) !== 0) !== this.#nextWrap) event -= this.size;
    return ((this.#next - event - 1) & 0xffff) < count;
  }

  suppressInterrupts(suppress: boolean): void {
    this.#area.store(this.at.avail, 4, (suppress ? Event.DISABLE : Event.ENABLE) << 16);
  }

  #wantUsed(): void {
    this.#area.store(this.at.avail, 4, this.#used | (this.#usedWrap ? WRAP : 0) | (Event.DESC << 16));
  }

  #advance(): void {
    this.#next += 1;
    if (this.#next < this.size) return;
    this.#next = 0;
    this.#nextWrap = !this.#nextWrap;
  }

  #write(at: number, address: number, length: number): void {
    this.#area.store(at, 4, address % 2 ** 32);
    this.#area.store(at + 4, 4, Math.floor(address / 2 ** 32));
    this.#area.store(at + 8, 4, length);
  }

  /** A table of all segments, in order and without NEXT (§2.8.7). */
  #table(placed: readonly PlacedSegment[]): Row {
    const address = this.#area.allocate(placed.length * DESCRIPTOR_SIZE);
    for (const [i, segment] of placed.entries()) {
      this.#write(address + i * DESCRIPTOR_SIZE, segment.address, segment.length);
      this.#area.store(address + i * DESCRIPTOR_SIZE + 12, 4, (segment.writable ? DescriptorFlag.write : 0) << 16);
    }
    return { address, length: placed.length * DESCRIPTOR_SIZE, flags: DescriptorFlag.indirect };
  }
}

interface Row {
  readonly address: number;
  readonly length: number;
  readonly flags: number;
}

function direct({ address, length, writable }: PlacedSegment): Row {
  return { address, length, flags: writable ? DescriptorFlag.write : 0 };
}

import { DmaStatus } from '@polyvisor/core';
import type { Chain } from './chain.ts';
import { DescriptorReader } from './descriptors.ts';
import { DESCRIPTOR_SIZE, DescriptorFlag, type Ring, type RingPlace } from './ring.ts';
import type { RingState } from './state.ts';

/** Values of an event suppression structure's flags (§2.8.10); the offset with its wrap counter stands before them. */
const Event = { ENABLE: 0, DISABLE: 1, DESC: 2 } as const;
const WRAP = 0x8000;

/** A packed virtqueue (§2.8). Its descriptors carry their buffer's id before the flags. */
export class PackedRing implements Ring {
  readonly #place: RingPlace;
  readonly #reader: DescriptorReader;
  #next = 0;
  #nextWrap = true;
  #used = 0;
  #usedWrap = true;
  #unpublished = 0;
  #unsignalled = 0;
  #signalled = false;

  constructor(place: RingPlace, saved: RingState | undefined) {
    this.#place = place;
    this.#reader = new DescriptorReader(place);
    if (!saved) return;
    this.#next = saved.next % place.size;
    this.#nextWrap = saved.nextWrap;
    this.#used = saved.used % place.size;
    this.#usedWrap = saved.usedWrap;
    this.#unpublished = saved.unpublished;
    this.#unsignalled = saved.unsignalled;
    this.#signalled = saved.signalled;
  }

  /** @hot */
  take(chain: Chain): boolean {
    const { dma, descriptors, size } = this.#place;
    const { one } = this.#reader;
    if (!this.#available() && !this.#look()) return false;
    chain.clear();
    for (let index = this.#next; ; index = index + 1 === size ? 0 : index + 1) {
      if (chain.descriptors >= size) return this.#reader.fail('a chain is longer than the queue, or a loop');
      if (!one.load(dma, descriptors + index * DESCRIPTOR_SIZE, 1)) return this.#reader.fail('the descriptor ring is not in memory');
      if (!one.parse(0)) return this.#reader.fail('an address has more than 53 bits');
      const flags = one.second16(0);
      chain.descriptors += 1;
      // The id of the last descriptor counts (§2.8.6).
      chain.id = one.first16(0);
      if ((flags & DescriptorFlag.INDIRECT) !== 0) {
        if (!this.#addTable(chain, flags)) return false;
        break;
      }
      if (!this.#reader.add(chain, one, flags)) return false;
      if ((flags & DescriptorFlag.NEXT) === 0) break;
    }
    this.#next += chain.descriptors;
    if (this.#next >= size) {
      this.#next -= size;
      this.#nextWrap = !this.#nextWrap;
    }
    return true;
  }

  /** @hot */
  untake(chain: Chain): void {
    this.#next -= chain.descriptors;
    if (this.#next >= 0) return;
    this.#next += this.#place.size;
    this.#nextWrap = !this.#nextWrap;
  }

  /** @hot The flags are written last, together with the id: with them the descriptor is the driver's. */
  use(chain: Chain, written: number): void {
    const { dma, descriptors, size } = this.#place;
    const at = descriptors + this.#used * DESCRIPTOR_SIZE;
    const turn = this.#usedWrap ? DescriptorFlag.AVAIL | DescriptorFlag.USED : 0;
    const flags = turn | (written > 0 ? DescriptorFlag.WRITE : 0);
    dma.store(at + 8, 4, written | 0);
    if (dma.store(at + 12, 4, chain.id | (flags << 16)) !== DmaStatus.ok) this.#reader.fail('the descriptor ring cannot be written');
    this.#used += chain.descriptors;
    this.#unpublished += chain.descriptors;
    if (this.#used < size) return;
    this.#used -= size;
    this.#usedWrap = !this.#usedWrap;
  }

  /** @hot */
  publish(): boolean {
    if (this.#unpublished === 0) return false;
    const { dma, driver, size } = this.#place;
    const fresh = this.#unpublished + this.#unsignalled;
    this.#unpublished = 0;
    this.#unsignalled = 0;
    const suppression = dma.load(driver, 4);
    if (dma.status !== DmaStatus.ok) return this.#reader.fail('the event suppression of the driver is not in memory');
    const flags = (suppression >> 16) & 3;
    if (flags !== Event.DESC) return flags === Event.ENABLE;
    const first = !this.#signalled;
    this.#signalled = true;
    let event = suppression & (WRAP - 1);
    if (((suppression & WRAP) !== 0) !== this.#usedWrap) event -= size;
    return first || ((this.#used - event - 1) & 0xffff) < fresh;
  }

  save(): RingState {
    return {
      next: this.#next, used: this.#used, nextWrap: this.#nextWrap, usedWrap: this.#usedWrap,
      unpublished: this.#unpublished, unsignalled: this.#unsignalled, signalled: this.#signalled,
    };
  }

  /** @hot Asks to be told of the next descriptor (§2.8.10), and looks once more. */
  #look(): boolean {
    const { dma, device, eventIndex } = this.#place;
    if (!eventIndex || dma.status !== DmaStatus.ok) return false;
    const place = this.#next | (this.#nextWrap ? WRAP : 0);
    if (dma.store(device, 4, place | (Event.DESC << 16)) !== DmaStatus.ok) {
      return this.#reader.fail('the event suppression of the device cannot be written');
    }
    return this.#available();
  }

  /** @hot The descriptor at `next` is available: its AVAIL bit is as our wrap counter, its USED bit is not (§2.8.1). */
  #available(): boolean {
    const { dma, descriptors } = this.#place;
    const flags = dma.load(descriptors + this.#next * DESCRIPTOR_SIZE + 14, 2);
    if (dma.status !== DmaStatus.ok) return this.#reader.fail('the descriptor ring is not in memory');
    const avail = (flags & DescriptorFlag.AVAIL) !== 0;
    const used = (flags & DescriptorFlag.USED) !== 0;
    return avail === this.#nextWrap && used !== this.#nextWrap;
  }

  /** @hot Tables of packed rings are in order, without NEXT (§2.8.7). */
  #addTable(chain: Chain, flags: number): boolean {
    const entries = this.#reader.loadIndirect(flags, chain.count > 0);
    const { table } = this.#reader;
    if (entries === 0) return false;
    for (let i = 0; i < entries; i++) {
      if (!table.parse(i)) return this.#reader.fail('an address has more than 53 bits');
      const inner = table.second16(i);
      if ((inner & DescriptorFlag.INDIRECT) !== 0) return this.#reader.fail('an indirect table holds an indirect descriptor');
      if (!this.#reader.add(chain, table, inner)) return false;
    }
    return true;
  }
}

import { DmaStatus } from '@polyvisor/core';
import type { Chain } from './chain.ts';
import { DescriptorReader } from './descriptors.ts';
import { DESCRIPTOR_SIZE, DescriptorFlag, type Ring, type RingPlace } from './ring.ts';
import type { RingState } from './state.ts';

/** Offsets in the available and the used ring (§2.7.6, §2.7.8). */
const AVAIL = { FLAGS: 0, IDX: 2, RING: 4 } as const;
const USED = { IDX: 2, RING: 4, ELEMENT: 8 } as const;
/** VIRTQ_AVAIL_F_NO_INTERRUPT (§2.7.7). */
const NO_INTERRUPT = 1;

/** A split virtqueue (§2.7). Indexes run freely, modulo 65536. */
export class SplitRing implements Ring {
  readonly #place: RingPlace;
  readonly #reader: DescriptorReader;
  readonly #element = new Uint8Array(USED.ELEMENT);
  readonly #elementView = new DataView(this.#element.buffer);
  #next = 0;
  /** The driver's index when it was last read. */
  #seen = 0;
  #used = 0;
  #unpublished = 0;
  #unsignalled = 0;
  #signalled = false;

  constructor(place: RingPlace, saved: RingState | undefined) {
    this.#place = place;
    this.#reader = new DescriptorReader(place);
    if (!saved) return;
    this.#next = saved.next;
    this.#seen = saved.next;
    this.#used = saved.used;
    this.#unpublished = saved.unpublished;
    this.#unsignalled = saved.unsignalled;
    this.#signalled = saved.signalled;
  }

  /** @hot */
  take(chain: Chain): boolean {
    if (this.#next === this.#seen && !this.#look()) return false;
    const { dma, driver, size } = this.#place;
    const head = dma.load(driver + AVAIL.RING + 2 * (this.#next % size), 2) & 0xffff;
    if (dma.status !== DmaStatus.ok) return this.#reader.fail('the available ring is not in memory');
    chain.clear();
    if (!this.#walk(chain, head)) return false;
    chain.id = head;
    this.#next = (this.#next + 1) & 0xffff;
    return true;
  }

  /** @hot */
  untake(_chain: Chain): void {
    this.#next = (this.#next - 1) & 0xffff;
  }

  /** @hot */
  use(chain: Chain, written: number): void {
    const { dma, device, size } = this.#place;
    this.#elementView.setUint32(0, chain.id, true);
    this.#elementView.setUint32(4, written, true);
    const at = device + USED.RING + USED.ELEMENT * (this.#used % size);
    if (dma.write(at, this.#element, 0, USED.ELEMENT) !== DmaStatus.ok) this.#reader.fail('the used ring cannot be written');
    this.#used = (this.#used + 1) & 0xffff;
    this.#unpublished += 1;
  }

  /** @hot */
  publish(): boolean {
    if (this.#unpublished === 0) return false;
    const { dma, driver, device, size, eventIndex } = this.#place;
    if (dma.store(device + USED.IDX, 2, this.#used) !== DmaStatus.ok) return this.#reader.fail('the used ring cannot be written');
    this.#unsignalled += this.#unpublished;
    this.#unpublished = 0;
    if (!eventIndex) {
      this.#unsignalled = 0;
      return (dma.load(driver + AVAIL.FLAGS, 2) & NO_INTERRUPT) === 0;
    }
    const event = dma.load(driver + AVAIL.RING + 2 * size, 2) & 0xffff;
    // vring_need_event (§2.7.10.1): the event lies among the entries that are new.
    const wanted = !this.#signalled || ((this.#used - event - 1) & 0xffff) < this.#unsignalled;
    this.#unsignalled = 0;
    this.#signalled = true;
    return wanted;
  }

  save(): RingState {
    return {
      next: this.#next, used: this.#used, nextWrap: false, usedWrap: false,
      unpublished: this.#unpublished, unsignalled: this.#unsignalled, signalled: this.#signalled,
    };
  }

  /** @hot Whether the driver published more; asks to be told of the next when not (§2.7.10). */
  #look(): boolean {
    if (this.#readIndex()) return true;
    const { dma, device, size, eventIndex } = this.#place;
    if (!eventIndex || dma.status !== DmaStatus.ok) return false;
    if (dma.store(device + USED.RING + USED.ELEMENT * size, 2, this.#next) !== DmaStatus.ok) {
      return this.#reader.fail('the used ring cannot be written');
    }
    // What came between the two looks was published under the old event.
    return this.#readIndex();
  }

  /** @hot */
  #readIndex(): boolean {
    const { dma, driver, size } = this.#place;
    const index = dma.load(driver + AVAIL.IDX, 2) & 0xffff;
    if (dma.status !== DmaStatus.ok) return this.#reader.fail('the available ring is not in memory');
    if (((index - this.#next) & 0xffff) > size) return this.#reader.fail('the available index runs ahead of the queue');
    this.#seen = index;
    return index !== this.#next;
  }

  /** @hot */
  #walk(chain: Chain, head: number): boolean {
    const { dma, descriptors, size } = this.#place;
    const { one } = this.#reader;
    for (let index = head; ; index = one.second16(0)) {
      if (index >= size) return this.#reader.fail('a descriptor lies behind the table');
      if (!one.load(dma, descriptors + index * DESCRIPTOR_SIZE, 1)) return this.#reader.fail('the descriptor table is not in memory');
      if (!one.parse(0)) return this.#reader.fail('an address has more than 53 bits');
      const flags = one.first16(0);
      chain.descriptors += 1;
      if ((flags & DescriptorFlag.INDIRECT) !== 0) return this.#walkIndirect(chain, flags);
      if (!this.#reader.add(chain, one, flags)) return false;
      if ((flags & DescriptorFlag.NEXT) === 0) return true;
    }
  }

  /** @hot The table has been copied, so the driver cannot change it meanwhile. */
  #walkIndirect(chain: Chain, flags: number): boolean {
    const entries = this.#reader.loadIndirect(flags, chain.count > 0);
    const { table } = this.#reader;
    if (entries === 0) return false;
    for (let index = 0; ; index = table.second16(index)) {
      if (index >= entries) return this.#reader.fail('a descriptor lies behind the indirect table');
      if (!table.parse(index)) return this.#reader.fail('an address has more than 53 bits');
      const inner = table.first16(index);
      if ((inner & DescriptorFlag.INDIRECT) !== 0) return this.#reader.fail('an indirect table holds an indirect descriptor');
      if (!this.#reader.add(chain, table, inner)) return false;
      if ((inner & DescriptorFlag.NEXT) === 0) return true;
    }
  }
}

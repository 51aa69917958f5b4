import { DmaStatus, type Dma } from '@polyvisor/core';
import { MAX_QUEUE_SIZE } from '../virtio/constants.ts';
import type { Chain } from './chain.ts';
import { DESCRIPTOR_SIZE, DescriptorFlag, type RingPlace } from './ring.ts';

/** Addresses beyond are not exact numbers any more, and no processor has them. */
const HIGH_LIMIT = 2 ** 21;

/** One descriptor, or an indirect table, as it was read from memory. */
export class DescriptorTable {
  address = 0;
  length = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(entries = 1) {
    this.#bytes = new Uint8Array(entries * DESCRIPTOR_SIZE);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** @hot Reads `entries` descriptors from `address`. */
  load(dma: Dma, address: number, entries: number): boolean {
    return dma.read(address, this.#bytes, 0, entries * DESCRIPTOR_SIZE) === DmaStatus.ok;
  }

  /** @hot Takes one of them apart; false for an address that no memory has. */
  parse(entry: number): boolean {
    const at = entry * DESCRIPTOR_SIZE;
    const high = this.#view.getUint32(at + 4, true);
    this.length = this.#view.getUint32(at + 8, true);
    this.address = high * 0x1_0000_0000 + this.#view.getUint32(at, true);
    return high < HIGH_LIMIT;
  }

  /** @hot The two 16-bit fields behind the length. */
  first16(entry: number): number {
    return this.#view.getUint16(entry * DESCRIPTOR_SIZE + 12, true);
  }
  /** @hot */
  second16(entry: number): number {
    return this.#view.getUint16(entry * DESCRIPTOR_SIZE + 14, true);
  }
}

/** Walks descriptors into chains under the rules that both ring formats share (§2.7.5, §2.8.6). */
export class DescriptorReader {
  readonly one = new DescriptorTable();
  readonly table: DescriptorTable;
  readonly #place: RingPlace;

  constructor(place: RingPlace) {
    this.#place = place;
    this.table = new DescriptorTable(Math.min(place.size, MAX_QUEUE_SIZE));
  }

  /** @hot Adds the buffer that `parse` found to the chain. */
  add(chain: Chain, from: DescriptorTable, flags: number): boolean {
    const writable = (flags & DescriptorFlag.WRITE) !== 0;
    if (from.length === 0) return this.fail('a descriptor has no bytes');
    if (chain.count >= this.#place.size) return this.fail('a chain is longer than the queue, or a loop');
    if (!writable && chain.writable > 0) return this.fail('a readable buffer follows a writable one');
    chain.add(from.address, from.length, writable);
    return true;
  }

  /** @hot Loads the table that the descriptor in `one` names, and says how many entries it has; 0 after a fault. */
  loadIndirect(flags: number, chained: boolean): number {
    const { one } = this;
    const entries = one.length / DESCRIPTOR_SIZE;
    if (!this.#place.indirect) this.fail('an indirect descriptor was not negotiated');
    else if (chained || (flags & DescriptorFlag.NEXT) !== 0) this.fail('an indirect descriptor is part of a chain');
    else if (one.length === 0 || one.length % DESCRIPTOR_SIZE !== 0) this.fail('the length of an indirect table is no multiple of 16');
    else if (entries > this.#place.size) this.fail('an indirect table is longer than the queue');
    else if (!this.table.load(this.#place.dma, one.address, entries)) this.fail('an indirect table is not in memory');
    else return entries;
    return 0;
  }

  fail(why: string): false {
    this.#place.fail(why);
    return false;
  }
}

import { DmaStatus, type Dma } from '@polyvisor/core';
import { MDTS, PAGE, Status } from './registers.ts';

/** A page for each of the largest transfer's, and one more because the first may begin in the middle. */
const MAX_SEGMENTS = (1 << MDTS) + 1;
const ENTRY = 8;

/** Where a command's data is in memory: the physical region pages (4.3), neighbouring ones taken together. */
export class Segments {
  readonly #dma: Dma;
  readonly #addresses = new Float64Array(MAX_SEGMENTS);
  readonly #lengths = new Int32Array(MAX_SEGMENTS);
  #count = 0;
  readonly #list = new Uint8Array(PAGE);
  readonly #view = new DataView(this.#list.buffer);

  constructor(dma: Dma) {
    this.#dma = dma;
  }

  /**
   * @hot Finds the pages of `length` bytes, up to MAX_TRANSFER, and returns a status. The first entry may have an
   * offset of whole dwords, the pointer to a list one of whole entries; all others are page addresses (4.3).
   */
  map(command: DataView, prp1: number, prp2: number, length: number): number {
    this.#count = 0;
    if (length === 0) return Status.SUCCESS;
    const offset = command.getInt32(prp1, true) & (PAGE - 1);
    if ((offset & 3) !== 0) return Status.PRP_OFFSET_INVALID;
    const first = Math.min(length, PAGE - offset);
    this.#add(command, prp1, first);
    const rest = length - first;
    if (rest === 0) return Status.SUCCESS;
    if (rest > PAGE) return this.#mapList(command, prp2, rest);
    if ((command.getInt32(prp2, true) & (PAGE - 1)) !== 0) return Status.PRP_OFFSET_INVALID;
    this.#add(command, prp2, rest);
    return Status.SUCCESS;
  }

  /** @hot Brings the data from memory; false when a part of it is not there. */
  gather(into: Uint8Array): boolean {
    let at = 0;
    for (let i = 0; i < this.#count; i++) {
      const length = this.#lengths[i]!;
      if (this.#dma.read(this.#addresses[i]!, into, at, length) !== DmaStatus.ok) return false;
      at += length;
    }
    return true;
  }

  /** @hot */
  scatter(from: Uint8Array): boolean {
    let at = 0;
    for (let i = 0; i < this.#count; i++) {
      const length = this.#lengths[i]!;
      if (this.#dma.write(this.#addresses[i]!, from, at, length) !== DmaStatus.ok) return false;
      at += length;
    }
    return true;
  }

  /**
   * @hot A list that leaves its page goes on where its last entry points. Each list but the first fills a page, and the
   * data has an end, so that lists that lead in circles are read a bounded number of times.
   */
  #mapList(command: DataView, pointer: number, length: number): number {
    let at = pageAddress(command, pointer) + (command.getInt32(pointer, true) & (PAGE - 1));
    let rest = length;
    if (at % ENTRY !== 0) return Status.PRP_OFFSET_INVALID;
    while (rest > 0) {
      const room = (PAGE - (at % PAGE)) / ENTRY;
      const needed = Math.ceil(rest / PAGE);
      const chained = needed > room;
      const count = chained ? room : needed;
      if (this.#dma.read(at, this.#list, 0, count * ENTRY) !== DmaStatus.ok) return Status.DATA_TRANSFER_ERROR;
      for (let i = 0; i < count; i++) {
        if ((this.#view.getInt32(i * ENTRY, true) & (PAGE - 1)) !== 0) return Status.PRP_OFFSET_INVALID;
        if (chained && i === count - 1) break;
        this.#add(this.#view, i * ENTRY, Math.min(rest, PAGE));
        rest -= Math.min(rest, PAGE);
      }
      if (chained) at = pageAddress(this.#view, (count - 1) * ENTRY);
    }
    return Status.SUCCESS;
  }

  /** @hot */
  #add(view: DataView, at: number, length: number): void {
    const address = pageAddress(view, at) + (view.getInt32(at, true) & (PAGE - 1));
    const last = this.#count - 1;
    if (last >= 0 && this.#addresses[last]! + this.#lengths[last]! === address) {
      this.#lengths[last]! += length;
      return;
    }
    this.#addresses[this.#count] = address;
    this.#lengths[this.#count] = length;
    this.#count += 1;
  }
}

/** @hot The address without its offset in the page. */
function pageAddress(view: DataView, at: number): number {
  return view.getUint32(at + 4, true) * 0x1_0000_0000 + ((view.getInt32(at, true) & -PAGE) >>> 0);
}

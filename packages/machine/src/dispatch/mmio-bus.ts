import { FRAME_SIZE, type MachineEvents } from '@polyvisor/core';
import type { SlotTable } from './movable.ts';
import { NOWHERE, unclaimed } from './port-bus.ts';
import { Slot, cut, pieceSize } from './slot.ts';

/** A chunk is 4 GiB of addresses, in 1,024 granules of 4 MiB of 1,024 pages each. */
const CHUNK = 2 ** 32;
const GRANULES = 1024;
const PAGES = 1024;
const GRANULE_BYTES = PAGES * FRAME_SIZE;
/** In `whole`: look the page up. In `pages`: look the byte up. */
const FINER = 0xffff;

interface Chunk {
  /** Slot number that covers all of a granule, or FINER. */
  readonly whole: Uint16Array;
  readonly pages: (Uint16Array | undefined)[];
}

/**
 * The guest-physical addresses that devices answer. An address leads through granule and page to its slot, in
 * constant time for small and for very large regions; pages that several regions share have a table by bytes.
 */
export class MmioBus implements SlotTable {
  readonly #slots: Slot[];
  readonly #chunks = new Map<number, Chunk>();
  /** Page number → slot numbers by byte, for shared pages only. */
  readonly #bytes = new Map<number, Uint16Array>();
  readonly #low: Chunk;

  constructor(events: MachineEvents) {
    this.#slots = [new Slot(0, 2 ** 52, NOWHERE, 'nothing', unclaimed(events, 'memory'))];
    this.#low = this.#chunk(0);
  }

  /** The caller has checked that the range is free. */
  place(slot: Slot): void {
    this.change(slot.base, slot.base + slot.size, 0, this.add(slot));
  }

  add(slot: Slot): number {
    return this.#slots.push(slot) - 1;
  }

  change(start: number, end: number, from: number, to: number): void {
    let at = start;
    while (at < end) at = this.#change(at, end, from, to);
  }

  /** Whether a device answers at this address. */
  claims(address: number): boolean {
    return this.#find(address) !== 0;
  }

  /** @hot */
  read(address: number, size: 1 | 2 | 4): number {
    const slot = this.#slots[this.#find(address)]!;
    const offset = address - slot.base;
    if (size > slot.width || offset + size > slot.size) return this.#readPieces(address, size);
    return cut(slot.readFn.call(slot.region, offset, size), size);
  }

  /** @hot */
  write(address: number, size: 1 | 2 | 4, value: number): void {
    const slot = this.#slots[this.#find(address)]!;
    const offset = address - slot.base;
    if (size > slot.width || offset + size > slot.size) this.#writePieces(address, size, value);
    else slot.writeFn.call(slot.region, offset, size, cut(value, size));
  }

  /** @hot */
  #find(address: number): number {
    const chunk = address < CHUNK ? this.#low : this.#chunks.get(Math.floor(address / CHUNK));
    if (chunk === undefined) return 0;
    const low = address >>> 0;
    const whole = chunk.whole[low >>> 22]!;
    if (whole !== FINER) return whole;
    const inPage = chunk.pages[low >>> 22]![(low >>> 12) & (PAGES - 1)]!;
    return inPage === FINER ? this.#bytes.get(Math.floor(address / FRAME_SIZE))![low & (FRAME_SIZE - 1)]! : inPage;
  }

  /** @hot */
  #readPieces(address: number, size: 1 | 2 | 4): number {
    const nothing = this.#slots[0]!;
    if (this.#isUnclaimed(address, size)) return cut(nothing.readFn.call(nothing.region, address, size), size);
    let value = 0;
    let done = 0;
    while (done < size) {
      const slot = this.#slots[this.#find(address + done)]!;
      const offset = address + done - slot.base;
      const piece = pieceSize(slot, offset, size - done);
      value |= cut(slot.readFn.call(slot.region, offset, piece), piece) << (8 * done);
      done += piece;
    }
    return cut(value, size);
  }

  /** @hot */
  #writePieces(address: number, size: 1 | 2 | 4, value: number): void {
    const nothing = this.#slots[0]!;
    if (this.#isUnclaimed(address, size)) {
      nothing.writeFn.call(nothing.region, address, size, cut(value, size));
      return;
    }
    let done = 0;
    while (done < size) {
      const slot = this.#slots[this.#find(address + done)]!;
      const offset = address + done - slot.base;
      const piece = pieceSize(slot, offset, size - done);
      slot.writeFn.call(slot.region, offset, piece, cut(value >> (8 * done), piece));
      done += piece;
    }
  }

  /** @hot */
  #isUnclaimed(address: number, size: number): boolean {
    for (let i = 0; i < size; i++) if (this.#find(address + i) !== 0) return false;
    return true;
  }

  #chunk(number: number): Chunk {
    const found = this.#chunks.get(number);
    if (found) return found;
    const chunk = { whole: new Uint16Array(GRANULES), pages: Array<Uint16Array | undefined>(GRANULES).fill(undefined) };
    this.#chunks.set(number, chunk);
    return chunk;
  }

  /** Changes from `at` on, as coarsely as the range and what stands there allow; returns where it got to. */
  #change(at: number, end: number, from: number, to: number): number {
    const number = Math.floor(at / CHUNK);
    const next = Math.min(end, (Math.floor(at / GRANULE_BYTES) + 1) * GRANULE_BYTES);
    const chunk = this.#chunks.get(number) ?? (from === 0 ? this.#chunk(number) : undefined);
    if (chunk === undefined) return next;
    const granule = (at >>> 0) >>> 22;
    const there = chunk.whole[granule]!;
    if (there !== FINER) {
      if (there !== from) return next;
      if (next - at === GRANULE_BYTES) {
        chunk.whole[granule] = to;
        if (to === 0) this.#forgetChunk(number, chunk);
        return next;
      }
      chunk.whole[granule] = FINER;
      chunk.pages[granule] = new Uint16Array(PAGES).fill(there);
    }
    const pages = chunk.pages[granule]!;
    for (let page = at; page < next; page = (Math.floor(page / FRAME_SIZE) + 1) * FRAME_SIZE) this.#changePage(pages, page, next, from, to);
    // A guest that moves regions about leaves nothing behind.
    if (to === 0 && pages.every((slot) => slot === 0)) {
      chunk.pages[granule] = undefined;
      chunk.whole[granule] = 0;
      this.#forgetChunk(number, chunk);
    }
    return next;
  }

  #changePage(pages: Uint16Array, at: number, end: number, from: number, to: number): void {
    const index = ((at >>> 0) >>> 12) & (PAGES - 1);
    const number = Math.floor(at / FRAME_SIZE);
    const there = pages[index]!;
    const stop = Math.min(end, (number + 1) * FRAME_SIZE) - number * FRAME_SIZE;
    const start = at - number * FRAME_SIZE;
    if (there !== FINER) {
      if (there !== from) return;
      if (stop - start === FRAME_SIZE) {
        pages[index] = to;
        return;
      }
      pages[index] = FINER;
      this.#bytes.set(number, new Uint16Array(FRAME_SIZE).fill(there));
    }
    const bytes = this.#bytes.get(number)!;
    for (let i = start; i < stop; i++) if (bytes[i] === from) bytes[i] = to;
    if (to !== 0 || !bytes.every((slot) => slot === 0)) return;
    this.#bytes.delete(number);
    pages[index] = 0;
  }

  #forgetChunk(number: number, chunk: Chunk): void {
    if (chunk !== this.#low && chunk.whole.every((slot) => slot === 0)) this.#chunks.delete(number);
  }
}

import { DmaStatus, type Dma } from '@polyvisor/core';
import { HEADER_BYTES, Header, MAX_REGIONS, PRD_BYTES, PRD_COUNT, Table } from './registers.ts';

/** Descriptors that are read at once. */
const BATCH = 64;
/** What came of a move. */
export const Moved = { ALL: 0, SHORT: 1, FAULT: 2 } as const;
export type Moved = (typeof Moved)[keyof typeof Moved];

/** A command's place in memory, and its data by the physical region descriptor table (4.2.3.3). */
export class Regions {
  /** Of the command table. */
  address = 0;
  count = 0;
  /** Bytes of data that were moved. */
  moved = 0;
  /** Descriptors that were used since `moves` was set to 0, for who bounds the work of a turn. */
  moves = 0;
  readonly #dma: Dma;
  readonly #batch = new Uint8Array(BATCH * PRD_BYTES);
  readonly #view = new DataView(this.#batch.buffer);
  /** The first descriptor in the batch, −1 when there is none. */
  #first = -1;
  #next = 0;
  /** The rest of the region under way. */
  #at = 0;
  #left = 0;

  constructor(dma: Dma) {
    this.#dma = dma;
  }

  /** Reads a command header; false when it is not in memory. */
  open(header: number): boolean {
    if (this.#dma.read(header, this.#batch, 0, HEADER_BYTES) !== DmaStatus.ok) return false;
    const count = this.#view.getUint16(Header.PRDTL, true);
    const low = this.#view.getUint32(Header.CTBA, true);
    this.begin(this.#view.getUint32(Header.CTBAU, true) * 0x1_0000_0000 + low - (low % 128), Math.min(count, MAX_REGIONS));
    return true;
  }

  begin(address: number, count: number): void {
    this.address = address;
    this.count = count;
    this.moved = 0;
    this.#first = -1;
    this.#next = this.#at = this.#left = 0;
  }

  /** Goes on behind what was moved before the machine was saved. */
  skip(bytes: number): void {
    for (let rest = bytes; rest > 0;) {
      if (this.#left === 0 && this.#open() !== Moved.ALL) break;
      const length = Math.min(rest, this.#left);
      this.#at += length;
      this.#left -= length;
      rest -= length;
    }
    this.moved = bytes;
  }

  /** Moves data between memory and `buffer`. */
  move(buffer: Uint8Array, from: number, length: number, toMemory: boolean): Moved {
    for (let done = 0; done < length;) {
      if (this.#left === 0) {
        const opened = this.#open();
        if (opened !== Moved.ALL) return opened;
      }
      const part = Math.min(length - done, this.#left);
      const status = toMemory ? this.#dma.write(this.#at, buffer, from + done, part) : this.#dma.read(this.#at, buffer, from + done, part);
      this.moves += 1;
      if (status !== DmaStatus.ok) return Moved.FAULT;
      this.#at += part;
      this.#left -= part;
      this.moved += part;
      done += part;
    }
    return Moved.ALL;
  }

  #open(): Moved {
    const index = this.#next;
    if (index >= this.count) return Moved.SHORT;
    if (this.#first < 0 || index >= this.#first + BATCH) {
      const some = Math.min(BATCH, this.count - index);
      if (this.#dma.read(this.address + Table.PRDT + PRD_BYTES * index, this.#batch, 0, PRD_BYTES * some) !== DmaStatus.ok) return Moved.FAULT;
      this.#first = index;
    }
    const at = PRD_BYTES * (index - this.#first);
    this.#at = this.#view.getUint32(at + 4, true) * 0x1_0000_0000 + ((this.#view.getInt32(at, true) & ~1) >>> 0);
    this.#left = (this.#view.getInt32(at + 12, true) & PRD_COUNT) + 2;
    this.#next += 1;
    return Moved.ALL;
  }
}

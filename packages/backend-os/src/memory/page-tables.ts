import type { Dma } from '@polyvisor/core';
import type { FramePool } from './frames.ts';
import { PAGE, Prot } from './layout.ts';

/**
 * 4-level page tables (Intel SDM vol. 3A §4.5), lying in the guest's frames and built by the kernel:
 *
 *     linear   47 … 39   38 … 30   29 … 21   20 … 12   11 … 0
 *              PML4      PDPT      PD        PT        offset
 *
 * An entry that is not zero holds a frame. It is present unless the program may not touch the page at all
 * (PROT_NONE), so that such a page keeps its content.
 */
const PRESENT = 1;
const WRITE = 2;
const USER = 4;
/** Bit 63, in the high half. */
const NO_EXECUTE = 0x8000_0000 | 0;
/** Ignored by hardware; marks an entry that holds a frame, whether present or not. */
const HELD = 1 << 9;

/** Bytes that an entry of each level spans, top level first. */
const SPANS = [2 ** 39, 2 ** 30, 2 ** 21, PAGE] as const;
const LEAF = SPANS.length - 1;

/** Called with a page's address, its entry's guest-physical address and its frame. */
export type PageVisitor = (linear: number, entry: number, gfn: number) => void;

export class PageTables {
  /** Guest-physical address of the top table: what CR3 holds. */
  readonly root: number;
  readonly #memory: Dma;
  readonly #frames: FramePool;
  #cachedRegion = -1;
  #cachedTable = -1;

  /** There must be a free frame. */
  constructor(memory: Dma, frames: FramePool) {
    this.#memory = memory;
    this.#frames = frames;
    this.root = frames.allocate() * PAGE;
  }

  /** Maps the page at `linear` to a frame, for the program (`user`) or the kernel. False when there is no memory for tables. */
  map(linear: number, gfn: number, prot: number, user = true): boolean {
    const entry = this.#entry(linear, true, user);
    if (entry < 0) return false;
    this.#write(entry, gfn, prot, user);
    return true;
  }

  /** The frame at `linear`, whatever may be done with it; −1 when there is none. */
  frame(linear: number): number {
    const entry = this.#entry(linear, false, true);
    return entry < 0 ? -1 : this.#frameOf(entry);
  }

  /** @hot Guest-physical address that a program's access reaches, or −1 when hardware would fault. */
  translate(linear: number, write: boolean): number {
    const entry = this.#entry(linear, false, true);
    if (entry < 0) return -1;
    const low = this.#memory.load(entry, 4);
    const wanted = write ? PRESENT | USER | WRITE : PRESENT | USER;
    if ((low & wanted) !== wanted) return -1;
    return this.#address(entry, low) + (linear % PAGE);
  }

  protect(entry: number, gfn: number, prot: number): void {
    this.#write(entry, gfn, prot, true);
  }

  clear(entry: number): void {
    this.#memory.store(entry, 4, 0);
    this.#memory.store(entry + 4, 4, 0);
  }

  /** Visits each page with a frame in `start … end − 1`. The work is bounded by the tables there are, not by the range. */
  each(start: number, end: number, visit: PageVisitor): void {
    this.#each(this.root, 0, 0, start, end, visit);
  }

  #each(table: number, level: number, base: number, start: number, end: number, visit: PageVisitor): void {
    const span = SPANS[level]!;
    const first = Math.max(0, Math.floor((start - base) / span));
    const last = Math.min(511, Math.ceil((end - base) / span) - 1);
    for (let i = first; i <= last; i++) {
      const entry = table + i * 8;
      const low = this.#memory.load(entry, 4);
      if (low === 0) continue;
      if (level === LEAF) visit(base + i * span, entry, this.#address(entry, low) / PAGE);
      else this.#each(this.#address(entry, low), level + 1, base + i * span, start, end, visit);
    }
  }

  /** Guest-physical address of the leaf entry for `linear`; −1 when there is no table for it, or none could be made. */
  #entry(linear: number, make: boolean, user: boolean): number {
    const region = Math.floor(linear / SPANS[2]);
    if (region !== this.#cachedRegion) {
      let table = this.root;
      for (let level = 0; level < LEAF; level++) {
        table = this.#next(table + (Math.floor(linear / SPANS[level]!) & 511) * 8, make, user);
        if (table < 0) return -1;
      }
      this.#cachedRegion = region;
      this.#cachedTable = table;
    }
    return this.#cachedTable + (Math.floor(linear / PAGE) & 511) * 8;
  }

  #next(entry: number, make: boolean, user: boolean): number {
    const low = this.#memory.load(entry, 4);
    if (low !== 0) return this.#address(entry, low);
    if (!make) return -1;
    const gfn = this.#frames.allocate();
    if (gfn < 0) return -1;
    this.#write(entry, gfn, Prot.read | Prot.write | Prot.execute, user);
    return gfn * PAGE;
  }

  #write(entry: number, gfn: number, prot: number, user: boolean): void {
    const address = gfn * PAGE;
    const rights = prot === 0 ? 0 : PRESENT | (user ? USER : 0) | ((prot & Prot.write) !== 0 ? WRITE : 0);
    const high = Math.floor(address / 2 ** 32) | ((prot & Prot.execute) === 0 ? NO_EXECUTE : 0);
    this.#memory.store(entry + 4, 4, high);
    this.#memory.store(entry, 4, (address | 0) | HELD | rights);
  }

  #frameOf(entry: number): number {
    const low = this.#memory.load(entry, 4);
    return low === 0 ? -1 : this.#address(entry, low) / PAGE;
  }

  #address(entry: number, low: number): number {
    return (this.#memory.load(entry + 4, 4) & 0xfffff) * 2 ** 32 + ((low & -PAGE) >>> 0);
  }
}

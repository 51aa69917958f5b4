import { FRAME_SIZE, PolyvisorError, RUN_FRAMES, type Host } from '@polyvisor/core';
import { memoryErrors } from './errors.ts';
import { LARGE, MMIO, type EntryFormat } from './formats.ts';

/** Frames under a 4-level table: 9 bits for each level. */
export const MAX_FRAMES = 2 ** 36;
export const FRAME_MASK = -FRAME_SIZE;

const NO_LEVEL_2 = -1;
const NO_LEVEL_3 = -2;

/**
 * The four-level table itself: finds, makes and splits entries. An entry's place is given as the index of its low
 * word in host memory; the high word follows.
 *
 *      guest frame number
 *      35      27 26      18 17       9 8        0
 *     | level 4  | level 3  | level 2  | level 1  |   9 bits each: index of an 8-byte entry in a 4 KiB table
 */
export class RadixTable {
  readonly root: number;
  readonly format: EntryFormat;
  readonly #host: Host;
  readonly #words: Int32Array;

  constructor(host: Host, format: EntryFormat) {
    this.#host = host;
    this.#words = host.words;
    this.format = format;
    this.root = this.#newTable();
  }

  /**
   * @hot Index of the leaf entry that covers `gfn`, or −1. A large entry is returned for all of its 512 frames; ask
   * `isLarge`.
   */
  find(gfn: number): number {
    const words = this.#words;
    const upper = Math.floor(gfn / RUN_FRAMES);
    let at = slot(this.root, upper >> 18);
    if (words[at] === 0) return -1;
    at = slot(words[at]! >>> 12, (upper >> 9) & 511);
    if (words[at] === 0) return -1;
    at = slot(words[at]! >>> 12, upper & 511);
    const low = words[at]!;
    if ((low & LARGE) !== 0) return at;
    if (low === 0) return -1;
    return slot(low >>> 12, gfn % RUN_FRAMES);
  }

  /** @hot Level-1 entries keep bit 7 clear (PAT and suppress-VE bits are not used). */
  isLarge(at: number): boolean {
    return (this.#words[at]! & LARGE) !== 0;
  }

  /** Place of the level-2 entry for `gfn`; makes the tables above it. */
  level2(gfn: number): number {
    const upper = Math.floor(gfn / RUN_FRAMES);
    const level3 = this.#descend(slot(this.root, upper >> 18));
    const level2 = this.#descend(slot(level3, (upper >> 9) & 511));
    return slot(level2, upper & 511);
  }

  /** Place of the level-1 entry for `gfn`; makes the tables above it and splits a large entry. */
  level1(gfn: number): number {
    const at = this.level2(gfn);
    if (this.isLarge(at)) this.split(at);
    return slot(this.#descend(at), gfn % RUN_FRAMES);
  }

  /** Replaces a large entry by 512 small ones that mean the same. */
  split(at: number): void {
    const words = this.#words;
    const low = words[at]! & ~LARGE;
    const high = words[at + 1]!;
    const table = this.#newTable();
    const step = (high & MMIO) === 0 ? FRAME_SIZE : 0;
    for (let i = 0; i < RUN_FRAMES; i++) {
      const entry = slot(table, i);
      words[entry] = low + i * step;
      words[entry + 1] = high;
    }
    words[at] = (table << 12) | this.format.table;
    words[at + 1] = 0;
  }

  /**
   * Calls `visit` with the entries of each 2 MiB run in the range that exist: `entries` of them from `at` on, for
   * frames from `gfn` on. A large entry is one entry, unless the range begins or ends inside it.
   */
  eachRun(gfn: number, count: number, visit: (at: number, gfn: number, entries: number) => void): void {
    const end = gfn + count;
    let now = gfn;
    while (now < end) {
      const next = Math.min(end, (Math.floor(now / RUN_FRAMES) + 1) * RUN_FRAMES);
      const at = this.#existingLevel2(now);
      if (at >= 0) this.#visitRun(at, now, next, visit);
      now = at >= 0 ? next : Math.min(end, nextMultiple(now, at === NO_LEVEL_2 ? 2 ** 18 : 2 ** 27));
    }
  }

  #visitRun(at: number, from: number, to: number, visit: (at: number, gfn: number, entries: number) => void): void {
    if (this.isLarge(at) && to - from < RUN_FRAMES) this.split(at);
    if (this.isLarge(at)) visit(at, from, 1);
    else if (this.#words[at] !== 0) visit(slot(this.#words[at]! >>> 12, from % RUN_FRAMES), from, to - from);
  }

  /** Calls `visit` for each leaf that holds something, large or small, in the range; splits large ones at its ends. */
  each(gfn: number, count: number, visit: (at: number, gfn: number, frames: number) => void): void {
    const words = this.#words;
    this.eachRun(gfn, count, (first, from, entries) => {
      if (this.isLarge(first)) {
        visit(first, from, RUN_FRAMES);
        return;
      }
      for (let i = 0; i < entries; i++) {
        const at = first + 2 * i;
        if (words[at] !== 0 || words[at + 1] !== 0) visit(at, from + i, 1);
      }
    });
  }

  /** Every table frame, the root last. */
  *tables(): Generator<number> {
    yield* this.#tablesUnder(this.root, 4);
  }

  *#tablesUnder(table: number, level: number): Generator<number> {
    if (level > 1) {
      for (let i = 0; i < RUN_FRAMES; i++) {
        const low = this.#words[slot(table, i)]!;
        const leaf = level === 2 && (low & LARGE) !== 0;
        if (low !== 0 && !leaf) yield* this.#tablesUnder(low >>> 12, level - 1);
      }
    }
    yield table;
  }

  /** The level-2 entry if the tables above exist, or which table is absent: of 1 GiB or of 512 GiB. */
  #existingLevel2(gfn: number): number {
    const words = this.#words;
    const upper = Math.floor(gfn / RUN_FRAMES);
    const level4 = words[slot(this.root, upper >> 18)]!;
    if (level4 === 0) return NO_LEVEL_3;
    const level3 = words[slot(level4 >>> 12, (upper >> 9) & 511)]!;
    if (level3 === 0) return NO_LEVEL_2;
    return slot(level3 >>> 12, upper & 511);
  }

  #descend(at: number): number {
    const words = this.#words;
    if (words[at] === 0) words[at] = (this.#newTable() << 12) | this.format.table;
    return words[at]! >>> 12;
  }

  #newTable(): number {
    const table = this.#host.frames.allocate();
    if (table < 0) throw new PolyvisorError([memoryErrors['no-frames']('address space', { wanted: 1, free: 0 })]);
    return table;
  }
}

/** Index of the low word of entry `i` of a table. */
function slot(table: number, i: number): number {
  return table * (FRAME_SIZE / 4) + i * 2;
}

function nextMultiple(n: number, of: number): number {
  return (Math.floor(n / of) + 1) * of;
}

import { ShadowBits } from '../layout.ts';

/** A page of 512 shadow entries. It shadows a table of the guest, or one large page in pieces (`mfn` −1). */
export interface ShadowPage {
  /** Its entries are numbers `slot` × 512 … */
  readonly slot: number;
  readonly level: number;
  readonly role: number;
  readonly quadrant: number;
  /** The table's frame, for the guest and in the Host. */
  readonly gfn: number;
  readonly mfn: number;
  /** First entry that points here; −1: none. */
  parents: number;
  /** How many of its entries are present. */
  live: number;
  /** The guest may write to the table; what was derived from it is compared later. */
  unsync: boolean;
  /** Number of the last build that went through it. */
  stamp: number;
}

const NONE = -1;
const BUCKETS = 1 << 16;

/**
 * The entries in the Host's memory and, beside them, who points where: a list of leaf entries for each guest frame (by
 * hash), and of upper entries for each page. An entry is a number: page × 512 + index. Page 0 stays empty.
 */
export class ShadowPages {
  readonly pages: (ShadowPage | undefined)[];
  readonly #words: Int32Array;
  /** Index of the first entry's low word. */
  readonly #first: number;
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  readonly #leaves = new Int32Array(BUCKETS).fill(NONE);
  readonly #free: number[] = [];

  /** `base` is a byte offset, a multiple of 4096, of `count` × 4096 bytes of zeros. */
  constructor(words: Int32Array, base: number, count: number) {
    this.#words = words;
    this.#first = base / 4;
    this.#next = new Int32Array(count * 512).fill(NONE);
    this.#previous = new Int32Array(count * 512).fill(NONE);
    this.pages = new Array<undefined>(count).fill(undefined);
    for (let slot = count - 1; slot > 0; slot--) this.#free.push(slot);
  }

  get free(): number {
    return this.#free.length;
  }
  /** Byte offset of a page's entries. */
  offset(slot: number): number {
    return this.#first * 4 + slot * 4096;
  }
  slotAt(offset: number): number {
    return (offset - this.#first * 4) / 4096;
  }

  /** Undefined when no page is free. */
  add(level: number, role: number, quadrant: number, gfn: number, mfn: number): ShadowPage | undefined {
    const slot = this.#free.pop();
    if (slot === undefined) return undefined;
    const page: ShadowPage = { slot, level, role, quadrant, gfn, mfn, parents: NONE, live: 0, unsync: false, stamp: 0 };
    this.pages[slot] = page;
    return page;
  }

  /** Takes a page and all ways to it away, and those pieces of large pages that nothing else leads to. */
  remove(page: ShadowPage): void {
    while (page.parents !== NONE) this.clear(page.parents);
    // The last way to the pieces of a large page takes them along.
    if (this.pages[page.slot] !== page) return;
    this.#empty(page);
  }

  #empty(page: ShadowPage): void {
    for (let entry = page.slot * 512; page.live > 0; entry++) this.clear(entry);
    this.pages[page.slot] = undefined;
    this.#free.push(page.slot);
  }

  low(entry: number): number {
    return this.#words[this.#first + entry * 2]!;
  }
  high(entry: number): number {
    return this.#words[this.#first + entry * 2 + 1]!;
  }
  /** The page that an upper entry points to. */
  child(entry: number): ShadowPage {
    return this.pages[this.slotAt((this.low(entry) & -4096) >>> 0)]!;
  }

  /** Fills an absent entry and puts it into its list. */
  set(page: ShadowPage, index: number, low: number, high: number): void {
    const entry = page.slot * 512 + index;
    this.#words[this.#first + entry * 2 + 1] = high;
    this.#words[this.#first + entry * 2] = low;
    page.live++;
    let next: number;
    if (page.level === 1) {
      const bucket = hash(high & 0x7ff_ffff);
      next = this.#leaves[bucket]!;
      this.#leaves[bucket] = entry;
    } else {
      const child = this.child(entry);
      next = child.parents;
      child.parents = entry;
    }
    this.#next[entry] = next;
    this.#previous[entry] = NONE;
    if (next !== NONE) this.#previous[next] = entry;
  }

  /** Sets the dirty bit of an entry. */
  setDirty(entry: number): void {
    this.#words[this.#first + entry * 2]! |= ShadowBits.dirty;
  }

  /** Makes an entry absent, if it is not. */
  clear(entry: number): void {
    const low = this.low(entry);
    if ((low & ShadowBits.present) === 0) return;
    const page = this.pages[entry >>> 9]!;
    const next = this.#next[entry]!, previous = this.#previous[entry]!;
    if (next !== NONE) this.#previous[next] = previous;
    const child = page.level === 1 ? undefined : this.child(entry);
    if (previous !== NONE) this.#next[previous] = next;
    else if (child === undefined) this.#leaves[hash(this.high(entry) & 0x7ff_ffff)] = next;
    else child.parents = next;
    this.#words[this.#first + entry * 2] = 0;
    this.#words[this.#first + entry * 2 + 1] = 0;
    page.live--;
    if (child !== undefined && child.mfn === NONE && child.parents === NONE) this.#empty(child);
  }

  /** Makes every leaf for the guest frames `gfn` … `gfn` + `count` − 1 absent. */
  clearFrames(gfn: number, count: number): void {
    if (count > 64) {
      this.#clearAcross(gfn, count);
      return;
    }
    for (let frame = gfn; frame < gfn + count; frame++) {
      let entry = this.#leaves[hash(frame)]!;
      while (entry !== NONE) {
        const next = this.#next[entry]!;
        if ((this.high(entry) & 0x7ff_ffff) === frame) this.clear(entry);
        entry = next;
      }
    }
  }

  #clearAcross(gfn: number, count: number): void {
    for (const page of this.pages) {
      if (page?.level !== 1) continue;
      const end = page.slot * 512 + 512;
      for (let entry = page.slot * 512; entry < end && page.live > 0; entry++) {
        const frame = this.high(entry) & 0x7ff_ffff;
        if (frame >= gfn && frame < gfn + count) this.clear(entry);
      }
    }
  }
}

function hash(gfn: number): number {
  return (gfn ^ (gfn >>> 16)) & (BUCKETS - 1);
}

import { MMU_OFFSETS, QUAD_OFFSETS, type AddressSpace, type Host } from '@polyvisor/core';
import { MODE_CR4, MODE_EFER, NO_MODE, PATH_SIZE, SHADOW, SHADOW_SECOND_SHIFT, SHADOW_SIZE_SHIFT, ShadowBits } from '../layout.ts';
import { CR4, EFER } from '../walk/controls.ts';
import { GuestEntries, Role, type GuestFormat } from './guest-entry.ts';
import { ShadowPages, type ShadowPage } from './shadow-pages.ts';

export interface ShadowStatistics {
  /** Shadow pages in use. */
  readonly pages: number;
  /** Misses of the shadow tables that were no fault of the guest's. */
  readonly hiddenFaults: number;
  /** Guest tables that were compared again. */
  readonly resyncs: number;
  /** Writes to protected guest tables. */
  readonly tableWrites: number;
  /** Shadow pages that were made, and those that made room for others. */
  readonly built: number;
  readonly evicted: number;
}

interface Counters extends ShadowStatistics { pages: number; hiddenFaults: number; resyncs: number; tableWrites: number; built: number; evicted: number }

/** How many last-level tables may be out of step at a time; what is derived from further ones is dropped. */
const MOST_UNSYNC = 64;
/** The guest's half of an entry's low word. */
const GUEST_LOW = 0x3f;
/** Evict those that no recent build went through; the path that is being built has at most six pages. */
const RECENT = 8;

/**
 * Builds shadow tables from walks that succeeded, keeps the guest's tables under write protection, and drops what is
 * no longer true. One thread only: that of the vCPUs.
 */
export class ShadowTables {
  readonly #host: Host;
  readonly #space: AddressSpace;
  readonly #words: Int32Array;
  readonly #entries: GuestEntries;
  readonly #pages: ShadowPages;
  readonly #bitmap: number;
  readonly #writesTo: (mfn: number, forbid: number) => number;
  readonly #byKey = new Map<number, ShadowPage>();
  readonly #byFrame = new Map<number, ShadowPage[]>();
  readonly #unsyncLast: ShadowPage[] = [];
  readonly #unsyncUpper: ShadowPage[] = [];
  /** Offset of each attached vCPU's area, and of its state. */
  readonly #areas: number[] = [];
  readonly #la57: boolean;
  #build = 0;
  #hand = 1;
  readonly counters: Counters = { pages: 0, hiddenFaults: 0, resyncs: 0, tableWrites: 0, built: 0, evicted: 0 };

  /** `base` has room for `count` pages, `bitmap` a bit for each frame of the Host. */
  constructor(
    host: Host, space: AddressSpace, format: GuestFormat & { readonly la57: boolean }, base: number, count: number, bitmap: number,
    writesTo: (mfn: number, forbid: number) => number,
  ) {
    this.#host = host;
    this.#space = space;
    this.#words = host.words;
    this.#la57 = format.la57;
    this.#entries = new GuestEntries(host.words, format);
    this.#pages = new ShadowPages(host.words, base, count);
    this.#bitmap = bitmap / 4;
    this.#writesTo = writesTo;
  }

  get statistics(): ShadowStatistics {
    return { ...this.counters, pages: this.#pages.pages.length - 1 - this.#pages.free };
  }

  attach(area: number): void {
    if (!this.#areas.includes(area)) this.#areas.push(area);
    this.#forgetRoots(area);
  }

  /** Finds the roots for a state's CR3 and mode; page 0 where nothing was built yet. */
  enter(state: number): void {
    const words = this.#words, at = state >> 2, area = this.#area(state);
    // Nothing can be cached for a context that was never used, so what changed counts even without a flush.
    this.#compareAll(this.#unsyncUpper, true);
    this.#compareAll(this.#unsyncLast, true);
    words[(area + SHADOW.cr3) >> 2] = words[(at + (QUAD_OFFSETS.cr3 >> 2))]!;
    words[((area + SHADOW.cr3) >> 2) + 1] = words[(at + (QUAD_OFFSETS.cr3 >> 2)) + 1]!;
    const cr4 = words[at + (QUAD_OFFSETS.cr4 >> 2)]!, efer = words[at + (QUAD_OFFSETS.efer >> 2)]!;
    words[(area + SHADOW.mode) >> 2] = (cr4 & MODE_CR4) | (efer & MODE_EFER);
    for (let i = 0; i < 4; i++) {
      const key = this.#rootKey(state, i);
      const page = key < 0 ? undefined : this.#byKey.get(key);
      words[((area + SHADOW.roots) >> 2) + i] = this.#pages.offset(page?.slot ?? 0);
    }
  }

  /** Remembers the walk whose path stands in the vCPU's area. */
  built(state: number, linearLow: number, linearHigh: number): void {
    this.counters.hiddenFaults++;
    this.#build++;
    const words = this.#words, area = this.#area(state);
    const role = this.#role(state), long = role < Role.pae;
    const top = long ? (this.#la57 && (words[(state + QUAD_OFFSETS.cr4) >> 2]! & CR4.la57) !== 0 ? 5 : 4) : 2;
    const leaf = words[(area + SHADOW.leafLevel) >> 2]!;
    let page = this.#root(area, top, role, linearLow >>> 30);
    for (let level = top; level > leaf && page !== undefined; level--) {
      page = this.#descend(page, indexAt(linearLow, linearHigh, level), area);
    }
    if (page === undefined) return;
    const index = indexAt(linearLow, linearHigh, leaf);
    if (!this.#read(page, index)) return;
    const guest = this.#entries.low, high = this.#entries.high;
    // It fits an entry, or its own entry would not have been read.
    const gfn = frameAt(words, state + MMU_OFFSETS.gpa);
    let last: ShadowPage | undefined = page, lastIndex = index;
    for (let level = leaf; level > 1 && last !== undefined; level--) {
      last = this.#piece(last, lastIndex, level === leaf ? guest : ShadowBits.present | 6, high);
      lastIndex = indexAt(linearLow, linearHigh, level - 1);
    }
    if (last === undefined) return;
    const size = leaf === 1 ? 0 : leaf === 3 ? 3 : role >= Role.legacy ? 2 : 1;
    const frame = words[(state + MMU_OFFSETS.host) >> 2]! & -4096;
    const second = words[(area + SHADOW.info) >> 2]! << SHADOW_SECOND_SHIFT;
    const bits = leaf === 1 ? guest : (guest & ~ShadowBits.large) | 6;
    const entry = last.slot * 512 + lastIndex;
    this.#pages.clear(entry);
    const key = leaf === 1 ? high & ~0x7ff_ffff : high & 0x7800_0000;
    this.#pages.set(last, lastIndex, bits | second | (size << SHADOW_SIZE_SHIFT) | frame, key | gfn);
  }

  /** Someone announced a write to a frame: what it holds may differ from now on. */
  written(mfn: number): void {
    const word = this.#bitmap + (mfn >>> 5), bit = 1 << (mfn & 31);
    if ((this.#words[word]! & bit) === 0) return;
    this.#words[word]! &= ~bit;
    this.counters.tableWrites++;
    for (const page of [...(this.#byFrame.get(mfn) ?? [])]) this.#outOfStep(page);
  }

  /** Every change to the guest's tables counts from now on. */
  resync(): void {
    for (const area of this.#areas) this.#forgetRoots(area);
    this.#compareAll(this.#unsyncUpper);
    this.#compareAll(this.#unsyncLast);
  }
  /** Roots that are known for one vCPU may have changed. */
  forgetRoots(state: number): void {
    this.#forgetRoots(this.#area(state));
  }

  /** INVLPG: entries of all upper tables count again (paging-structure caches), and those for the page, in any context. */
  flushPage(linearLow: number): void {
    this.#compareAll(this.#unsyncUpper);
    const index = (linearLow >>> 12) & 511;
    for (const page of this.#unsyncLast) this.#pages.clear(page.slot * 512 + index);
  }

  /** A range of the address space changed. */
  drop(gfn: number, count: number): void {
    this.#pages.clearFrames(gfn, count);
    for (const page of this.#pages.pages) {
      if (page === undefined || page.mfn < 0 || page.gfn < gfn || page.gfn >= gfn + count) continue;
      const { kind, mfn, rights } = this.#space.lookup(page.gfn);
      if (kind !== 'ram' || mfn !== page.mfn || (rights & 1) === 0) this.#remove(page);
    }
  }

  /** Everything goes; the guest's tables may be written again. */
  clear(): void {
    for (const page of this.#pages.pages) if (page !== undefined && page.mfn >= 0) this.#remove(page);
  }

  #area(state: number): number {
    return this.#words[(state + MMU_OFFSETS.tlb) >> 2]! >>> 0;
  }
  #forgetRoots(area: number): void {
    this.#words[(area + SHADOW.mode) >> 2] = NO_MODE;
  }

  #role(state: number): number {
    const cr4 = this.#words[(state + QUAD_OFFSETS.cr4) >> 2]!, efer = this.#words[(state + QUAD_OFFSETS.efer) >> 2]!;
    const nx = (efer & EFER.nxe) !== 0 ? 1 : 0;
    if ((efer & EFER.lma) !== 0) return Role.long + nx;
    if ((cr4 & CR4.pae) !== 0) return Role.pae + nx;
    return (cr4 & CR4.pse) !== 0 ? Role.legacyPse : Role.legacy;
  }

  /** Key of root `i`: of the whole address space, or of a GiB of it; −1 if there is none. */
  #rootKey(state: number, i: number): number {
    const words = this.#words, role = this.#role(state);
    if (role < Role.pae) {
      const five = this.#la57 && (words[(state + QUAD_OFFSETS.cr4) >> 2]! & CR4.la57) !== 0;
      return i > 0 ? -1 : keyOf(frameAt(words, state + QUAD_OFFSETS.cr3), five ? 5 : 4, role, 0);
    }
    if (role < Role.legacy) {
      const register = state + QUAD_OFFSETS.pdpte0 + 8 * i;
      return (words[register >> 2]! & 1) === 0 ? -1 : keyOf(frameAt(words, register), 2, role, 0);
    }
    return keyOf(words[(state + QUAD_OFFSETS.cr3) >> 2]! >>> 12, 2, role, i);
  }

  #root(area: number, top: number, role: number, giga: number): ShadowPage | undefined {
    const words = this.#words, i = role < Role.pae ? 0 : giga;
    const at = ((area + SHADOW.roots) >> 2) + i;
    const slot = this.#pages.slotAt(words[at]! >>> 0);
    let page = this.#pages.pages[slot];
    if (page === undefined) {
      page = this.#table(pathGfn(words, area, top), pathMfn(words, area, top), top, role, role < Role.legacy ? 0 : i);
      if (page !== undefined) words[at] = this.#pages.offset(page.slot);
    }
    if (page !== undefined) page.stamp = this.#build;
    return page;
  }

  /** The page below, made or found; undefined when the entry cannot be kept. */
  #descend(page: ShadowPage, index: number, area: number): ShadowPage | undefined {
    if (!this.#read(page, index)) return undefined;
    const { low, high } = this.#entries, entry = page.slot * 512 + index;
    if (this.#same(entry, low, high)) return this.#touch(this.#pages.child(entry));
    this.#pages.clear(entry);
    const level = page.level - 1;
    const quadrant = page.role < Role.legacy ? 0 : index & 1;
    const child = this.#table(high & 0x7ff_ffff, pathMfn(this.#words, area, level), level, page.role, quadrant);
    if (child === undefined) return undefined;
    this.#pages.set(page, index, low | this.#pages.offset(child.slot), high);
    return this.#touch(child);
  }

  /** The page with the pieces of a large page. */
  #piece(page: ShadowPage, index: number, low: number, high: number): ShadowPage | undefined {
    const entry = page.slot * 512 + index;
    if (this.#same(entry, low, high)) {
      // Pieces may say dirty from now on: when the guest cleans the page, that has to be a difference.
      if ((low & ShadowBits.dirty) !== 0) this.#pages.setDirty(entry);
      return this.#touch(this.#pages.child(entry));
    }
    this.#pages.clear(entry);
    const child = this.#add(page.level - 1, page.role, 0, -1, -1);
    if (child === undefined) return undefined;
    this.#pages.set(page, index, low | this.#pages.offset(child.slot), high);
    return this.#touch(child);
  }

  #touch(page: ShadowPage): ShadowPage {
    page.stamp = this.#build;
    return page;
  }

  /** The guest's half is the same, but for a dirty bit that was set since. */
  #same(entry: number, low: number, high: number): boolean {
    const has = this.#pages.low(entry);
    const differs = (has ^ low) & GUEST_LOW;
    return (has & ShadowBits.present) !== 0 && this.#pages.high(entry) === high && (differs === 0 || (differs === ShadowBits.dirty && (low & ShadowBits.dirty) !== 0));
  }

  #read(page: ShadowPage, index: number): boolean {
    return this.#entries.read(page.mfn, page.level, page.role, page.quadrant, index);
  }

  #table(gfn: number, mfn: number, level: number, role: number, quadrant: number): ShadowPage | undefined {
    const key = keyOf(gfn, level, role, quadrant);
    if (this.#byKey.has(key)) this.#catchUp(level);
    const known = this.#byKey.get(key);
    if (known?.mfn === mfn) return known;
    if (known !== undefined) this.#remove(known);
    const page = this.#add(level, role, quadrant, gfn, mfn);
    if (page === undefined) return undefined;
    this.#byKey.set(key, page);
    const others = this.#byFrame.get(mfn);
    if (others === undefined) this.#byFrame.set(mfn, [page]);
    else others.push(page);
    // A write may be under way through an entry that allows it: then the table is compared at the next chance.
    if (this.#writesTo(mfn, 0) > 0) this.#outOfStep(page);
    else this.#protect(mfn);
    return page;
  }

  #add(level: number, role: number, quadrant: number, gfn: number, mfn: number): ShadowPage | undefined {
    if (this.#pages.free === 0) this.#evict();
    const page = this.#pages.add(level, role, quadrant, gfn, mfn);
    if (page !== undefined) {
      page.stamp = this.#build;
      this.counters.built++;
    }
    return page;
  }

  /** Takes the next page in turn that was not used lately and is no vCPU's root. */
  #evict(): void {
    const { pages } = this.#pages;
    for (let tried = 0; tried < 2 * pages.length; tried++) {
      this.#hand = this.#hand + 1 < pages.length ? this.#hand + 1 : 1;
      const page = pages[this.#hand];
      const recent = tried < pages.length ? RECENT : 1;
      if (page === undefined || page.stamp > this.#build - recent || this.#inUse(page)) continue;
      if (page.mfn < 0) this.#pages.remove(page);
      else this.#remove(page);
      this.counters.evicted++;
      return;
    }
  }

  #inUse(page: ShadowPage): boolean {
    const offset = this.#pages.offset(page.slot) | 0;
    for (const area of this.#areas) {
      if (this.#words[(area + SHADOW.mode) >> 2] === NO_MODE) continue;
      for (let i = 0; i < 4; i++) if (this.#words[((area + SHADOW.roots) >> 2) + i] === offset) return true;
    }
    return false;
  }

  #remove(page: ShadowPage): void {
    if (this.#inUse(page)) for (const area of this.#areas) this.#forgetRoots(area);
    this.#byKey.delete(keyOf(page.gfn, page.level, page.role, page.quadrant));
    if (page.unsync) {
      const list = page.level === 1 ? this.#unsyncLast : this.#unsyncUpper;
      list.splice(list.indexOf(page), 1);
    }
    this.#pages.remove(page);
    const same = this.#byFrame.get(page.mfn)!;
    same.splice(same.indexOf(page), 1);
    if (same.length > 0) return;
    this.#byFrame.delete(page.mfn);
    // Nothing is derived from it: the mark goes, with whatever else the frame is marked for.
    const word = this.#bitmap + (page.mfn >>> 5), bit = 1 << (page.mfn & 31);
    if ((this.#words[word]! & bit) === 0) return;
    this.#words[word]! &= ~bit;
    this.#host.code.written(page.mfn);
  }

  #protect(mfn: number): void {
    this.#words[this.#bitmap + (mfn >>> 5)]! |= 1 << (mfn & 31);
    // Marked as code is, so that bus masters announce their writes.
    this.#host.code.mark(mfn);
  }

  #outOfStep(page: ShadowPage): void {
    if (page.unsync) return;
    page.unsync = true;
    const list = page.level === 1 ? this.#unsyncLast : this.#unsyncUpper;
    list.push(page);
    if (list.length <= MOST_UNSYNC) return;
    const oldest = list.find((other) => other.stamp < this.#build && !this.#inUse(other));
    if (oldest !== undefined) this.#remove(oldest);
  }

  /** `midway`: an instruction may be in the middle of a write that was allowed; such a table stays open. */
  #compareAll(list: ShadowPage[], midway = false): void {
    for (const page of list.splice(0)) {
      page.unsync = false;
      // It may have gone with another one.
      if (this.#pages.pages[page.slot] === page) this.#compare(page, midway);
    }
  }

  /**
   * A known table gets a new way to it, or to those below it, by which nothing was cached: it counts as it is, without a flush. So a freed
   * table of one process becomes a table of another.
   */
  #catchUp(level: number): void {
    if (level > 1) this.#compareAll(this.#unsyncUpper, true);
    this.#compareAll(this.#unsyncLast, true);
  }

  /** Drops what is no longer so. A table that nothing leads to any more is most likely none. */
  #compare(page: ShadowPage, midway: boolean): void {
    if (page.parents < 0 && !this.#isRoot(page)) {
      this.#remove(page);
      return;
    }
    this.counters.resyncs++;
    if (midway && this.#writesTo(page.mfn, 0) > 0) this.#outOfStep(page);
    else {
      this.#writesTo(page.mfn, 1);
      this.#protect(page.mfn);
    }
    const first = page.slot * 512;
    for (let index = 0, left = page.live; left > 0; index++) {
      const entry = first + index;
      if ((this.#pages.low(entry) & ShadowBits.present) === 0) continue;
      left--;
      const same = this.#read(page, index) && this.#same(entry, this.#entries.low, this.#entries.high);
      if (!same) this.#pages.clear(entry);
    }
  }

  /** `resync` has forgotten the roots already, so it asks whose CR3 or registers name the table. */
  #isRoot(page: ShadowPage): boolean {
    const offset = this.#pages.offset(page.slot) | 0;
    return this.#areas.some((area) => [0, 1, 2, 3].some((i) => this.#words[((area + SHADOW.roots) >> 2) + i] === offset));
  }
}

function keyOf(gfn: number, level: number, role: number, quadrant: number): number {
  return gfn * 256 + level * 32 + role * 4 + quadrant;
}

/** The frame in bits 12 … 51 of a 64-bit word. */
function frameAt(words: Int32Array, at: number): number {
  return (words[(at >> 2) + 1]! & 0xf_ffff) * 2 ** 20 + (words[at >> 2]! >>> 12);
}

function pathGfn(words: Int32Array, area: number, level: number): number {
  return frameAt(words, area + SHADOW.path + (level - 1) * PATH_SIZE);
}
function pathMfn(words: Int32Array, area: number, level: number): number {
  return words[(area + SHADOW.path + (level - 1) * PATH_SIZE + 8) >> 2]! >>> 12;
}

/** Index into a table of `level`, from the halves of a linear address. */
function indexAt(low: number, high: number, level: number): number {
  switch (level) {
    case 1: return (low >>> 12) & 511;
    case 2: return (low >>> 21) & 511;
    case 3: return ((low >>> 30) | (high << 2)) & 511;
    case 4: return (high >>> 7) & 511;
    default: return (high >>> 16) & 511;
  }
}

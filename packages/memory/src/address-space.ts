import {
  Access, FRAME_SIZE, PolyvisorError, RUN_FRAMES,
  type AddressSpace, type Dma, type Host, type InvalidateListener, type PageInfo, type RamRange, type Rights,
} from '@polyvisor/core';
import { SpaceDma } from './dma.ts';
import { memoryErrors } from './errors.ts';
import { COPY_ON_WRITE, LARGE, MMIO, type EntryFormat } from './formats.ts';
import { FRAME_MASK, MAX_FRAMES, RadixTable } from './radix.ts';

/** Keeps the Host's list of spaces, so that destroying the Host releases them. */
export interface SpaceRegistry {
  track(space: AddressSpace): void;
  untrack(space: AddressSpace): void;
}

const ABSENT: PageInfo = Object.freeze({
  kind: 'absent', mfn: -1, rights: 0, copyOnWrite: false, dirty: false, accessed: false, large: false,
});

/** An address space over a `RadixTable`, in the format of EPT or of NPT. */
export class RadixAddressSpace implements AddressSpace {
  readonly name: string;
  mapped = 0;
  readonly #host: Host;
  readonly #table: RadixTable;
  readonly #format: EntryFormat;
  readonly #words: Int32Array;
  readonly #registry: SpaceRegistry;
  readonly #listeners = new Set<InvalidateListener>();
  #destroyed = false;

  constructor(host: Host, format: EntryFormat, name: string, registry: SpaceRegistry) {
    this.name = name;
    this.#host = host;
    this.#words = host.words;
    this.#format = format;
    this.#table = new RadixTable(host, format);
    this.#registry = registry;
    registry.track(this);
  }

  get format(): EntryFormat['name'] {
    return this.#format.name;
  }
  get root(): number {
    return this.#table.root;
  }

  map(gfn: number, mfn: number, count: number, rights: Rights): void {
    this.#checkRange(gfn, count);
    this.#checkFree(gfn, count);
    for (let i = 0; i < count; i++) {
      if (this.#host.frames.references(mfn + i) === 0) {
        throw new PolyvisorError([memoryErrors['not-allocated'](this.name, { mfn: mfn + i })]);
      }
    }
    this.#reserveTables(count, 0);
    let done = 0;
    while (done < count) {
      const large = (gfn + done) % RUN_FRAMES === 0 && (mfn + done) % RUN_FRAMES === 0 && count - done >= RUN_FRAMES;
      this.#put(gfn + done, mfn + done, rights, large);
      done += large ? RUN_FRAMES : 1;
    }
    this.mapped += count;
  }

  populate(gfn: number, count: number, rights: Rights): void {
    this.#checkRange(gfn, count);
    this.#checkFree(gfn, count);
    this.#reserveTables(count, count);
    const frames = this.#host.frames;
    let done = 0;
    while (done < count) {
      const at = gfn + done;
      const run = at % RUN_FRAMES === 0 && count - done >= RUN_FRAMES ? frames.allocateRun() : -1;
      this.#put(at, run >= 0 ? run : frames.allocate(), rights, run >= 0);
      done += run >= 0 ? RUN_FRAMES : 1;
    }
    this.mapped += count;
  }

  unmap(gfn: number, count: number): void {
    this.#checkRange(gfn, count);
    this.#table.each(gfn, count, (at, _gfn, frames) => {
      if ((this.#words[at + 1]! & MMIO) === 0) {
        const mfn = this.#words[at]! >>> 12;
        for (let i = 0; i < frames; i++) this.#host.frames.release(mfn + i);
        this.mapped -= frames;
      }
      this.#words[at] = 0;
      this.#words[at + 1] = 0;
    });
    this.#invalidate(gfn, count);
  }

  protect(gfn: number, count: number, rights: Rights): void {
    this.#checkRange(gfn, count);
    const { accessed, dirty } = this.#format;
    this.#table.each(gfn, count, (at) => {
      const high = this.#words[at + 1]!;
      if ((high & MMIO) !== 0) return;
      const shared = this.#isShared(at);
      const now = shared ? rights & ~Access.write : rights;
      const keep = this.#words[at]! & (FRAME_MASK | LARGE | accessed | dirty);
      this.#words[at] = keep | this.#format.leafLow(now);
      this.#words[at + 1] = this.#format.leafHigh(now) | (shared && rights & Access.write ? COPY_ON_WRITE : 0);
    });
    this.#invalidate(gfn, count);
  }

  mapMmio(gfn: number, count: number): void {
    this.#checkRange(gfn, count);
    this.#checkFree(gfn, count);
    this.#reserveTables(count, 0);
    let done = 0;
    while (done < count) {
      const large = (gfn + done) % RUN_FRAMES === 0 && count - done >= RUN_FRAMES;
      const at = large ? this.#emptyLevel2(gfn + done) : this.#table.level1(gfn + done);
      this.#words[at] = large ? LARGE : 0;
      this.#words[at + 1] = MMIO;
      done += large ? RUN_FRAMES : 1;
    }
    this.#invalidate(gfn, count);
  }

  lookup(gfn: number): PageInfo {
    const at = gfn >= 0 && gfn < MAX_FRAMES ? this.#table.find(gfn) : -1;
    if (at < 0) return ABSENT;
    const low = this.#words[at]!;
    const high = this.#words[at + 1]!;
    const large = this.#table.isLarge(at);
    if ((high & MMIO) !== 0) return { ...ABSENT, kind: 'mmio', large };
    const mfn = low >>> 12;
    if (mfn === 0) return ABSENT;
    return {
      kind: 'ram',
      mfn: large ? mfn + (gfn % RUN_FRAMES) : mfn,
      rights: this.#format.rights(low, high) | (high & COPY_ON_WRITE ? Access.write : 0),
      copyOnWrite: (high & COPY_ON_WRITE) !== 0,
      dirty: (low & this.#format.dirty) !== 0,
      accessed: (low & this.#format.accessed) !== 0,
      large,
    };
  }

  ranges(): RamRange[] {
    const found: RamRange[] = [];
    this.#table.each(0, MAX_FRAMES, (_at, gfn, frames) => {
      const { kind, rights } = this.lookup(gfn);
      if (kind !== 'ram') return;
      const last = found.at(-1);
      const joins = last?.rights === rights && last.gfn + last.count === gfn;
      if (joins) found[found.length - 1] = { ...last, count: last.count + frames };
      else found.push({ gfn, count: frames, rights });
    });
    return found;
  }

  /** @hot */
  translate(address: number, access: number): number {
    if (!(address >= 0 && address < MAX_FRAMES * FRAME_SIZE)) return -1;
    const gfn = Math.floor(address / FRAME_SIZE);
    let at = this.#table.find(gfn);
    if (at < 0) return -1;
    const words = this.#words;
    if ((this.#format.rights(words[at]!, words[at + 1]!) & access) !== access) {
      if ((access & Access.write) === 0 || !this.#ownCopy(gfn, access)) return -1;
      at = this.#table.find(gfn);
    }
    const marks = (access & Access.write) !== 0 ? this.#format.accessed | this.#format.dirty : this.#format.accessed;
    const low = words[at]!;
    if ((low & marks) !== marks) Atomics.or(words, at, marks);
    const base = (low >>> 12) * FRAME_SIZE;
    const within = (low & LARGE) !== 0 ? (gfn % RUN_FRAMES) * FRAME_SIZE : 0;
    return base + within + (address % FRAME_SIZE);
  }

  clone(name: string): AddressSpace {
    const copy = new RadixAddressSpace(this.#host, this.#format, name, this.#registry);
    try {
      this.#table.each(0, MAX_FRAMES, (at, gfn, frames) => {
        this.#shareInto(copy, at, gfn, frames);
      });
    } catch (error) {
      copy.destroy();
      throw error;
    }
    this.#invalidate(0, MAX_FRAMES);
    return copy;
  }

  harvestDirty(gfn: number, count: number, bitmap: Int32Array): number {
    return this.#harvest(gfn, count, bitmap, this.#format.dirty);
  }

  harvestAccessed(gfn: number, count: number, bitmap: Int32Array): number {
    return this.#harvest(gfn, count, bitmap, this.#format.accessed);
  }

  onInvalidate(listener: InvalidateListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  dma(): Dma {
    return new SpaceDma(this.#host, this);
  }

  destroy(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    this.unmap(0, MAX_FRAMES);
    for (const table of [...this.#table.tables()]) this.#host.frames.release(table);
    this.#listeners.clear();
    this.#registry.untrack(this);
  }

  /** Gives this space its own copy of a shared frame; false when there is no frame, or the page is not shared. */
  #ownCopy(gfn: number, access: number): boolean {
    let at = this.#table.find(gfn);
    if ((this.#words[at + 1]! & COPY_ON_WRITE) === 0) return false;
    const frames = this.#host.frames;
    // One frame for the copy, one for the table that splitting needs.
    if (frames.free < 2) return false;
    at = this.#table.level1(gfn);
    const low = this.#words[at]!;
    const mfn = low >>> 12;
    const rights = this.#format.rights(low, this.#words[at + 1]!) | Access.write;
    if ((rights & access) !== access) return false;
    let own = mfn;
    if (frames.references(mfn) > 1) {
      own = frames.allocate();
      const from = mfn * (FRAME_SIZE / 4);
      this.#words.copyWithin(own * (FRAME_SIZE / 4), from, from + FRAME_SIZE / 4);
      frames.release(mfn);
    }
    this.#write(at, own, rights, false);
    this.#invalidate(gfn, 1);
    return true;
  }

  #shareInto(copy: RadixAddressSpace, at: number, gfn: number, frames: number): void {
    const words = this.#words;
    const large = frames === RUN_FRAMES;
    const target = large ? copy.#table.level2(gfn) : copy.#table.level1(gfn);
    if ((words[at + 1]! & MMIO) === 0) {
      const mfn = words[at]! >>> 12;
      for (let i = 0; i < frames; i++) this.#host.frames.retain(mfn + i);
      copy.mapped += frames;
      const rights = this.#format.rights(words[at]!, words[at + 1]!);
      if ((rights & Access.write) !== 0) {
        const marks = words[at]! & (this.#format.accessed | this.#format.dirty);
        this.#write(at, mfn, rights & ~Access.write, large);
        words[at] = words[at]! | marks;
        words[at + 1] = words[at + 1]! | COPY_ON_WRITE;
      }
    }
    words[target] = words[at]! & ~(this.#format.accessed | this.#format.dirty);
    words[target + 1] = words[at + 1]!;
  }

  #harvest(gfn: number, count: number, bitmap: Int32Array, mark: number): number {
    this.#checkRange(gfn, count);
    if (bitmap.length * 32 < count) {
      const rule = `at least ${Math.ceil(count / 32)} words for ${count} frames`;
      throw new PolyvisorError([memoryErrors['bad-size'](this.name, { what: 'bitmap', given: bitmap.length, rule })]);
    }
    bitmap.fill(0, 0, Math.ceil(count / 32));
    let found = 0;
    this.#table.eachRun(gfn, count, (at, first, entries) => {
      found += this.#table.isLarge(at)
        ? this.#harvestLarge(at, first - gfn, bitmap, mark)
        : this.#harvestSmall(at, entries, first - gfn, bitmap, mark);
    });
    if (found > 0) this.#invalidate(gfn, count);
    return found;
  }

  #harvestSmall(first: number, entries: number, index: number, bitmap: Int32Array, mark: number): number {
    const words = this.#words;
    let found = 0;
    for (let i = 0; i < entries; i++) {
      const at = first + 2 * i;
      if ((words[at]! & mark) === 0) continue;
      Atomics.and(words, at, ~mark);
      bitmap[(index + i) >> 5]! |= 1 << ((index + i) & 31);
      found++;
    }
    return found;
  }

  #harvestLarge(at: number, index: number, bitmap: Int32Array, mark: number): number {
    if ((this.#words[at]! & mark) === 0) return 0;
    Atomics.and(this.#words, at, ~mark);
    for (let i = index; i < index + RUN_FRAMES; i++) bitmap[i >> 5]! |= 1 << (i & 31);
    // From now on frame by frame: a 2 MiB entry would report 512 frames for one written byte.
    if (this.#host.frames.free > 0) this.#table.split(at);
    return RUN_FRAMES;
  }

  #put(gfn: number, mfn: number, rights: Rights, large: boolean): void {
    this.#write(large ? this.#emptyLevel2(gfn) : this.#table.level1(gfn), mfn, rights, large);
  }

  /** A level-2 place whose run is empty; a table that stands there from an earlier mapping is given back. */
  #emptyLevel2(gfn: number): number {
    const at = this.#table.level2(gfn);
    if (this.#words[at] !== 0 && !this.#table.isLarge(at)) this.#host.frames.release(this.#words[at]! >>> 12);
    return at;
  }

  #write(at: number, mfn: number, rights: Rights, large: boolean): void {
    this.#words[at] = (mfn << 12) | this.#format.leafLow(rights) | (large ? LARGE : 0);
    this.#words[at + 1] = this.#format.leafHigh(rights);
  }

  #isShared(at: number): boolean {
    const first = this.#words[at]! >>> 12;
    const frames = this.#table.isLarge(at) ? RUN_FRAMES : 1;
    for (let i = 0; i < frames; i++) if (this.#host.frames.references(first + i) > 1) return true;
    return false;
  }

  #checkRange(gfn: number, count: number): void {
    if (Number.isInteger(gfn) && Number.isInteger(count) && gfn >= 0 && count >= 0 && gfn + count <= MAX_FRAMES) return;
    throw new PolyvisorError([memoryErrors['bad-range'](this.name, { gfn, count })]);
  }

  #checkFree(gfn: number, count: number): void {
    this.#table.each(gfn, count, (_at, taken) => {
      throw new PolyvisorError([memoryErrors['already-mapped'](this.name, { gfn: taken })]);
    });
  }

  /** Refuses before anything is changed when frames for the tables or the pages themselves may run out. */
  #reserveTables(count: number, pages: number): void {
    const wanted = pages + Math.ceil(count / RUN_FRAMES) + 4;
    const { free } = this.#host.frames;
    if (wanted > free) throw new PolyvisorError([memoryErrors['no-frames'](this.name, { wanted, free })]);
  }

  #invalidate(gfn: number, count: number): void {
    for (const listener of this.#listeners) listener(gfn, count);
  }
}

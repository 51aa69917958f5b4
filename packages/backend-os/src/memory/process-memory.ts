import { Errno } from '../errno.ts';
import { Areas, MOST_AREAS, type Area } from './areas.ts';
import { FaultOutcome } from './fault.ts';
import type { FramePool } from './frames.ts';
import { LOWEST_MAPPING, PAGE, Prot, STACK_GAP, STACK_LIMIT, pageDown, pageUp, type AddressLayout } from './layout.ts';
import type { PageTables, PageVisitor } from './page-tables.ts';
import { makePage, type PageSource } from './page-in.ts';

/** What a mapping is like; see `Area`. */
export type Mapping = Pick<Area, 'prot' | 'backing' | 'name'> & { readonly stack?: boolean };

export interface MemoryParts {
  readonly layout: AddressLayout;
  readonly frames: FramePool;
  readonly tables: PageTables;
  /** Called when translations of `start … end − 1` became narrower or went away: TLBs forget them. */
  readonly forget: (start: number, end: number) => void;
}

/** A program's address space: its areas, and the pages that it has touched. Addresses and lengths are in bytes. */
export class ProcessMemory {
  readonly areas = new Areas();
  readonly layout: AddressLayout;
  /** Start and end of the heap (brk). */
  heapStart = 0;
  heapEnd = 0;
  readonly #frames: FramePool;
  readonly #tables: PageTables;
  readonly #forget: MemoryParts['forget'];
  readonly #source: PageSource;

  constructor(parts: MemoryParts) {
    this.layout = parts.layout;
    this.#frames = parts.frames;
    this.#tables = parts.tables;
    this.#forget = parts.forget;
    this.#source = { frames: parts.frames, tables: parts.tables };
  }

  /** Maps `length` bytes at `address`, replacing what was there. The start, or a negated error number. */
  mapAt(address: number, length: number, mapping: Mapping): number {
    const end = address + pageUp(length);
    if (address % PAGE !== 0 || length <= 0) return -Errno.EINVAL;
    if (address < 0 || end > this.layout.end) return -Errno.ENOMEM;
    if (this.areas.all.length >= MOST_AREAS) return -Errno.ENOMEM;
    this.unmap(address, end - address);
    this.areas.add({ ...mapping, stack: mapping.stack ?? false, start: address, end });
    return address;
  }

  /** Maps `length` bytes at `wish` when they are free there, else wherever they are. */
  map(wish: number, length: number, mapping: Mapping): number {
    const size = pageUp(length);
    if (size <= 0) return -Errno.EINVAL;
    const start = pageDown(wish);
    if (start >= LOWEST_MAPPING && start + size <= this.layout.end && this.areas.within(start, start + size).length === 0) {
      return this.mapAt(start, size, mapping);
    }
    const gap = this.areas.findGap(size, LOWEST_MAPPING, this.layout.mapTop);
    return gap < 0 ? -Errno.ENOMEM : this.mapAt(gap, size, mapping);
  }

  unmap(address: number, length: number): number {
    const end = address + pageUp(length);
    if (address % PAGE !== 0 || length <= 0 || address < 0 || end > this.layout.end) return -Errno.EINVAL;
    if (this.areas.within(address, end).length === 0) return 0;
    this.areas.remove(address, end);
    this.discard(address, end);
    return 0;
  }

  /** Gives the frames of a range back; the areas stay (madvise with MADV_DONTNEED). */
  discard(start: number, end: number): void {
    this.#eachPage(start, end, (_linear, entry, gfn) => {
      this.#tables.clear(entry);
      this.#frames.release(gfn);
    });
  }

  protect(address: number, length: number, prot: number): number {
    const end = address + pageUp(length);
    if (address % PAGE !== 0 || address < 0) return -Errno.EINVAL;
    if (length === 0) return 0;
    if (end > this.layout.end || !this.areas.covers(address, end)) return -Errno.ENOMEM;
    if (this.areas.all.length >= MOST_AREAS - 1) return -Errno.ENOMEM;
    this.areas.protect(address, end, prot);
    this.#eachPage(address, end, (_linear, entry, gfn) => {
      this.#tables.protect(entry, gfn, prot);
    });
    return 0;
  }

  /** Moves pages and their area to `to`, where there is room. */
  move(area: Area, from: number, length: number, to: number): number {
    const { prot, name, stack, backing } = area;
    const moved = backing && { from: backing.from, at: backing.at + from - area.start };
    this.areas.remove(from, from + length);
    this.areas.add({ prot, name, stack, backing: moved, start: to, end: to + length });
    let outcome = to;
    this.#eachPage(from, from + length, (linear, entry, gfn) => {
      this.#tables.clear(entry);
      if (this.#tables.map(to + linear - from, gfn, prot)) return;
      this.#frames.release(gfn);
      outcome = -Errno.ENOMEM;
    });
    return outcome;
  }

  /** The heap's end after it was asked to be at `wish`: as the system call, it stays where it was when that cannot be. */
  setBreak(wish: number): number {
    if (wish < this.heapStart || wish > this.layout.end) return this.heapEnd;
    const [old, now] = [pageUp(this.heapEnd), pageUp(wish)];
    if (now < old) this.unmap(now, old - now);
    else if (now > old) {
      if (this.areas.within(old, now).length > 0) return this.heapEnd;
      const mapping = { prot: Prot.read | Prot.write, backing: undefined, name: '[heap]' };
      if (this.mapAt(old, now - old, mapping) < 0) return this.heapEnd;
    }
    this.heapEnd = wish;
    return wish;
  }

  /** Answers a page fault at `address`: makes the page when the program may have it. */
  fault(address: number, write: boolean, execute: boolean): FaultOutcome {
    if (!(address >= 0 && address < this.layout.end)) return FaultOutcome.unmapped;
    const area = this.areas.find(address) ?? this.#growStack(address);
    if (area === undefined) return FaultOutcome.unmapped;
    const needed = write ? Prot.write : execute ? Prot.execute : Prot.read | Prot.write | Prot.execute;
    if ((area.prot & needed) === 0) return FaultOutcome.denied;
    const page = pageDown(address);
    const gfn = this.#tables.frame(page);
    if (gfn >= 0) {
      // Allowed and there: a TLB still has the rights from before.
      this.#tables.map(page, gfn, area.prot);
      this.#forget(page, page + PAGE);
      return FaultOutcome.ok;
    }
    return makePage(this.#source, area, page);
  }

  /** Guest-physical address for an access by the kernel on the program's behalf; −1 when the program could not make it. */
  reach(address: number, write: boolean): number {
    if (!(address >= 0 && address < this.layout.end)) return -1;
    const gpa = this.#tables.translate(address, write);
    if (gpa >= 0) return gpa;
    return this.fault(address, write, false) === FaultOutcome.ok ? this.#tables.translate(address, write) : -1;
  }

  /** Changes each page that there is in a range, and lets TLBs forget them. */
  #eachPage(start: number, end: number, change: PageVisitor): void {
    let [first, last] = [end, start];
    this.#tables.each(start, end, (linear, entry, gfn) => {
      first = Math.min(first, linear);
      last = linear + PAGE;
      change(linear, entry, gfn);
    });
    if (first < last) this.#forget(first, last);
  }

  #growStack(address: number): Area | undefined {
    const area = this.areas.after(address);
    if (area?.stack !== true) return undefined;
    const start = pageDown(address);
    if (area.end - start > STACK_LIMIT) return undefined;
    const below = this.areas.before(area);
    if (below !== undefined && start - below.end < STACK_GAP) return undefined;
    const grown = { ...area, start };
    this.areas.replace(area, grown);
    return grown;
  }
}

import {
  Access, FRAME_SIZE, PolyvisorError,
  type AddressSpace, type AddressSpaceOptions, type Dma, type Host, type InvalidateListener, type PageInfo, type RamRange,
  type Rights,
  type SecondLevelFormat,
} from '@polyvisor/core';
import { testkitErrors } from '../errors/testkit-errors.ts';
import { FakeSpaceDma } from './fake-space-dma.ts';

interface Page {
  mfn: number;
  rights: Rights;
  copyOnWrite: boolean;
  dirty: boolean;
  accessed: boolean;
}

const ABSENT: PageInfo = { kind: 'absent', mfn: -1, rights: 0, copyOnWrite: false, dirty: false, accessed: false, large: false };

/** Guest-physical memory as a map from guest frame to page. Small and slow; it has no tables that a walker could read. */
export class FakeAddressSpace implements AddressSpace {
  readonly name: string;
  readonly format: SecondLevelFormat;
  readonly root = -1;
  /** Goes up with every change of a mapping. */
  changes = 0;
  readonly #host: Host;
  readonly #pages = new Map<number, Page | 'mmio'>();
  readonly #listeners = new Set<InvalidateListener>();

  constructor(host: Host, options: AddressSpaceOptions) {
    this.#host = host;
    this.name = options.name;
    this.format = options.format ?? 'ept';
  }

  get host(): Host {
    return this.#host;
  }
  get mapped(): number {
    let count = 0;
    for (const page of this.#pages.values()) if (page !== 'mmio') count += 1;
    return count;
  }

  map(gfn: number, mfn: number, count: number, rights: Rights): void {
    this.#refuseMapped(gfn, count);
    for (let i = 0; i < count; i += 1) {
      this.#pages.set(gfn + i, { mfn: mfn + i, rights, copyOnWrite: false, dirty: false, accessed: false });
    }
    this.changes += 1;
  }
  populate(gfn: number, count: number, rights: Rights): void {
    this.#refuseMapped(gfn, count);
    if (this.#host.frames.free < count) {
      throw new PolyvisorError([testkitErrors['host-exhausted'](this.name, { what: 'frames', size: count * FRAME_SIZE })]);
    }
    for (let i = 0; i < count; i += 1) this.map(gfn + i, this.#host.frames.allocate(), 1, rights);
  }
  unmap(gfn: number, count: number): void {
    for (let i = 0; i < count; i += 1) {
      const page = this.#pages.get(gfn + i);
      if (page !== undefined && page !== 'mmio') this.#host.frames.release(page.mfn);
      this.#pages.delete(gfn + i);
    }
    this.#invalidate(gfn, count);
  }
  protect(gfn: number, count: number, rights: Rights): void {
    for (let i = 0; i < count; i += 1) {
      const page = this.#pages.get(gfn + i);
      if (page !== undefined && page !== 'mmio') page.rights = rights;
    }
    this.#invalidate(gfn, count);
  }
  mapMmio(gfn: number, count: number): void {
    this.#refuseMapped(gfn, count);
    for (let i = 0; i < count; i += 1) this.#pages.set(gfn + i, 'mmio');
    this.changes += 1;
  }

  lookup(gfn: number): PageInfo {
    const page = this.#pages.get(gfn);
    if (page === undefined) return ABSENT;
    return page === 'mmio' ? { ...ABSENT, kind: 'mmio' } : { kind: 'ram', large: false, ...page };
  }
  ranges(): RamRange[] {
    const out: { gfn: number; count: number; rights: Rights }[] = [];
    for (const [gfn, page] of [...this.#pages].sort(([a], [b]) => a - b)) {
      if (page === 'mmio') continue;
      const last = out.at(-1);
      if (last && last.gfn + last.count === gfn && last.rights === page.rights) last.count += 1;
      else out.push({ gfn, count: 1, rights: page.rights });
    }
    return out;
  }
  translate(address: number, access: number): number {
    const page = this.#pages.get(Math.floor(address / FRAME_SIZE));
    if (page === undefined || page === 'mmio' || (page.rights & access) !== access) return -1;
    if ((access & Access.write) !== 0) {
      if (page.copyOnWrite && !this.#unshare(page)) return -1;
      page.dirty = true;
    }
    page.accessed = true;
    return this.#host.frames.offset(page.mfn) + (address % FRAME_SIZE);
  }

  clone(name: string): FakeAddressSpace {
    const copy = new FakeAddressSpace(this.#host, { name, format: this.format });
    for (const [gfn, page] of this.#pages) {
      if (page !== 'mmio') {
        page.copyOnWrite = true;
        this.#host.frames.retain(page.mfn);
      }
      copy.#pages.set(gfn, page === 'mmio' ? page : { ...page });
    }
    return copy;
  }
  harvestDirty(gfn: number, count: number, bitmap: Int32Array): number {
    return this.#harvest('dirty', gfn, count, bitmap);
  }
  harvestAccessed(gfn: number, count: number, bitmap: Int32Array): number {
    return this.#harvest('accessed', gfn, count, bitmap);
  }
  onInvalidate(listener: InvalidateListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
  dma(): Dma {
    return new FakeSpaceDma(this);
  }
  destroy(): void {
    for (const gfn of [...this.#pages.keys()]) this.unmap(gfn, 1);
    this.#listeners.clear();
  }

  #unshare(page: Page): boolean {
    if (this.#host.frames.references(page.mfn) > 1) {
      const fresh = this.#host.frames.allocate();
      if (fresh < 0) return false;
      const from = this.#host.frames.offset(page.mfn);
      this.#host.bytes.copyWithin(this.#host.frames.offset(fresh), from, from + FRAME_SIZE);
      this.#host.frames.release(page.mfn);
      page.mfn = fresh;
    }
    page.copyOnWrite = false;
    return true;
  }
  #harvest(which: 'dirty' | 'accessed', gfn: number, count: number, bitmap: Int32Array): number {
    let found = 0;
    for (let i = 0; i < count; i += 1) {
      const page = this.#pages.get(gfn + i);
      if (page === undefined || page === 'mmio' || !page[which]) continue;
      page[which] = false;
      bitmap[i >> 5] = bitmap[i >> 5]! | (1 << (i & 31));
      found += 1;
    }
    return found;
  }
  #refuseMapped(gfn: number, count: number): void {
    for (let i = 0; i < count; i += 1) {
      if (!this.#pages.has(gfn + i)) continue;
      throw new PolyvisorError([testkitErrors['already-mapped'](this.name, { gfn: gfn + i })]);
    }
  }
  #invalidate(gfn: number, count: number): void {
    this.changes += 1;
    for (const listener of this.#listeners) listener(gfn, count);
  }
}


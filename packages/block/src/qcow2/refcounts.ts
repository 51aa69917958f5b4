import { at, blockErrors, ioError, refuse } from '../errors.ts';
import type { ByteStore } from '../store/byte-store.ts';
import { MOST_REFCOUNT_TABLE_BYTES, type Geometry } from './format.ts';
import { refcountWords, type RefcountWords } from './refcount-words.ts';

/** A refcount block in memory. */
export interface RefcountBlock {
  readonly offset: number;
  readonly bytes: Uint8Array;
  dirty: boolean;
  /** The refcount table on disk refers to it. */
  attached: boolean;
}

/** Clusters that were free. `fresh`: they were never written, so the file has zeros there. */
export interface Allocation {
  readonly first: number;
  readonly fresh: boolean;
}

/**
 * How often each cluster of the file is referred to, and which are free. Changes stay in memory until they are written
 * back. All blocks that were needed stay in memory: with usual clusters 1/32768 of the file's size.
 */
export class Refcounts {
  readonly geometry: Geometry;
  readonly words: RefcountWords;
  readonly blocks = new Map<number, RefcountBlock>();
  /** Offsets of the blocks; 0: none. */
  readonly table: number[];
  /** Entries of the table on disk that are to change. */
  readonly dirtyEntries = new Set<number>();
  tableOffset: number;
  tableClusters: number;
  /** The table has outgrown its place in the file. */
  homeless = false;
  /** Clusters of metadata: never to be handed out, nor written as data. */
  readonly metadata = new Set<number>();
  readonly #store: ByteStore;
  readonly #loading = new Map<number, Promise<void>>();
  /** No cluster before is free. */
  #single = 0;
  #several = 0;
  /** No cluster from here on was ever used. */
  #high: number;

  constructor(store: ByteStore, geometry: Geometry, table: number[], tableOffset: number, tableClusters: number) {
    this.#store = store;
    this.geometry = geometry;
    this.words = refcountWords(geometry.refcountBits);
    this.table = table;
    this.tableOffset = tableOffset;
    this.tableClusters = tableClusters;
    this.#high = Math.ceil(store.size / geometry.clusterSize);
    this.#claim(tableOffset / geometry.clusterSize, tableClusters);
    for (const offset of table) if (offset !== 0) this.metadata.add(offset / geometry.clusterSize);
  }

  get high(): number {
    return this.#high;
  }

  #claim(first: number, count: number): void {
    for (let i = 0; i < count; i++) this.metadata.add(first + i);
  }

  #has(index: number): boolean {
    return this.blocks.has(index) || (this.table[index] ?? 0) === 0;
  }

  /** Brings the block of a cluster into memory. */
  async load(cluster: number): Promise<void> {
    const index = Math.floor(cluster / this.geometry.refcounts);
    if (this.#has(index)) return;
    let loading = this.#loading.get(index);
    if (!loading) {
      loading = this.#read(index).finally(() => this.#loading.delete(index));
      this.#loading.set(index, loading);
    }
    await loading;
  }

  async #read(index: number): Promise<void> {
    const offset = this.table[index]!;
    const { clusterSize } = this.geometry;
    if (offset % clusterSize !== 0 || offset >= this.#store.size) {
      const why = offset % clusterSize === 0 ? 'that is behind the end of the file' : 'no cluster begins there';
      const field = 'a refcount table entry';
      throw refuse(blockErrors['bad-offset'](at('refcount table', this.tableOffset + 8 * index), { image: this.#store.name, field, value: offset, why }));
    }
    const bytes = new Uint8Array(clusterSize);
    try {
      await this.#store.read(offset, bytes);
    } catch (error) {
      throw ioError(this.#store.name, 'reading refcounts', error);
    }
    this.blocks.set(index, { offset, bytes, dirty: false, attached: true });
  }

  /** The count of a cluster whose block is in memory. */
  count(cluster: number): number {
    const { refcounts } = this.geometry;
    const block = this.blocks.get(Math.floor(cluster / refcounts));
    return block ? this.words.get(block.bytes, cluster % refcounts) : 0;
  }

  /** Sets the count of a cluster whose block is in memory, or makes the block. */
  set(cluster: number, value: number): void {
    if (value < 0 || value > this.words.most) {
      const why = `cluster ${cluster} would have the refcount ${value}`;
      throw refuse(blockErrors.damaged(at('refcount', cluster * this.geometry.clusterSize), { image: this.#store.name, why }));
    }
    const { refcounts } = this.geometry;
    const index = Math.floor(cluster / refcounts);
    let block = this.blocks.get(index);
    if (!block) {
      if (value === 0) return;
      block = this.#placeBlocks(index, index, Math.max(this.#high, cluster + 1));
    }
    if (!block) {
      const why = `the refcounts of cluster ${cluster} overlap others`;
      throw refuse(blockErrors.damaged(at('refcount', cluster * this.geometry.clusterSize), { image: this.#store.name, why }));
    }
    this.words.set(block.bytes, cluster % refcounts, value);
    block.dirty = true;
    if (value === 0) {
      if (cluster < this.#single) this.#single = cluster;
      if (cluster < this.#several) this.#several = cluster;
    } else if (cluster >= this.#high) {
      this.#high = cluster + 1;
    }
  }

  /** `count` free clusters in a row, with a refcount of one from now on. */
  async allocate(count: number): Promise<Allocation> {
    for (;;) {
      const found = this.tryAllocate(count);
      if (typeof found !== 'number') return found;
      await this.load(found * this.geometry.refcounts);
    }
  }

  /** As `allocate`, or the index of the block that must be loaded first. */
  tryAllocate(count: number): Allocation | number {
    const { refcounts } = this.geometry;
    const start = count === 1 ? this.#single : this.#several;
    let run = 0;
    if (count <= refcounts / 2) {
      for (let cluster = start; cluster < this.#high; cluster++) {
        const index = Math.floor(cluster / refcounts);
        if (!this.#has(index)) return index;
        const block = this.blocks.get(index);
        if (!block) break; // Nothing is counted from here on, which only holds behind the end.
        if (this.words.get(block.bytes, cluster % refcounts) !== 0) run = 0;
        else if (++run === count) return this.#take(cluster - count + 1, count, false);
      }
    }
    return this.#append(count);
  }

  #append(count: number): Allocation | number {
    const { refcounts } = this.geometry;
    for (let first = this.#high; ; ) {
      const from = Math.floor(first / refcounts);
      const to = Math.floor((first + count - 1) / refcounts);
      let taken = -1;
      // One more: new blocks come behind the clusters, and count themselves.
      for (let index = from; index <= to + 1; index++) {
        if (!this.#has(index)) return index;
        const block = this.blocks.get(index);
        for (let i = 0; block && i < refcounts; i++) {
          const cluster = index * refcounts + i;
          if (cluster >= first && cluster < first + count && this.words.get(block.bytes, i) !== 0) taken = cluster;
        }
      }
      if (taken >= 0) {
        first = taken + 1;
        continue;
      }
      this.#high = Math.max(this.#high, first + count);
      const missing: number[] = [];
      for (let index = from; index <= to; index++) if (!this.blocks.has(index)) missing.push(index);
      if (missing.length > 0) this.#placeBlocks(missing[0]!, missing.at(-1)!, first + count);
      return this.#take(first, count, true);
    }
  }

  /** Makes the missing ones of the blocks `from` to `to`, in clusters from `place` on that were never used. */
  #placeBlocks(from: number, to: number, place: number): RefcountBlock | undefined {
    const { refcounts, clusterSize } = this.geometry;
    const created: number[] = [];
    let next = Math.max(place, this.#high);
    let last = to;
    // Blocks that count their own clusters may need one more block.
    for (let index = from; index <= last; index++) {
      if (this.blocks.has(index) || (this.table[index] ?? 0) !== 0) continue;
      if ((index + 1) * 8 > Math.max(MOST_REFCOUNT_TABLE_BYTES, clusterSize)) {
        throw refuse(blockErrors.full('refcount table', { image: this.#store.name, what: 'its refcount table', most: MOST_REFCOUNT_TABLE_BYTES }));
      }
      while (this.table.length <= index) this.table.push(0);
      this.table[index] = next * clusterSize;
      this.dirtyEntries.add(index);
      this.blocks.set(index, { offset: next * clusterSize, bytes: new Uint8Array(clusterSize), dirty: true, attached: false });
      created.push(next++);
      last = Math.max(last, Math.floor((next - 1) / refcounts));
    }
    this.#high = Math.max(this.#high, next);
    if (this.table.length * 8 > this.tableClusters * clusterSize) this.homeless = true;
    for (const cluster of created) {
      this.metadata.add(cluster);
      this.set(cluster, 1);
    }
    return this.blocks.get(from);
  }

  #take(first: number, count: number, fresh: boolean): Allocation {
    for (let i = 0; i < count; i++) {
      if (first + i === 0 || this.metadata.has(first + i)) {
        const why = `cluster ${first + i} holds metadata, and is counted as free`;
        throw refuse(blockErrors.damaged(at('refcount', (first + i) * this.geometry.clusterSize), { image: this.#store.name, why }));
      }
      this.set(first + i, 1);
    }
    if (count === 1) this.#single = first + 1;
    else this.#several = first + count;
    return { first, fresh };
  }

  /** Finds a place for a table that has outgrown its own. Gives the clusters of the old one. */
  async settle(): Promise<{ readonly first: number; readonly count: number } | undefined> {
    if (!this.homeless) return undefined;
    const { clusterSize } = this.geometry;
    const old = { first: this.tableOffset / clusterSize, count: this.tableOffset === 0 ? 0 : this.tableClusters };
    const perCluster = clusterSize / 8;
    const most = Math.max(1, MOST_REFCOUNT_TABLE_BYTES / clusterSize);
    let place = 0;
    let clusters = 0;
    do {
      for (let i = 0; i < clusters; i++) this.set(place + i, 0);
      // Half as much again, so that it does not move often.
      clusters = Math.min(most, Math.ceil((1.5 * this.table.length + 2) / perCluster));
      ({ first: place } = await this.allocate(clusters));
    } while (this.table.length > clusters * perCluster);
    this.#claim(place, clusters);
    this.tableOffset = place * clusterSize;
    this.tableClusters = clusters;
    this.homeless = false;
    for (let i = 0; i < old.count; i++) this.metadata.delete(old.first + i);
    return old;
  }

  /** The table as it is in the file. */
  encodeTable(): Uint8Array {
    const bytes = new Uint8Array(this.tableClusters * this.geometry.clusterSize);
    const view = new DataView(bytes.buffer);
    this.table.forEach((offset, i) => {
      view.setUint32(8 * i, Math.floor(offset / 2 ** 32));
      view.setUint32(8 * i + 4, offset >>> 0);
    });
    return bytes;
  }

  /** Forgets what is free, after refcounts were set from outside. */
  rescan(): void {
    this.#single = 0;
    this.#several = 0;
  }
}

import type { BlockBackend, PolyvisorError } from '@polyvisor/core';
import { blockErrors, ioError, refuse } from '../errors.ts';
import type { ByteStore } from '../store/byte-store.ts';
import { COMPRESSED, OFFSET_HIGH, OFFSET_LOW, type Geometry } from './format.ts';
import { Generations } from './generations.ts';
import { isDirty, isLazy, type Header } from './header.ts';
import { L2Table } from './l2-table.ts';
import type { Mapping } from './mapping.ts';
import type { Refcounts } from './refcounts.ts';
import { WriteBack } from './write-back.ts';

/** Where the data of a compressed cluster is: its bytes end at the end of a 512 byte sector. */
export function compressedPlace(geometry: Geometry, high: number, low: number): { readonly offset: number; readonly length: number } {
  // Bits 0 to x-1 are the offset and x to 61 further sectors, with x = 62 - (cluster_bits - 8); x is from 49 to 61.
  const x = 62 - (geometry.clusterBits - 8) - 32;
  const offset = (high & (2 ** x - 1)) * 2 ** 32 + low;
  const sectors = ((high & 0x3fffffff) >>> x) + 1;
  return { offset, length: sectors * 512 - (offset % 512) };
}

/** The state of an open image, shared by what reads, writes and checks it. */
export class Core {
  readonly store: ByteStore;
  readonly header: Header;
  readonly geometry: Geometry;
  readonly mapping: Mapping;
  readonly refcounts: Refcounts;
  readonly backing: BlockBackend | undefined;
  readonly readOnly: boolean;
  readonly generations = new Generations();
  readonly writeBack: WriteBack;
  /** Clusters that a table on disk may still refer to; each loses one reference after the next write-back. */
  readonly frees: number[] = [];
  /** Clusters of the disk that are being allocated. */
  readonly locks = new Map<number, Promise<void>>();
  /** Data was written since the last flush began. */
  unsynced = false;
  /** Refcounts are written when the image is closed. */
  lazy: boolean;
  dirtyOnDisk: boolean;
  #broken: PolyvisorError | undefined;
  readonly #preparing = new Map<number, Promise<L2Table>>();

  constructor(parts: {
    readonly store: ByteStore;
    readonly header: Header;
    readonly mapping: Mapping;
    readonly refcounts: Refcounts;
    readonly backing: BlockBackend | undefined;
    readonly readOnly: boolean;
  }) {
    this.store = parts.store;
    this.header = parts.header;
    this.geometry = parts.header.geometry;
    this.mapping = parts.mapping;
    this.refcounts = parts.refcounts;
    this.backing = parts.backing;
    this.readOnly = parts.readOnly;
    this.lazy = isLazy(parts.header) && !parts.readOnly;
    this.dirtyOnDisk = isDirty(parts.header);
    this.writeBack = new WriteBack(this);
  }

  /** The image contradicts itself: nothing is written any more. */
  breakDown(error: unknown): void {
    this.#broken ??= ioError(this.store.name, 'giving clusters back', error);
  }

  checkWritable(): void {
    if (this.readOnly) throw refuse(blockErrors['read-only']('', { image: this.store.name }));
    if (this.#broken) throw this.#broken;
  }

  get broken(): boolean {
    return this.#broken !== undefined;
  }

  /** Bytes of the backing file that a range of the disk shows. */
  backed(offset: number, length: number): number {
    return this.backing ? Math.max(0, Math.min(length, this.backing.size - offset)) : 0;
  }

  /** Refuses to write data where metadata is. */
  checkNoMetadata(host: number, length: number): void {
    const { clusterSize } = this.geometry;
    const last = Math.floor((host + length - 1) / clusterSize);
    for (let cluster = Math.floor(host / clusterSize); cluster <= last; cluster++) {
      if (cluster !== 0 && !this.refcounts.metadata.has(cluster)) continue;
      const why = `an L2 entry refers to cluster ${cluster}, which holds metadata`;
      const error = refuse(blockErrors.damaged('L2 table', { image: this.store.name, why }));
      this.breakDown(error);
      throw error;
    }
  }

  /**
   * The table at `index`, ours alone and in memory; to be changed, or pinned, before the next `await`. A promise says
   * to ask again when it has settled: a table that comes out of a promise may be evicted already.
   */
  tableForWrite(index: number): L2Table | Promise<unknown> {
    const { mapping } = this;
    const table = mapping.l1.copied[index] === 1 && !this.#preparing.has(index) ? mapping.cached(index) : undefined;
    if (table) return table;
    let preparing = this.#preparing.get(index);
    if (!preparing) {
      preparing = this.#prepare(index).finally(() => this.#preparing.delete(index));
      this.#preparing.set(index, preparing);
    }
    return preparing;
  }

  async #prepare(index: number): Promise<L2Table> {
    const { mapping, geometry, refcounts } = this;
    await this.relieve();
    const old = mapping.l1.offsets[index]!;
    if (old !== 0 && mapping.l1.copied[index] === 1) return mapping.load(index);
    const table = old === 0 ? new L2Table(new Uint8Array(geometry.clusterSize), 0, false) : await mapping.load(index);
    table.pins++;
    try {
      const { first } = await refcounts.allocate(1);
      table.offset = first * geometry.clusterSize;
      refcounts.metadata.add(first);
    } finally {
      table.pins--;
    }
    table.attached = false;
    table.markAll();
    if (mapping.cached(index) !== table) mapping.add(index, table);
    if (old !== 0) this.frees.push(old / geometry.clusterSize);
    mapping.l1.set(index, table.offset);
    return table;
  }

  /** Writes back when changed tables fill the cache. */
  async relieve(): Promise<void> {
    const { mapping } = this;
    if (mapping.tables.size < mapping.most) return;
    let dirty = 0;
    for (const table of mapping.tables.values()) if (table.dirty) dirty++;
    if (dirty >= mapping.most / 2) await this.writeBack.flush();
  }

  /** Drops the reference of an entry to its data. */
  free(high: number, low: number): void {
    const { clusterSize } = this.geometry;
    if ((high & COMPRESSED) !== 0) {
      const { offset, length } = compressedPlace(this.geometry, high, low);
      const last = Math.floor((offset + length - 1) / clusterSize);
      for (let cluster = Math.floor(offset / clusterSize); cluster <= last; cluster++) this.frees.push(cluster);
      return;
    }
    const host = (high & OFFSET_HIGH) * 2 ** 32 + ((low & OFFSET_LOW) >>> 0);
    if (host !== 0) this.frees.push(Math.floor(host / clusterSize));
  }

  /** Changes an entry; what it referred to is the caller's to drop. */
  setEntry(table: L2Table, at: number, high: number, low: number): void {
    const position = at * this.geometry.entrySize;
    table.view.setUint32(position, high);
    table.view.setUint32(position + 4, low);
    table.mark(position, position + this.geometry.entrySize);
  }

  /** Waits until none of the clusters is being allocated. */
  async unlocked(first: number, last: number): Promise<void> {
    if (this.locks.size === 0) return;
    for (let cluster = first; cluster <= last; cluster++) {
      for (let lock = this.locks.get(cluster); lock; lock = this.locks.get(cluster)) await lock;
    }
  }
}

import { blockErrors, ioError, refuse } from '../errors.ts';
import type { ByteStore } from '../store/byte-store.ts';
import { COMPRESSED, COPIED, OFFSET_HIGH, OFFSET_LOW, ZERO, type Geometry } from './format.ts';
import type { L1Table } from './l1-table.ts';
import { L2Table } from './l2-table.ts';

/** What a range of the disk is. */
export const Kind = { unallocated: 0, zero: 1, data: 2, compressed: 3 } as const;

/** The answer to where a range is; one object is used again and again. */
export interface Run {
  kind: number;
  /** Offset in the file of data; the upper and the lower half of the entry of a compressed cluster. */
  host: number;
  high: number;
  low: number;
  length: number;
}
export const newRun = (): Run => ({ kind: 0, host: 0, high: 0, low: 0, length: 0 });

/** From offsets of the disk to offsets of the file: an L1 table and the L2 tables that are in memory. */
export class Mapping {
  readonly geometry: Geometry;
  readonly store: ByteStore;
  l1: L1Table;
  readonly #tables = new Map<number, L2Table>();
  readonly #loading = new Map<number, Promise<L2Table>>();
  readonly #most: number;

  /** `cacheBytes` bounds the tables that are kept but for changed ones. */
  constructor(store: ByteStore, geometry: Geometry, l1: L1Table, cacheBytes: number) {
    this.store = store;
    this.geometry = geometry;
    this.l1 = l1;
    this.#most = Math.max(16, Math.floor(cacheBytes / geometry.clusterSize));
  }

  get tables(): ReadonlyMap<number, L2Table> {
    return this.#tables;
  }

  get most(): number {
    return this.#most;
  }

  cached(index: number): L2Table | undefined {
    const table = this.#tables.get(index);
    if (table) table.used = true;
    return table;
  }

  /** A table that the L1 table names, from memory or the file. */
  load(index: number): Promise<L2Table> {
    const there = this.#tables.get(index);
    if (there) return Promise.resolve(there);
    let loading = this.#loading.get(index);
    if (!loading) {
      loading = this.#read(index).finally(() => this.#loading.delete(index));
      this.#loading.set(index, loading);
    }
    return loading;
  }

  /** Adds a table that is in no file yet. */
  add(index: number, table: L2Table): void {
    this.#evict();
    this.#tables.set(index, table);
  }

  forget(): void {
    this.#tables.clear();
  }

  async #read(index: number): Promise<L2Table> {
    const offset = this.l1.offsets[index]!;
    const { clusterSize } = this.geometry;
    const { name } = this.store;
    if (offset % clusterSize !== 0 || offset + clusterSize > Math.ceil(this.store.size / clusterSize) * clusterSize) {
      const why = offset % clusterSize === 0 ? 'that is behind the end of the file' : 'no cluster begins there';
      throw refuse(blockErrors['bad-offset'](`L1 table, entry ${index}`, { image: name, field: 'an L1 entry', value: offset, why }));
    }
    const bytes = new Uint8Array(clusterSize);
    try {
      await this.store.read(offset, bytes);
    } catch (error) {
      throw ioError(name, 'reading an L2 table', error);
    }
    // A copy of the table was put there meanwhile.
    const newer = this.#tables.get(index);
    if (newer) return newer;
    const table = new L2Table(bytes, offset, true);
    this.add(index, table);
    return table;
  }

  /** Second chance: what was looked at since the last time stays. */
  #evict(): void {
    if (this.#tables.size < this.#most) return;
    let tries = 2 * this.#tables.size;
    for (const [index, table] of this.#tables) {
      if (tries-- < 0 || this.#tables.size < this.#most) return;
      if (table.dirty || table.pins > 0 || !table.attached) continue;
      this.#tables.delete(index);
      if (!table.used) continue;
      table.used = false;
      this.#tables.set(index, table);
    }
  }

  /**
   * What stands at `offset`, and how far: at most `want` bytes, of one kind, contiguous in the file.
   * Without a table the range has none.
   */
  find(table: L2Table | undefined, offset: number, want: number, run: Run): void {
    const { span } = this.geometry;
    const within = offset % span;
    const most = Math.min(want, span - within);
    if (!table) {
      run.kind = Kind.unallocated;
      run.length = most;
      return;
    }
    const unit = this.geometry.subclusterSize;
    let at = Math.floor(within / unit);
    this.unit(table, at, run);
    const { kind, high, low } = run;
    const skip = within % unit;
    const host = run.host + (kind === Kind.data ? skip : 0);
    let length = unit - skip;
    if (kind === Kind.compressed) {
      length = this.geometry.clusterSize - (within % this.geometry.clusterSize);
    } else {
      while (length < most) {
        this.unit(table, ++at, run);
        if (run.kind !== kind || (kind === Kind.data && run.host !== host + length)) break;
        length += unit;
      }
    }
    run.kind = kind;
    run.host = host;
    run.high = high;
    run.low = low;
    run.length = Math.min(length, most);
  }

  /** One cluster, or subcluster, of a table. Throws where the entry cannot be. */
  unit(table: L2Table, at: number, run: Run): void {
    const { geometry } = this;
    const extended = geometry.subclusters === 32;
    const index = extended ? at >>> 5 : at;
    const position = index * geometry.entrySize;
    const high = table.view.getUint32(position);
    const low = table.view.getUint32(position + 4);
    run.high = high;
    run.low = low;
    if ((high & COMPRESSED) !== 0) {
      run.kind = Kind.compressed;
      run.host = 0;
      return;
    }
    const base = (high & OFFSET_HIGH) * 4294967296 + ((low & OFFSET_LOW) >>> 0);
    let kind: number;
    let within = 0;
    if (extended) {
      const bit = at & 31;
      const data = (table.view.getUint32(position + 12) >>> bit) & 1;
      const zero = (table.view.getUint32(position + 8) >>> bit) & 1;
      if ((data & zero) !== 0 || (data === 1 && base === 0)) this.#contradiction(table, index);
      kind = data === 1 ? Kind.data : zero === 1 ? Kind.zero : Kind.unallocated;
      within = bit * geometry.subclusterSize;
    } else if ((low & ZERO) !== 0) {
      if (geometry.version === 2) this.#contradiction(table, index);
      kind = Kind.zero;
    } else {
      kind = base === 0 ? Kind.unallocated : Kind.data;
    }
    if (base !== 0 && (base % geometry.clusterSize !== 0 || (kind === Kind.data && base >= this.store.size))) this.#misplaced(table, index, base);
    run.kind = kind;
    run.host = base + within;
  }

  #contradiction(table: L2Table, index: number): never {
    const place = `L2 table at 0x${table.offset.toString(16)}, entry ${index}`;
    throw refuse(blockErrors['bad-field'](place, { image: this.store.name, field: 'L2 entry', value: 'contradictory', why: 'its flags exclude each other' }));
  }

  #misplaced(table: L2Table, index: number, value: number): never {
    const place = `L2 table at 0x${table.offset.toString(16)}, entry ${index}`;
    const why = value % this.geometry.clusterSize === 0 ? 'that is behind the end of the file' : 'no cluster begins there';
    throw refuse(blockErrors['bad-offset'](place, { image: this.store.name, field: 'an L2 entry', value, why }));
  }

  /** How much at `offset` can be written where it is: data that no snapshot shares. 0: nothing. */
  findWritable(table: L2Table, offset: number, want: number, run: Run): number {
    this.find(table, offset, want, run);
    if (run.kind !== Kind.data) return 0;
    // `find` joins runs by place; each cluster of them must be ours alone.
    const { clusterSize, span, entrySize } = this.geometry;
    const within = offset % span;
    const first = Math.floor(within / clusterSize);
    const last = Math.floor((within + run.length - 1) / clusterSize);
    for (let i = first; i <= last; i++) {
      if ((table.view.getUint32(i * entrySize) & COPIED) !== 0) continue;
      run.length = Math.max(0, i * clusterSize - within);
      break;
    }
    return run.length;
  }
}

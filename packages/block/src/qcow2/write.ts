import { ioError } from '../errors.ts';
import type { Core } from './core.ts';
import { COMPRESSED, COPIED, OFFSET_HIGH, OFFSET_LOW, entryOffset } from './format.ts';
import type { L2Table } from './l2-table.ts';
import { Kind, newRun } from './mapping.ts';
import { Pending } from './pending.ts';
import type { Reader } from './read.ts';
import type { Allocation } from './refcounts.ts';

/** Up to here, what surrounds a request in its clusters is written together with it. */
const MOST_MERGED = 256 * 1024;

/** A stretch of a request that needs clusters, or subclusters, of its own. */
interface Stretch {
  readonly table: L2Table;
  /** Entry of the first cluster in the table. */
  readonly entry: number;
  /** The first cluster of the disk, and how many. */
  readonly cluster: number;
  readonly count: number;
  /** The clusters are there, ours alone, and only some of their subclusters or their zero flag change. */
  readonly place: number | undefined;
  readonly offset: number;
  readonly from: Uint8Array;
}

/** Writes a disk: where it is, or to clusters of its own. */
export class Writer {
  readonly #core: Core;
  readonly #reader: Reader;
  readonly #run = newRun();

  constructor(core: Core, reader: Reader) {
    this.#core = core;
    this.#reader = reader;
  }

  async write(offset: number, from: Uint8Array): Promise<void> {
    const core = this.#core;
    const { mapping, geometry } = core;
    const run = this.#run;
    let pending: Pending | undefined;
    try {
      for (let done = 0; done < from.length; ) {
        const position = offset + done;
        const index = Math.floor(position / geometry.span);
        const table = core.tableForWrite(index);
        if (table instanceof Promise) {
          await table;
          continue;
        }
        const cluster = Math.floor(position / geometry.clusterSize);
        const lock = core.locks.size > 0 ? core.locks.get(cluster) : undefined;
        if (lock) {
          await lock;
          continue;
        }
        let length = mapping.findWritable(table, position, from.length - done, run);
        if (length > 0) {
          if (core.locks.size > 0) length = this.#unlockedPart(cluster, position, length);
          const { host } = run;
          core.checkNoMetadata(host, length);
          const part = length === from.length ? from : from.subarray(done, done + length);
          const writing = core.store.write(host, part);
          done += length;
          if (length === from.length) {
            await writing;
            core.unsynced = true;
            return;
          }
          (pending ??= new Pending()).add(writing);
          continue;
        }
        const stretch = this.#stretch(table, cluster, position, from.subarray(done));
        done += stretch.from.length;
        (pending ??= new Pending()).add(this.#locked(stretch));
      }
      await pending?.wait();
      core.unsynced = true;
    } catch (error) {
      await pending?.wait().catch(() => undefined);
      throw ioError(core.store.name, 'writing', error);
    }
  }

  /** Up to the first cluster that is being allocated. */
  #unlockedPart(first: number, position: number, length: number): number {
    const { clusterSize } = this.#core.geometry;
    const last = Math.floor((position + length - 1) / clusterSize);
    for (let cluster = first + 1; cluster <= last; cluster++) {
      if (this.#core.locks.has(cluster)) return cluster * clusterSize - position;
    }
    return length;
  }

  /** The clusters from `cluster` on that must be allocated, as far as one allocation serves them. */
  #stretch(table: L2Table, cluster: number, position: number, from: Uint8Array): Stretch {
    const { geometry, locks, mapping } = this.#core;
    const { clusterSize, entrySize } = geometry;
    const entry = cluster % geometry.entries;
    const high = table.view.getUint32(entry * entrySize);
    const host = entryOffset(high, table.view.getUint32(entry * entrySize + 4));
    const end = position + from.length;
    let count = 1;
    // An existing cluster of ours that is zero, or lacks subclusters, is filled where it is.
    const place = (high & COMPRESSED) === 0 && (high & COPIED) !== 0 && host !== 0 ? host : undefined;
    if (place === undefined) {
      const most = Math.min(Math.ceil(end / clusterSize) - cluster, geometry.entries - entry);
      while (count < most && !locks.has(cluster + count)) {
        const next = table.view.getUint32((entry + count) * entrySize);
        const nextHost = entryOffset(next, table.view.getUint32((entry + count) * entrySize + 4));
        if ((next & COMPRESSED) === 0 && (next & COPIED) !== 0 && nextHost !== 0) break;
        count++;
      }
    } else {
      // Refuses an entry that cannot be, before its cluster is written.
      mapping.find(table, position, 1, this.#run);
    }
    const stop = Math.min(end, (cluster + count) * clusterSize);
    return { table, entry, cluster, count, place, offset: position, from: from.subarray(0, stop - position) };
  }

  /** Nobody else allocates these clusters meanwhile. */
  #locked(stretch: Stretch): Promise<void> {
    const { locks } = this.#core;
    const { cluster, count, table } = stretch;
    table.pins++;
    const work = this.#allocate(stretch).finally(() => {
      table.pins--;
      for (let i = 0; i < count; i++) locks.delete(cluster + i);
    });
    const lock = work.catch(() => undefined);
    for (let i = 0; i < count; i++) locks.set(cluster + i, lock);
    return work;
  }

  async #allocate(stretch: Stretch): Promise<void> {
    const core = this.#core;
    const { clusterSize } = core.geometry;
    const { count, cluster, place } = stretch;
    let allocation: Allocation | undefined;
    let host: number;
    if (place === undefined) {
      const found = core.refcounts.tryAllocate(count);
      allocation = typeof found === 'number' ? await core.refcounts.allocate(count) : found;
      host = allocation.first * clusterSize;
    } else {
      core.checkNoMetadata(place, clusterSize);
      host = place;
    }
    try {
      const [from, to] = this.#extent(stretch);
      await this.#fill(stretch, from, to, host - cluster * clusterSize, allocation?.fresh ?? false);
      core.unsynced = true;
      this.#enter(stretch, host, from, to);
    } catch (error) {
      // Nothing refers to them.
      if (allocation) for (let i = 0; i < count; i++) core.refcounts.set(allocation.first + i, 0);
      throw error;
    }
  }

  /** The range of the disk that must be in the clusters: whole subclusters, and what a shared cluster held. */
  #extent({ table, entry, cluster, count, place, offset, from }: Stretch): [from: number, to: number] {
    const { geometry, mapping } = this.#core;
    const { clusterSize, subclusterSize, subclusters } = geometry;
    let start = Math.floor(offset / subclusterSize) * subclusterSize;
    let end = Math.ceil((offset + from.length) / subclusterSize) * subclusterSize;
    if (place === undefined) {
      // Subclusters that hold data move along.
      const run = this.#run;
      for (let i = 0; i < subclusters; i++) {
        mapping.unit(table, entry * subclusters + i, run);
        const at = cluster * clusterSize + i * subclusterSize;
        if (run.kind >= Kind.data && at < start) start = at;
        const last = (entry + count - 1) * subclusters + subclusters - 1 - i;
        mapping.unit(table, last, run);
        const until = (cluster + count) * clusterSize - i * subclusterSize;
        if (run.kind >= Kind.data && until > end) end = until;
      }
      return [start, end];
    }
    // Those that are there already stay as they are.
    const run = this.#run;
    const there = (at: number): boolean => {
      mapping.unit(table, Math.floor((at % geometry.span) / subclusterSize), run);
      return run.kind === Kind.data;
    };
    if (start < offset && there(start)) start = offset;
    const stop = offset + from.length;
    if (end > stop && there(end - subclusterSize)) end = stop;
    return [start, end];
  }

  /** Writes the request, and around it what the disk holds there. */
  async #fill({ offset, from }: Stretch, start: number, end: number, shift: number, fresh: boolean): Promise<void> {
    const core = this.#core;
    const stop = offset + from.length;
    const before = offset - start;
    const after = end - stop;
    // Clusters that were never written are zero already.
    const head = before > 0 && !(fresh && (await this.#isZero(start, before)));
    const tail = after > 0 && !(fresh && (await this.#isZero(stop, after)));
    if (!head && !tail) return core.store.write(offset + shift, from);
    const pending = new Pending();
    if (from.length + before + after <= MOST_MERGED) {
      const low = head ? start : offset;
      const all = new Uint8Array((tail ? end : stop) - low);
      if (head) pending.add(this.#readInside(start, all.subarray(0, before)));
      if (tail) pending.add(this.#readInside(stop, all.subarray(stop - low)));
      await pending.wait();
      all.set(from, offset - low);
      return core.store.write(low + shift, all);
    }
    const copy = async (at: number, length: number): Promise<void> => {
      const bytes = new Uint8Array(length);
      await this.#readInside(at, bytes);
      await core.store.write(at + shift, bytes);
    };
    if (head) pending.add(copy(start, before));
    if (tail) pending.add(copy(stop, after));
    pending.add(core.store.write(offset + shift, from));
    return pending.wait();
  }

  /** The last cluster may reach behind the end of the disk. */
  #readInside(at: number, into: Uint8Array): Promise<void> {
    const inside = Math.max(0, Math.min(into.length, this.#core.header.size - at));
    return inside === 0 ? Promise.resolve() : this.#reader.read(at, into.subarray(0, inside));
  }

  async #isZero(offset: number, length: number): Promise<boolean> {
    const core = this.#core;
    const { mapping } = core;
    for (let done = 0; done < length; ) {
      const index = Math.floor((offset + done) / core.geometry.span);
      const table = mapping.cached(index) ?? (mapping.l1.offsets[index] === 0 ? undefined : await mapping.load(index));
      mapping.find(table, offset + done, length - done, this.#run);
      const { kind, length: part } = this.#run;
      if (kind >= Kind.data || (kind === Kind.unallocated && core.backed(offset + done, part) > 0)) return false;
      done += part;
    }
    return true;
  }

  /** The data is written: the tables may say so. */
  #enter({ table, entry, cluster, count, place }: Stretch, host: number, from: number, to: number): void {
    const core = this.#core;
    const { clusterSize, entrySize, subclusters, subclusterSize } = core.geometry;
    for (let i = 0; i < count; i++) {
      const position = (entry + i) * entrySize;
      const high = table.view.getUint32(position);
      const low = table.view.getUint32(position + 4);
      const at = host + i * clusterSize;
      core.setEntry(table, entry + i, (Math.floor(at / 2 ** 32) | COPIED) >>> 0, at >>> 0);
      if (place === undefined && ((high & (COMPRESSED | OFFSET_HIGH)) !== 0 || (low & OFFSET_LOW) !== 0)) core.free(high, low);
      if (subclusters === 1) continue;
      const start = (cluster + i) * clusterSize;
      const first = Math.max(0, Math.floor((from - start) / subclusterSize));
      const last = Math.min(subclusters, Math.ceil((to - start) / subclusterSize));
      const mask = last - first === 32 ? 0xffffffff : (((1 << (last - first)) - 1) << first) >>> 0;
      table.view.setUint32(position + 8, (table.view.getUint32(position + 8) & ~mask) >>> 0);
      table.view.setUint32(position + 12, (table.view.getUint32(position + 12) | mask) >>> 0);
    }
  }
}

import { ioError } from '../errors.ts';
import type { Core } from './core.ts';
import { COMPRESSED, ZERO, entryOffset } from './format.ts';
import type { L2Table } from './l2-table.ts';
import { Kind, newRun } from './mapping.ts';
import { Pending } from './pending.ts';
import type { Writer } from './write.ts';

/** Zeros for the ends of a range that begin or end within a cluster. */
const ZEROS = new Uint8Array(2 ** 21);

/** Makes ranges zero, or as if they were never written, and gives their clusters back. */
export class Zeroer {
  readonly #core: Core;
  readonly #writer: Writer;
  readonly #run = newRun();

  constructor(core: Core, writer: Writer) {
    this.#core = core;
    this.#writer = writer;
  }

  async writeZeroes(offset: number, length: number): Promise<void> {
    const { clusterSize } = this.#core.geometry;
    const end = offset + length;
    const { size } = this.#core.header;
    const first = Math.ceil(offset / clusterSize) * clusterSize;
    // The end of the disk is the end of its last cluster.
    const last = end === size ? Math.ceil(end / clusterSize) * clusterSize : Math.floor(end / clusterSize) * clusterSize;
    if (first >= last) return this.#write(offset, length);
    const pending = new Pending();
    if (offset < first) pending.add(this.#write(offset, first - offset));
    if (end > last) pending.add(this.#write(last, end - last));
    pending.add(this.#clusters(first / clusterSize, last / clusterSize, 'zero'));
    return pending.wait();
  }

  /** Only whole clusters are given up. */
  async discard(offset: number, length: number): Promise<void> {
    const { geometry, header } = this.#core;
    const first = Math.ceil(offset / geometry.clusterSize);
    const end = offset + length;
    const last = end === header.size ? Math.ceil(end / geometry.clusterSize) : Math.floor(end / geometry.clusterSize);
    // Version 2 has no zero clusters: what is behind would show.
    if (first < last && !(geometry.version === 2 && this.#core.backing)) await this.#clusters(first, last, 'zero');
  }

  /** The range shows the backing file again. */
  async unallocate(offset: number, length: number): Promise<void> {
    const { clusterSize } = this.#core.geometry;
    await this.#clusters(Math.ceil(offset / clusterSize), Math.ceil((offset + length) / clusterSize), 'unallocated');
  }

  async #write(offset: number, length: number): Promise<void> {
    const { mapping, geometry } = this.#core;
    const run = this.#run;
    for (let done = 0; done < length; ) {
      const index = Math.floor((offset + done) / geometry.span);
      const table = mapping.cached(index) ?? (mapping.l1.offsets[index] === 0 ? undefined : await mapping.load(index));
      mapping.find(table, offset + done, Math.min(length - done, ZEROS.length), run);
      const { kind, length: part } = run;
      const isZero = kind === Kind.zero || (kind === Kind.unallocated && this.#core.backed(offset + done, part) === 0);
      if (!isZero) await this.#writer.write(offset + done, ZEROS.subarray(0, part));
      done += part;
    }
  }

  async #clusters(first: number, end: number, to: 'zero' | 'unallocated'): Promise<void> {
    const core = this.#core;
    const { geometry, mapping } = core;
    try {
      for (let cluster = first; cluster < end; ) {
        const index = Math.floor(cluster / geometry.entries);
        const last = Math.min(end, (index + 1) * geometry.entries);
        const length = (last - cluster) * geometry.clusterSize;
        const shown = to === 'zero' && core.backed(cluster * geometry.clusterSize, length) > 0;
        if (mapping.l1.offsets[index] === 0 && !shown) {
          cluster = last;
          continue;
        }
        if (shown && geometry.version === 2) {
          await this.#overwrite(cluster * geometry.clusterSize, Math.min(length, core.header.size - cluster * geometry.clusterSize));
          cluster = last;
          continue;
        }
        await core.unlocked(cluster, last - 1);
        const table = core.tableForWrite(index);
        if (table instanceof Promise) {
          await table;
          continue;
        }
        while (cluster < last && !core.locks.has(cluster)) {
          this.#change(table, cluster, to);
          cluster++;
        }
      }
    } catch (error) {
      throw ioError(core.store.name, 'writing zeros', error);
    }
  }

  async #overwrite(offset: number, length: number): Promise<void> {
    for (let done = 0; done < length; ) {
      const part = Math.min(length - done, ZEROS.length);
      await this.#writer.write(offset + done, ZEROS.subarray(0, part));
      done += part;
    }
  }

  #change(table: L2Table, cluster: number, to: 'zero' | 'unallocated'): void {
    const core = this.#core;
    const { geometry } = core;
    const extended = geometry.subclusters === 32;
    const entry = cluster % geometry.entries;
    const position = entry * geometry.entrySize;
    const high = table.view.getUint32(position);
    const low = table.view.getUint32(position + 4);
    const host = entryOffset(high, low);
    const held = (high & COMPRESSED) !== 0 || host !== 0;
    const shown = core.backed(cluster * geometry.clusterSize, geometry.clusterSize) > 0;
    const zero = to === 'zero' && (shown || (held && geometry.version === 3));
    const newLow = zero && !extended ? ZERO : 0;
    const bits = zero && extended ? 0xffffffff : 0;
    const same = high === 0 && low === newLow && (!extended || (table.view.getUint32(position + 8) === bits && table.view.getUint32(position + 12) === 0));
    if (same || (!held && !shown && to === 'zero')) return;
    if (extended) {
      table.view.setUint32(position + 8, bits);
      table.view.setUint32(position + 12, 0);
    }
    core.setEntry(table, entry, 0, newLow);
    if (held) core.free(high, low);
  }
}

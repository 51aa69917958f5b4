import { ioError } from '../errors.ts';
import { Incompatible } from './format.ts';
import { encodeHeader, isDirty } from './header.ts';
import type { Core } from './core.ts';
import type { L2Table } from './l2-table.ts';
import { Pending } from './pending.ts';
import type { RefcountBlock } from './refcounts.ts';

/** Something to be written, as it was when the write-back began. */
interface Piece {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** What one write-back takes out of memory; each stage is stable before the next one begins. */
interface Batch {
  /** What nothing on disk refers to yet. */
  readonly unreferenced: Piece[];
  /** Refcounts, and tables that only later stages refer to. */
  readonly refcounts: Piece[];
  /** What refers to data: entries of L2 and L1 tables. */
  readonly references: Piece[];
  readonly tables: { readonly table: L2Table; readonly from: number; readonly to: number; readonly whole: boolean }[];
  readonly l1: readonly number[];
  readonly blocks: RefcountBlock[];
  readonly entries: readonly number[];
  readonly frees: readonly number[];
}

/**
 * Writes changed metadata so that a crash at any point leaves at worst clusters that are counted and not used:
 *
 *     new refcount blocks -> refcounts, data, new L2 tables -> L2 and L1 entries -> clusters may be used again
 *
 * One write-back runs at a time; who asks while it runs gets the next one, with all others that ask.
 */
export class WriteBack {
  readonly #core: Core;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  /** The clusters that are being given back. */
  #releasing: Promise<void> = Promise.resolve();
  /** The file has another refcount table than the header in memory. */
  #tableMoved = false;

  constructor(core: Core) {
    this.#core = core;
  }

  flush(): Promise<void> {
    if (!this.#running) return this.#start();
    this.#next ??= this.#running.then(this.#then, this.#then);
    return this.#next;
  }

  readonly #then = (): Promise<void> => {
    this.#next = undefined;
    return this.#start();
  };

  #start(): Promise<void> {
    const run = this.#run().finally(() => {
      if (this.#running === run) this.#running = undefined;
    });
    this.#running = run;
    return run;
  }

  /** Writes all, and gives back what is dropped: afterwards nothing is left to write. No request may be in flight. */
  async finish(): Promise<void> {
    const core = this.#core;
    do {
      await this.flush();
      await this.#releasing;
    } while (core.frees.length > 0 || [...core.refcounts.blocks.values()].some((block) => block.dirty && !core.lazy));
  }

  async #run(): Promise<void> {
    const core = this.#core;
    // While counts are lazy, the table on disk must stay what it is: a repair begins with it.
    if (!core.lazy) await this.#settleTable();
    const batch = this.#take();
    try {
      if (batch.unreferenced.length > 0) await this.#stage(batch.unreferenced);
      if (batch.refcounts.length > 0 || batch.references.length === 0 || core.unsynced) await this.#stage(batch.refcounts);
      if (batch.references.length > 0) await this.#stage(batch.references);
    } catch (error) {
      this.#putBack(batch);
      throw ioError(core.store.name, 'writing metadata', error);
    }
    for (const { table, whole } of batch.tables) {
      if (whole) table.attached = true;
      table.pins--;
    }
    if (core.lazy) core.dirtyOnDisk = isDirty(core.header);
    for (const block of batch.blocks) block.attached = true;
    if (batch.frees.length > 0) this.#releaseLater(batch.frees);
  }

  async #stage(pieces: readonly Piece[]): Promise<void> {
    const { store } = this.#core;
    const pending = new Pending();
    for (const { offset, bytes } of pieces) pending.add(store.write(offset, bytes));
    await pending.wait();
    // What is written from here on is not covered by this flush.
    this.#core.unsynced = false;
    await store.flush();
  }

  async #settleTable(): Promise<void> {
    const core = this.#core;
    const old = await core.refcounts.settle();
    if (!old) return;
    core.header.refcountTableOffset = core.refcounts.tableOffset;
    core.header.refcountTableClusters = core.refcounts.tableClusters;
    this.#tableMoved = true;
    for (let i = 0; i < old.count; i++) core.frees.push(old.first + i);
  }

  #take(): Batch {
    const core = this.#core;
    const { refcounts, mapping, header } = core;
    const batch: Batch = {
      unreferenced: [], refcounts: [], references: [], tables: [], l1: [...mapping.l1.dirty].sort((a, b) => a - b), blocks: [],
      entries: [...refcounts.dirtyEntries], frees: core.frees.splice(0),
    };
    if (core.lazy) {
      // The dirty bit, before anything refers to what is not counted. Counts are written at the end.
      if (!core.dirtyOnDisk && (mapping.l1.dirty.size > 0 || [...mapping.tables.values()].some((table) => table.dirty))) {
        header.incompatible |= Incompatible.dirty;
        batch.unreferenced.push({ offset: 0, bytes: encodeHeader(header) });
      }
    } else {
      this.#takeRefcounts(batch);
    }
    for (const table of mapping.tables.values()) {
      if (!table.dirty) continue;
      // A new table is written whole, and nothing refers to it before the next stage.
      const whole = !table.attached;
      const from = whole ? 0 : table.dirtyFrom;
      const to = whole ? table.bytes.length : table.dirtyTo;
      const stage = whole ? batch.refcounts : batch.references;
      stage.push({ offset: table.offset + from, bytes: table.bytes.slice(from, to) });
      batch.tables.push({ table, from, to, whole });
      table.pins++;
      table.dirtyFrom = Infinity;
      table.dirtyTo = 0;
    }
    for (let i = 0; i < batch.l1.length; ) {
      const first = batch.l1[i]!;
      let last = first;
      while (++i < batch.l1.length && batch.l1[i] === last + 1) last++;
      batch.references.push({ offset: header.l1Offset + 8 * first, bytes: mapping.l1.encode(first, last + 1) });
    }
    mapping.l1.dirty.clear();
    return batch;
  }

  #takeRefcounts(batch: Batch): void {
    const { refcounts, header } = this.#core;
    for (const block of refcounts.blocks.values()) {
      if (!block.dirty) continue;
      (block.attached ? batch.refcounts : batch.unreferenced).push({ offset: block.offset, bytes: block.bytes.slice() });
      batch.blocks.push(block);
      block.dirty = false;
    }
    refcounts.dirtyEntries.clear();
    if (this.#tableMoved) {
      batch.unreferenced.push({ offset: refcounts.tableOffset, bytes: refcounts.encodeTable() });
      batch.refcounts.push({ offset: 0, bytes: encodeHeader(header) });
      this.#tableMoved = false;
    } else if (batch.entries.length > 0) {
      const bytes = refcounts.encodeTable();
      for (const i of batch.entries) batch.refcounts.push({ offset: refcounts.tableOffset + 8 * i, bytes: bytes.slice(8 * i, 8 * i + 8) });
    }
  }

  /** The write failed: all of it is still to be written. */
  #putBack(batch: Batch): void {
    const { refcounts, mapping, frees } = this.#core;
    for (const { table, from, to } of batch.tables) {
      table.mark(from, to);
      table.pins--;
    }
    for (const block of batch.blocks) block.dirty = true;
    for (const i of batch.l1) mapping.l1.dirty.add(i);
    for (const i of batch.entries) refcounts.dirtyEntries.add(i);
    if (batch.unreferenced.some((piece) => piece.offset === refcounts.tableOffset)) this.#tableMoved = true;
    for (const cluster of batch.frees) frees.push(cluster);
    this.#core.unsynced = true;
  }

  #releaseLater(frees: readonly number[]): void {
    const core = this.#core;
    const ended = core.generations.settled();
    this.#releasing = this.#releasing
      .then(() => ended)
      .then(() => this.#release(frees))
      .catch((error: unknown) => {
        core.breakDown(error);
      });
  }

  async #release(frees: readonly number[]): Promise<void> {
    const { refcounts, store } = this.#core;
    for (const cluster of frees) await refcounts.load(cluster);
    if (store.punch) await this.#punch([...new Set(frees)].sort((a, b) => a - b).filter((cluster) => refcounts.count(cluster) === 1));
    for (const cluster of frees) {
      refcounts.set(cluster, refcounts.count(cluster) - 1);
      if (refcounts.count(cluster) === 0) refcounts.metadata.delete(cluster);
    }
  }

  /** While their count is not zero yet, nobody else uses them. */
  async #punch(clusters: readonly number[]): Promise<void> {
    const { store, geometry } = this.#core;
    for (let i = 0; i < clusters.length; ) {
      const first = clusters[i]!;
      let count = 1;
      while (++i < clusters.length && clusters[i] === first + count) count++;
      await store.punch?.(first * geometry.clusterSize, count * geometry.clusterSize);
    }
  }
}

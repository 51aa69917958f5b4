import type { BlockBackend } from '@polyvisor/core';
import { blockErrors, refuse } from '../errors.ts';
import { checkRequest } from '../requests.ts';
import type { Core } from './core.ts';
import { shrink } from './compressed.ts';
import { COMPRESSED, Incompatible } from './format.ts';
import { encodeHeader, isDirty } from './header.ts';
import { Kind, Mapping, newRun } from './mapping.ts';
import { Reader } from './read.ts';
import { resizeQcow2 } from './resize.ts';
import { readL1, type Snapshot } from './snapshots.ts';
import { Writer } from './write.ts';
import { Zeroer } from './zero.ts';

const BLOCK = 512;

/** What a range of a disk is, and where. */
export interface Extent {
  readonly offset: number;
  readonly length: number;
  readonly kind: 'data' | 'zero' | 'unallocated' | 'compressed';
  /** Offset in the file, of data. */
  readonly host: number | undefined;
}
const KINDS = ['unallocated', 'zero', 'data', 'compressed'] as const;

/** A qcow2 image as a disk. */
export class Qcow2Disk implements BlockBackend {
  readonly blockSize = BLOCK;
  readonly core: Core;
  onResized: (() => void) | undefined = undefined;
  /** What the image keeps inside. */
  readonly snapshots: readonly Snapshot[];
  readonly #reader: Reader;
  readonly #writer: Writer;
  readonly #zeroer: Zeroer;
  #closed = false;
  /** Requests wait for it. */
  #alone: Promise<void> | undefined;
  /** Where the next compressed cluster goes, when it fits. */
  #packAt = 0;
  #packing: Promise<unknown> = Promise.resolve();

  constructor(core: Core, snapshots: readonly Snapshot[]) {
    this.core = core;
    this.snapshots = snapshots;
    this.#reader = new Reader({ mapping: core.mapping, backing: core.backing, compression: core.header.compression });
    this.#writer = new Writer(core, this.#reader);
    this.#zeroer = new Zeroer(core, this.#writer);
  }

  get name(): string {
    return this.core.store.name;
  }
  get size(): number {
    return Math.ceil(this.core.header.size / BLOCK) * BLOCK;
  }
  get readOnly(): boolean {
    return this.core.readOnly;
  }
  get backing(): BlockBackend | undefined {
    return this.core.backing;
  }

  async read(offset: number, into: Uint8Array): Promise<void> {
    checkRequest(this, this.name, 'reading', offset, into.length);
    const generation = await this.#enter();
    try {
      await this.#reader.read(offset, into);
    } finally {
      this.core.generations.leave(generation);
    }
  }

  async write(offset: number, from: Uint8Array): Promise<void> {
    checkRequest(this, this.name, 'writing', offset, from.length);
    const generation = await this.#enter();
    try {
      this.core.checkWritable();
      await this.#writer.write(offset, from);
    } finally {
      this.core.generations.leave(generation);
    }
  }

  async flush(): Promise<void> {
    if (this.#closed) throw refuse(blockErrors.closed('', { image: this.name }));
    if (!this.readOnly) await this.core.writeBack.flush();
  }

  async discard(offset: number, length: number): Promise<void> {
    checkRequest(this, this.name, 'discarding', offset, length);
    await this.#changing(() => this.#zeroer.discard(offset, length));
  }

  async writeZeroes(offset: number, length: number): Promise<void> {
    checkRequest(this, this.name, 'writing zeros', offset, length);
    await this.#changing(() => this.#zeroer.writeZeroes(offset, length));
  }

  /** The range shows the backing file again; whole clusters. */
  async unallocate(offset: number, length: number): Promise<void> {
    await this.#changing(() => this.#zeroer.unallocate(offset, length));
  }

  /** Makes the disk larger; `resizeQcow2` makes it smaller too. */
  resize(size: number): Promise<void> {
    return resizeQcow2(this, size);
  }

  /** Finishes what is in flight, and writes everything. */
  async close(): Promise<void> {
    if (this.#closed) return;
    try {
      await this.alone(async () => {
        this.#closed = true;
        if (!this.readOnly && !this.core.broken) await this.#finish();
      });
    } finally {
      this.#closed = true;
      await this.core.store.close();
      await this.core.backing?.close();
    }
  }

  async #finish(): Promise<void> {
    const { core } = this;
    core.lazy = false;
    await core.writeBack.finish();
    if (!isDirty(core.header) || core.broken) return;
    core.header.incompatible &= ~Incompatible.dirty;
    await this.writeHeader();
  }

  /** Writes the header, which then is stable. */
  async writeHeader(): Promise<void> {
    await this.core.store.write(0, encodeHeader(this.core.header));
    await this.core.store.flush();
  }

  /** Runs when no request is in flight, and lets none begin before it ends. */
  async alone<T>(act: () => Promise<T>): Promise<T> {
    while (this.#alone) await this.#alone;
    if (this.#closed) throw refuse(blockErrors.closed('', { image: this.name }));
    let open = (): void => undefined;
    this.#alone = new Promise((resolve) => {
      open = resolve;
    });
    try {
      await this.core.generations.settled();
      return await act();
    } finally {
      this.#alone = undefined;
      open();
    }
  }

  async #changing(act: () => Promise<void>): Promise<void> {
    const generation = await this.#enter();
    try {
      this.core.checkWritable();
      await act();
    } finally {
      this.core.generations.leave(generation);
    }
  }

  #enter() {
    if (!this.#alone && !this.#closed) return this.core.generations.enter();
    return this.#enterLater();
  }

  async #enterLater() {
    while (this.#alone) await this.#alone;
    if (this.#closed) throw refuse(blockErrors.closed('', { image: this.name }));
    return this.core.generations.enter();
  }

  /** What the disk is made of, in order; ranges of one kind that are contiguous in the file are one. */
  async *extents(from = 0, to = this.size): AsyncGenerator<Extent> {
    const { mapping, geometry } = this.core;
    const run = newRun();
    for (let offset = from; offset < to; ) {
      const index = Math.floor(offset / geometry.span);
      const table = mapping.cached(index) ?? (mapping.l1.offsets[index] === 0 ? undefined : await mapping.load(index));
      mapping.find(table, offset, to - offset, run);
      const { kind, host, length } = run;
      yield { offset, length, kind: KINDS[kind]!, host: kind === Kind.data ? host : undefined };
      offset += length;
    }
  }

  /**
   * Writes whole clusters compressed, each where nothing was written before; what does not become smaller is written
   * as it is.
   */
  async writeCompressed(offset: number, from: Uint8Array): Promise<void> {
    const { clusterSize } = this.core.geometry;
    checkRequest(this, this.name, 'writing', offset, from.length);
    if (this.core.header.compression === 'zstd') {
      throw refuse(blockErrors['unsupported-feature']('compression_type', { image: this.name, feature: 'writing compressed clusters with zstd' }));
    }
    for (let done = 0; done < from.length; done += clusterSize) {
      const part = from.subarray(done, done + clusterSize);
      const whole = new Uint8Array(clusterSize);
      whole.set(part);
      const small = shrink(whole);
      if (small) await this.#changing(() => this.#pack(offset + done, small));
      else await this.write(offset + done, part);
    }
  }

  /** One after the other: compressed clusters lie side by side. */
  #pack(offset: number, data: Uint8Array): Promise<void> {
    const work = this.#packing.then(() => this.#packNext(offset, data));
    this.#packing = work.catch(() => undefined);
    return work;
  }

  async #packNext(offset: number, data: Uint8Array): Promise<void> {
    const { core } = this;
    const { geometry, refcounts } = core;
    const { clusterSize } = geometry;
    const room = (clusterSize - (this.#packAt % clusterSize)) % clusterSize;
    const current = Math.floor(this.#packAt / clusterSize);
    if (room > 0) await refcounts.load(current);
    const full = room === 0 || refcounts.count(current) >= refcounts.words.most;
    let place = this.#packAt;
    if (full || room < data.length) {
      const { first } = await refcounts.allocate(1);
      if (full || first !== current + 1) place = first * clusterSize;
    }
    if (room > 0 && Math.floor(place / clusterSize) === current) refcounts.set(current, refcounts.count(current) + 1);
    this.#packAt = place + data.length;
    this.#reader.forget();
    await core.store.write(place, data);
    core.unsynced = true;
    const index = Math.floor(offset / geometry.span);
    const cluster = Math.floor(offset / clusterSize);
    await core.unlocked(cluster, cluster);
    let table = core.tableForWrite(index);
    while (table instanceof Promise) {
      await table;
      await core.unlocked(cluster, cluster);
      table = core.tableForWrite(index);
    }
    const entry = cluster % geometry.entries;
    const position = entry * geometry.entrySize;
    core.free(table.view.getUint32(position), table.view.getUint32(position + 4));
    const x = 62 - (geometry.clusterBits - 8) - 32;
    const sectors = Math.floor((place + data.length - 1) / 512) - Math.floor(place / 512);
    if (geometry.entrySize === 16) {
      table.view.setUint32(position + 8, 0);
      table.view.setUint32(position + 12, 0);
    }
    core.setEntry(table, entry, (COMPRESSED | (sectors * 2 ** x) | Math.floor(place / 2 ** 32)) >>> 0, place >>> 0);
  }

  /** A snapshot, by id or name, as a disk that cannot be written. It ends with this one. */
  async openSnapshot(idOrName: string): Promise<BlockBackend> {
    const found = this.snapshots.find(({ id }) => id === idOrName) ?? this.snapshots.find(({ name }) => name === idOrName);
    if (!found) {
      const known = this.snapshots.map(({ id, name }) => `${id} (${name})`);
      throw refuse(blockErrors['no-snapshot']('', { image: this.name, snapshot: idOrName, known }));
    }
    const { core } = this;
    const needed = Math.ceil(found.size / core.geometry.span);
    if (found.l1Entries < needed) {
      const why = `a disk of ${found.size} bytes needs ${needed}`;
      throw refuse(blockErrors['bad-field'](`snapshot ${found.id}`, { image: this.name, field: 'l1_size', value: found.l1Entries, why }));
    }
    const l1 = await readL1(core.store, core.header, found.l1Offset, found.l1Entries, `L1 table of snapshot ${found.id}`);
    const mapping = new Mapping(core.store, core.geometry, l1, 2 ** 22);
    const reader = new Reader({ mapping, backing: core.backing, compression: core.header.compression });
    const refused = () => Promise.reject(refuse(blockErrors['read-only']('', { image: `${this.name}, snapshot ${found.id}` })));
    const disk = {
      size: Math.ceil(found.size / BLOCK) * BLOCK, blockSize: BLOCK, readOnly: true,
      read: (offset: number, into: Uint8Array) => {
        checkRequest(disk, this.name, 'reading', offset, into.length);
        return reader.read(offset, into);
      },
      write: refused, discard: refused, writeZeroes: refused,
      flush: () => Promise.resolve(), close: () => Promise.resolve(),
    };
    return disk;
  }
}

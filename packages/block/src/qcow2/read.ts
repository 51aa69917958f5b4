import type { BlockBackend } from '@polyvisor/core';
import { ioError } from '../errors.ts';
import { compressedPlace } from './core.ts';
import { expand } from './compressed.ts';
import type { Compression } from './header.ts';
import { Kind, newRun, type Mapping, type Run } from './mapping.ts';
import { Pending } from './pending.ts';

/** What reading needs: the tables of the disk or of a snapshot, and what is behind them. */
export interface Source {
  readonly mapping: Mapping;
  readonly backing: BlockBackend | undefined;
  readonly compression: Compression;
}

const MOST_EXPANDED = 16;

/** Reads a disk by its tables. */
export class Reader {
  readonly #source: Source;
  readonly #run: Run = newRun();
  /** The last compressed clusters, by their entries: data in a file at a place is never another's while it is known here. */
  readonly #expanded = new Map<string, Uint8Array>();

  constructor(source: Source) {
    this.#source = source;
  }

  /** Contents of compressed clusters may have changed. */
  forget(): void {
    this.#expanded.clear();
  }

  /** One request of one run is the usual case, and waits for one promise. */
  async read(offset: number, into: Uint8Array): Promise<void> {
    const { mapping } = this.#source;
    const { l1, geometry } = mapping;
    const run = this.#run;
    let pending: Pending | undefined;
    for (let done = 0; done < into.length; ) {
      const index = Math.floor((offset + done) / geometry.span);
      let table = mapping.cached(index);
      try {
        if (!table && l1.offsets[index] !== 0) table = await mapping.load(index);
        mapping.find(table, offset + done, into.length - done, run);
      } catch (error) {
        // What is in flight still writes to the caller's bytes.
        await pending?.wait().catch(() => undefined);
        throw error;
      }
      const { kind, host, length, high, low } = run;
      const part = length === into.length ? into : into.subarray(done, done + length);
      const reading = this.#fetch(kind, host, high, low, offset + done, part);
      done += length;
      if (!reading) continue;
      if (length === into.length) return this.#named(reading);
      (pending ??= new Pending()).add(reading);
    }
    if (pending) await this.#named(pending.wait());
  }

  async #named(reading: Promise<void>): Promise<void> {
    try {
      await reading;
    } catch (error) {
      throw ioError(this.#source.mapping.store.name, 'reading', error);
    }
  }

  #fetch(kind: number, host: number, high: number, low: number, offset: number, into: Uint8Array): Promise<void> | undefined {
    switch (kind) {
      case Kind.data:
        return this.#source.mapping.store.read(host, into);
      case Kind.compressed:
        return this.#expand(high, low, offset, into);
      case Kind.unallocated:
        return this.#fromBacking(offset, into);
      default:
        into.fill(0);
        return undefined;
    }
  }

  #fromBacking(offset: number, into: Uint8Array): Promise<void> | undefined {
    const { backing } = this.#source;
    const there = backing ? Math.max(0, Math.min(into.length, backing.size - offset)) : 0;
    if (there < into.length) into.fill(0, there);
    if (!backing || there === 0) return undefined;
    return there % backing.blockSize === 0 && offset % backing.blockSize === 0
      ? backing.read(offset, there === into.length ? into : into.subarray(0, there))
      : readUnaligned(backing, offset, into.subarray(0, there));
  }

  async #expand(high: number, low: number, offset: number, into: Uint8Array): Promise<void> {
    const { mapping, compression } = this.#source;
    const { geometry, store } = mapping;
    const key = `${high}:${low}`;
    let cluster = this.#expanded.get(key);
    if (!cluster) {
      const place = compressedPlace(geometry, high, low);
      // The last sector may be cut off at the end of the file.
      const data = new Uint8Array(Math.max(0, Math.min(place.length, store.size - place.offset)));
      await store.read(place.offset, data);
      cluster = expand(store.name, compression, data, geometry.clusterSize, place.offset);
      if (this.#expanded.size >= MOST_EXPANDED) this.#expanded.clear();
      this.#expanded.set(key, cluster);
    }
    const within = offset % geometry.clusterSize;
    into.set(cluster.subarray(within, within + into.length));
  }
}

/** A backing disk with larger blocks than ours is read around the range. */
async function readUnaligned(backing: BlockBackend, offset: number, into: Uint8Array): Promise<void> {
  const unit = backing.blockSize;
  const from = Math.floor(offset / unit) * unit;
  const around = new Uint8Array(Math.min(Math.ceil((offset + into.length) / unit) * unit, backing.size) - from);
  await backing.read(from, around);
  into.set(around.subarray(offset - from, offset - from + into.length));
}

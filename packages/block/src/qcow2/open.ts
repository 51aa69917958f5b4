import type { BlockBackend } from '@polyvisor/core';
import { at, blockErrors, ioError, refuse } from '../errors.ts';
import type { ByteStore } from '../store/byte-store.ts';
import { repairRefcounts } from './check.ts';
import { Core } from './core.ts';
import { Qcow2Disk } from './disk.ts';
import { Autoclear, Incompatible, readU64, viewOf } from './format.ts';
import { isCorrupt, isDirty, parseHeader, type Header } from './header.ts';
import { Mapping } from './mapping.ts';
import { Refcounts } from './refcounts.ts';
import { readL1, readSnapshots } from './snapshots.ts';

export interface Qcow2Options {
  readonly readOnly?: boolean;
  /** What the image shows where nothing was written. */
  readonly backing?: BlockBackend | undefined;
  /** Bytes of L2 tables in memory (32 MiB). */
  readonly cacheBytes?: number;
  /** Lets an image that is marked as corrupt be written, to repair it. */
  readonly repairing?: boolean;
}

const CACHE = 32 * 2 ** 20;

/** Reads the header of an image. */
export async function readHeader(store: ByteStore): Promise<Header> {
  const first = new Uint8Array(Math.min(store.size, 2 ** 21));
  // Clusters of 64 KiB and less hold all that is needed in most images.
  const head = first.subarray(0, Math.min(first.length, 65536));
  try {
    await store.read(0, head);
    const bits = head.length >= 24 ? viewOf(head).getUint32(20) : 0;
    const clusterSize = bits >= 9 && bits <= 21 ? 2 ** bits : head.length;
    if (clusterSize > head.length) await store.read(head.length, first.subarray(head.length));
    return parseHeader(store.name, first.subarray(0, Math.min(first.length, clusterSize)));
  } catch (error) {
    throw ioError(store.name, 'reading the header', error);
  }
}

async function readRefcountTable(store: ByteStore, header: Header): Promise<Refcounts> {
  const { geometry, refcountTableOffset: offset, refcountTableClusters: clusters } = header;
  const length = clusters * geometry.clusterSize;
  if (offset === 0 || offset + length > Math.ceil(store.size / geometry.clusterSize) * geometry.clusterSize) {
    const why = 'the file ends before the table does';
    throw refuse(blockErrors['bad-offset'](at('refcount_table_offset', 48), { image: store.name, field: 'refcount_table_offset', value: offset, why }));
  }
  const bytes = new Uint8Array(length);
  try {
    await store.read(offset, bytes);
  } catch (error) {
    throw ioError(store.name, 'reading the refcount table', error);
  }
  const view = viewOf(bytes);
  const table: number[] = [];
  for (let i = 0; i < length / 8; i++) table.push(readU64(view, 8 * i));
  // Blocks that do not exist need no memory.
  while (table.length > 0 && table.at(-1) === 0) table.pop();
  return new Refcounts(store, geometry, table, offset, clusters);
}

/** Opens a qcow2 image. Whoever opens it gives it its backing file. */
export async function openQcow2(store: ByteStore, options: Qcow2Options = {}): Promise<Qcow2Disk> {
  const readOnly = (options.readOnly ?? false) || store.readOnly;
  const header = await readHeader(store);
  if (!readOnly && isCorrupt(header) && options.repairing !== true) {
    throw refuse(blockErrors['marked-corrupt'](at('incompatible_features', 72), { image: store.name }));
  }
  const l1 = await readL1(store, header, header.l1Offset, header.l1Entries, at('l1_table_offset', 40));
  const refcounts = await readRefcountTable(store, header);
  const { list: snapshots, bytes: snapshotBytes } = await readSnapshots(store, header);
  const mapping = new Mapping(store, header.geometry, l1, options.cacheBytes ?? CACHE);
  const core = new Core({ store, header, mapping, refcounts, backing: options.backing, readOnly });
  const { clusterSize } = header.geometry;
  const claim = (offset: number, length: number): void => {
    for (let cluster = Math.floor(offset / clusterSize); cluster * clusterSize < offset + length; cluster++) refcounts.metadata.add(cluster);
  };
  claim(0, clusterSize);
  claim(header.l1Offset, header.l1Entries * 8);
  claim(header.snapshotsOffset, snapshotBytes);
  for (const offset of l1.offsets) if (offset !== 0) refcounts.metadata.add(Math.floor(offset / clusterSize));
  const disk = new Qcow2Disk(core, snapshots);
  if (!readOnly) await prepareForWriting(disk, options.repairing ?? false);
  return disk;
}

async function prepareForWriting(disk: Qcow2Disk, repairing: boolean): Promise<void> {
  const { core } = disk;
  const { header, store } = core;
  try {
    if (isDirty(header) && !repairing) {
      // It was not closed: counts may lack what tables refer to.
      core.lazy = false;
      await repairRefcounts(disk);
      await core.writeBack.finish();
      header.incompatible &= ~Incompatible.dirty;
      await disk.writeHeader();
      core.dirtyOnDisk = false;
      core.lazy = (header.compatible & 1) !== 0;
    }
    // What these bits promise, such as that bitmaps tell of every write, does not hold once we write.
    if (header.autoclear.high !== 0 || header.autoclear.low !== 0) {
      header.autoclear = { high: 0, low: 0 };
      await disk.writeHeader();
    }
  } catch (error) {
    throw ioError(store.name, 'preparing it for writing', error);
  }
}

/** Bitmaps count while their bit is set. */
export const hasBitmaps = (header: Header): boolean => (header.autoclear.low & Autoclear.bitmaps) !== 0;

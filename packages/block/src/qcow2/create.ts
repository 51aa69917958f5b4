import { blockErrors, refuse } from '../errors.ts';
import type { ByteStore } from '../store/byte-store.ts';
import { Core } from './core.ts';
import {
  Compatible, CompressionId, HEADER_V2, HEADER_V3, HEADER_V3_COMPRESSION, Incompatible, MOST_BACKING_NAME, MOST_L1_BYTES, geometryOf, viewOf, writeU64,
} from './format.ts';
import { Qcow2Disk } from './disk.ts';
import { encodeHeader, type Compression, type Header } from './header.ts';
import { encodeExtensions } from './header-extensions.ts';
import { L1Table } from './l1-table.ts';
import { Mapping } from './mapping.ts';
import { Refcounts } from './refcounts.ts';

/** How a new qcow2 image is to be. */
export interface Qcow2CreateOptions {
  /** Bytes of the disk. */
  readonly size: number;
  /** 2 (compat 0.10) or 3 (compat 1.1, the default). */
  readonly version?: 2 | 3;
  /** Bytes, a power of two from 512 to 2 MiB (64 KiB). */
  readonly clusterSize?: number;
  /** 1 to 64, a power of two (16). */
  readonly refcountBits?: number;
  readonly extendedL2?: boolean;
  readonly lazyRefcounts?: boolean;
  readonly compression?: Compression;
  /** What the image names as its backing file, and that one's format. */
  readonly backing?: { readonly name: string; readonly format: string };
  /** `metadata`: every cluster has its place from the start. */
  readonly preallocation?: 'off' | 'metadata';
}

/** Writes a new, empty image over whatever the store holds. */
export async function createQcow2(store: ByteStore, options: Qcow2CreateOptions): Promise<void> {
  const header = headerFor(store.name, options);
  const { geometry } = header;
  await store.resize(0);
  // Nothing is there yet: tables find their places as they do when an image grows.
  const refcounts = new Refcounts(store, geometry, [], 0, 0);
  refcounts.set(0, 1);
  refcounts.metadata.add(0);
  const l1 = new L1Table(header.l1Entries);
  const clusters = Math.max(1, Math.ceil((header.l1Entries * 8) / geometry.clusterSize));
  const { first } = await refcounts.allocate(clusters);
  for (let i = 0; i < clusters; i++) refcounts.metadata.add(first + i);
  header.l1Offset = first * geometry.clusterSize;
  await store.write(header.l1Offset, new Uint8Array(clusters * geometry.clusterSize));
  const core = new Core({ store, header, mapping: new Mapping(store, geometry, l1, 2 ** 22), refcounts, backing: undefined, readOnly: false });
  core.lazy = false;
  const disk = new Qcow2Disk(core, []);
  if (options.preallocation === 'metadata') await preallocate(disk);
  await core.writeBack.finish();
  const { backing } = options;
  const head = new Uint8Array(geometry.clusterSize);
  const extensions = encodeExtensions(geometry.version, backing?.format, geometry.clusterSize);
  const name = new TextEncoder().encode(backing?.name ?? '');
  const nameAt = header.length + extensions.length;
  if (name.length > MOST_BACKING_NAME || nameAt + name.length > geometry.clusterSize) {
    const why = 'the name must fit the first cluster, and have at most 1023 bytes';
    throw refuse(blockErrors['bad-option']('', { image: store.name, option: 'backing', value: backing?.name ?? '', why }));
  }
  head.set(encodeHeader(header));
  head.set(extensions, header.length);
  if (backing) {
    head.set(name, nameAt);
    writeU64(viewOf(head), 8, nameAt);
    viewOf(head).setUint32(16, name.length);
  }
  await store.write(0, head);
  await store.flush();
}

/** Gives every cluster its place; the file has its full length, and what was never written is zero. */
async function preallocate(disk: Qcow2Disk): Promise<void> {
  const { core } = disk;
  const { clusterSize, entries, subclusters } = core.geometry;
  const total = Math.ceil(disk.size / clusterSize);
  for (let cluster = 0; cluster < total; ) {
    const table = core.tableForWrite(Math.floor(cluster / entries));
    if (table instanceof Promise) {
      await table;
      continue;
    }
    table.pins++;
    const count = Math.min(total - cluster, entries - (cluster % entries), 1024);
    const { first } = await core.refcounts.allocate(count);
    for (let i = 0; i < count; i++) {
      const host = (first + i) * clusterSize;
      const entry = (cluster + i) % entries;
      core.setEntry(table, entry, (Math.floor(host / 2 ** 32) | 0x80000000) >>> 0, host >>> 0);
      if (subclusters === 32) table.view.setUint32(entry * 16 + 12, 0xffffffff);
    }
    table.pins--;
    cluster += count;
  }
  await core.store.resize(core.refcounts.high * clusterSize);
}

function headerFor(image: string, options: Qcow2CreateOptions): Header {
  const { size, version = 3, clusterSize = 65536, refcountBits = 16, extendedL2 = false, lazyRefcounts = false, compression = 'deflate' } = options;
  const wrong = (option: string, value: number | string, why: string) => refuse(blockErrors['bad-option']('', { image, option, value, why }));
  const isPower = (n: number): boolean => Number.isInteger(Math.log2(n));
  if (!isPower(clusterSize) || clusterSize < 512 || clusterSize > 2 ** 21) throw wrong('cluster_size', clusterSize, 'it must be a power of two from 512 to 2M');
  if (!isPower(refcountBits) || refcountBits < 1 || refcountBits > 64) throw wrong('refcount_bits', refcountBits, 'it must be a power of two from 1 to 64');
  if (!Number.isSafeInteger(size) || size < 0) throw wrong('size', size, 'it is no number of bytes');
  if (version === 2) {
    const needs3 = 'it needs compat=1.1';
    if (refcountBits !== 16) throw wrong('refcount_bits', refcountBits, needs3);
    if (extendedL2) throw wrong('extended_l2', 'on', needs3);
    if (lazyRefcounts) throw wrong('lazy_refcounts', 'on', needs3);
    if (compression !== 'deflate') throw wrong('compression_type', compression, needs3);
  }
  if (extendedL2 && clusterSize < 16384) throw wrong('extended_l2', 'on', 'it needs clusters of at least 16K');
  const geometry = geometryOf(version, Math.log2(clusterSize), refcountBits, extendedL2);
  const rounded = Math.ceil(size / 512) * 512;
  const l1Entries = Math.ceil(rounded / geometry.span);
  if (l1Entries * 8 > MOST_L1_BYTES) throw wrong('size', size, `clusters of ${clusterSize} bytes allow at most ${(MOST_L1_BYTES / 8) * geometry.span}`);
  const length = version === 2 ? HEADER_V2 : compression === 'zstd' ? HEADER_V3_COMPRESSION : HEADER_V3;
  return {
    geometry, length, size: rounded, l1Entries, l1Offset: 0, refcountTableOffset: 0, refcountTableClusters: 0, snapshots: 0, snapshotsOffset: 0,
    incompatible: (extendedL2 ? Incompatible.extendedL2 : 0) | (CompressionId[compression] === 0 ? 0 : Incompatible.compression),
    compatible: lazyRefcounts ? Compatible.lazyRefcounts : 0, autoclear: { high: 0, low: 0 }, compression, raw: new Uint8Array(length),
    backingName: undefined, extensions: { backingFormat: undefined, features: [], bitmaps: undefined },
  };
}

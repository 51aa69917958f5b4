import type { BlockBackend } from '@polyvisor/core';
import { Compatible, Incompatible } from '../qcow2/format.ts';
import type { Compression } from '../qcow2/header.ts';
import type { Snapshot } from '../qcow2/snapshots.ts';
import { Qcow2Disk } from '../qcow2/disk.ts';
import type { ImageDisk } from './open-image.ts';
import type { Format } from './probe.ts';

/** What an image is; the words are those of `qemu-img info`. */
export interface ImageInfo {
  readonly name: string;
  readonly format: Format;
  /** Bytes of the disk. */
  readonly virtualSize: number;
  /** Bytes of storage, where the store knows. */
  readonly diskSize: number | undefined;
  readonly qcow2: Qcow2Info | undefined;
}

export interface Qcow2Info {
  readonly compat: '0.10' | '1.1';
  readonly clusterSize: number;
  readonly backingFile: string | undefined;
  readonly backingFormat: string | undefined;
  readonly compression: Compression;
  readonly lazyRefcounts: boolean;
  readonly refcountBits: number;
  readonly corrupt: boolean;
  readonly dirty: boolean;
  readonly extendedL2: boolean;
  readonly snapshots: readonly Snapshot[];
}

export async function imageInfo(disk: ImageDisk): Promise<ImageInfo> {
  const isQcow2 = disk instanceof Qcow2Disk;
  const store = isQcow2 ? disk.core.store : disk.store;
  return {
    name: disk.name, format: isQcow2 ? 'qcow2' : 'raw', virtualSize: disk.size, diskSize: await store.occupied?.(),
    qcow2: isQcow2 ? qcow2Info(disk) : undefined,
  };
}

function qcow2Info(disk: Qcow2Disk): Qcow2Info {
  const { header } = disk.core;
  const incompatible = (bit: number): boolean => (header.incompatible & bit) !== 0;
  return {
    compat: header.geometry.version === 2 ? '0.10' : '1.1', clusterSize: header.geometry.clusterSize, backingFile: header.backingName,
    backingFormat: header.extensions.backingFormat, compression: header.compression,
    lazyRefcounts: (header.compatible & Compatible.lazyRefcounts) !== 0, refcountBits: header.geometry.refcountBits,
    corrupt: incompatible(Incompatible.corrupt), dirty: incompatible(Incompatible.dirty), extendedL2: header.geometry.subclusters === 32,
    snapshots: disk.snapshots,
  };
}

/** A range that one image of a chain provides. */
export interface MappedExtent {
  readonly offset: number;
  readonly length: number;
  readonly kind: 'data' | 'zero' | 'compressed';
  /** How many images behind the first one. */
  readonly depth: number;
  readonly host: number | undefined;
}

/** Which image of a chain provides what, as `qemu-img map` tells. */
export async function* mapImage(disk: BlockBackend, from = 0, to = disk.size, depth = 0): AsyncGenerator<MappedExtent> {
  if (!(disk instanceof Qcow2Disk)) {
    if (to > from) yield { offset: from, length: to - from, kind: 'data', depth, host: from };
    return;
  }
  for await (const { offset, length, kind, host } of disk.extents(from, to)) {
    if (kind !== 'unallocated') {
      yield { offset, length, kind, depth, host };
      continue;
    }
    const end = offset + length;
    const shown = disk.backing ? Math.max(offset, Math.min(end, disk.backing.size)) : offset;
    if (disk.backing && shown > offset) yield* mapImage(disk.backing, offset, shown, depth + 1);
    if (shown < end) yield { offset: shown, length: end - shown, kind: 'zero', depth, host: undefined };
  }
}

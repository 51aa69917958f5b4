import { blockErrors, ioError, refuse } from '../errors.ts';
import type { Qcow2Disk } from './disk.ts';
import { MOST_L1_BYTES } from './format.ts';
import { L1Table } from './l1-table.ts';

/** Makes the disk of an image larger, or with `shrink` smaller; what grows is zero. `size` is a multiple of 512. */
export async function resizeQcow2(disk: Qcow2Disk, size: number, options: { readonly shrink?: boolean } = {}): Promise<void> {
  const { core } = disk;
  core.checkWritable();
  const { header, geometry } = core;
  const image = disk.name;
  if (!Number.isSafeInteger(size) || size < 0 || size % 512 !== 0) {
    throw refuse(blockErrors['bad-option']('', { image, option: 'size', value: size, why: 'it must be a multiple of 512 bytes' }));
  }
  if (disk.snapshots.length > 0) throw refuse(blockErrors['has-snapshots']('', { image, action: 'resized' }));
  if (size < header.size && options.shrink !== true) throw refuse(blockErrors['would-shrink']('', { image, from: header.size, to: size }));
  const entries = Math.ceil(size / geometry.span);
  if (entries * 8 > MOST_L1_BYTES) throw refuse(blockErrors.full('', { image, what: 'its L1 table', most: MOST_L1_BYTES }));
  const old = header.size;
  if (size < old) {
    await disk.unallocate(size, disk.size - size);
    // What remains of the last cluster must be zero when the disk grows again.
    const partial = Math.min(Math.ceil(size / geometry.clusterSize) * geometry.clusterSize, disk.size);
    if (partial > size) await disk.writeZeroes(size, partial - size);
  }
  try {
    await disk.alone(async () => {
      await core.writeBack.finish();
      if (entries > core.mapping.l1.length) await growL1(disk, entries);
      header.size = size;
      await disk.writeHeader();
      if (size < old) await cutFile(disk);
    });
  } catch (error) {
    throw ioError(image, 'resizing', error);
  }
  // A backing file shows only where the disk was.
  const shown = disk.backing ? Math.min(disk.backing.size, disk.size) : 0;
  if (size > old && shown > old) await disk.writeZeroes(Math.ceil(old / 512) * 512, shown - Math.ceil(old / 512) * 512);
  if (size !== old) disk.onResized?.();
}

/** A larger table at another place: it is stable before the header names it. */
async function growL1(disk: Qcow2Disk, entries: number): Promise<void> {
  const { core } = disk;
  const { header, mapping, refcounts, geometry, store } = core;
  const clusters = Math.ceil((entries * 8) / geometry.clusterSize);
  const old = { first: header.l1Offset / geometry.clusterSize, count: Math.ceil((header.l1Entries * 8) / geometry.clusterSize) };
  const { first } = await refcounts.allocate(clusters);
  for (let i = 0; i < clusters; i++) refcounts.metadata.add(first + i);
  const table = new L1Table(entries);
  table.offsets.set(mapping.l1.offsets);
  table.copied.set(mapping.l1.copied);
  const bytes = new Uint8Array(clusters * geometry.clusterSize);
  bytes.set(table.encode(0, entries));
  await store.write(first * geometry.clusterSize, bytes);
  await core.writeBack.flush();
  header.l1Offset = first * geometry.clusterSize;
  header.l1Entries = entries;
  mapping.l1 = table;
  await disk.writeHeader();
  for (let i = 0; i < Math.max(1, old.count); i++) if (old.first + i > 0) core.frees.push(old.first + i);
  await core.writeBack.finish();
}

/** Free clusters at the end of the file are cut off. */
async function cutFile(disk: Qcow2Disk): Promise<void> {
  const { core } = disk;
  await core.writeBack.finish();
  let end = Math.ceil(core.store.size / core.geometry.clusterSize);
  for (; end > 0; end--) {
    await core.refcounts.load(end - 1);
    if (core.refcounts.count(end - 1) !== 0) break;
  }
  if (end * core.geometry.clusterSize < core.store.size) await core.store.resize(end * core.geometry.clusterSize);
}

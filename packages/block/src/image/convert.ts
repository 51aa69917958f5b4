import type { BlockBackend } from '@polyvisor/core';
import { blockErrors, refuse } from '../errors.ts';
import { Qcow2Disk } from '../qcow2/disk.ts';
import { mapImage } from './info.ts';

/** Bytes that are read at once. */
const STEP = 2 ** 21;
/** Zeros of this length are not written. */
const SPARSE = 4096;

export interface CopyOptions {
  /** Writes clusters compressed; the target is a qcow2 image to which nothing was written. */
  readonly compress?: boolean;
  /** The target holds something, or shows a backing file: zeros are written too. Without it they are skipped. */
  readonly overwrite?: boolean;
}

/**
 * Copies a disk to one that is zero all over, or that is to be overwritten. Zeros take no room. Both stay open; what the
 * target has behind the end of the source stays.
 */
export async function copyDisk(from: BlockBackend, to: BlockBackend, options: CopyOptions = {}): Promise<void> {
  if (to.size < from.size) throw refuse(blockErrors['too-small']('', { image: nameOf(to), size: to.size, needs: from.size }));
  const compressed = options.compress === true;
  if (compressed && !(to instanceof Qcow2Disk)) {
    throw refuse(blockErrors['bad-option']('', { image: nameOf(to), option: 'compress', value: 'on', why: 'only qcow2 images are compressed' }));
  }
  const overwrite = options.overwrite === true;
  const unit = to instanceof Qcow2Disk ? to.core.geometry.clusterSize : SPARSE;
  if (overwrite) await zeroGaps(from, to, compressed ? unit : 1);
  const buffers = [new Uint8Array(STEP), new Uint8Array(STEP)];
  const writes: Promise<void>[] = [];
  let turn = 0;
  for await (const [offset, length] of stretches(from, compressed ? unit : 1)) {
    for (let done = 0; done < length; done += STEP) {
      // One buffer is read while the other one is written.
      await writes[turn];
      const part = buffers[turn]!.subarray(0, Math.min(STEP, length - done));
      await from.read(offset + done, part);
      const write = compressed && to instanceof Qcow2Disk ? writeCompressed(to, offset + done, part, overwrite) : writeSparse(to, offset + done, part, unit, overwrite);
      // Handled when it is waited for.
      write.catch(() => undefined);
      writes[turn] = write;
      turn = 1 - turn;
    }
  }
  await Promise.all(writes);
  await to.flush();
}

/** Zeros where the source is known to be zero. */
async function zeroGaps(from: BlockBackend, to: BlockBackend, unit: number): Promise<void> {
  let zeroed = 0;
  for await (const [offset, length] of stretches(from, unit)) {
    if (offset > zeroed) await to.writeZeroes(zeroed, offset - zeroed);
    zeroed = offset + length;
  }
  if (from.size > zeroed) await to.writeZeroes(zeroed, from.size - zeroed);
}

/** What is not known to be zero, in multiples of `unit`. */
async function* stretches(disk: BlockBackend, unit: number): AsyncGenerator<[offset: number, length: number]> {
  let start = 0;
  let end = 0;
  for await (const { offset, length, kind } of mapImage(disk)) {
    if (kind === 'zero') continue;
    const from = Math.floor(offset / unit) * unit;
    const to = Math.min(Math.ceil((offset + length) / unit) * unit, disk.size);
    if (from > end) {
      if (end > start) yield [start, end - start];
      start = from;
    }
    end = Math.max(end, to);
  }
  if (end > start) yield [start, end - start];
}

const nameOf = (disk: BlockBackend): string => (disk instanceof Qcow2Disk ? disk.name : 'the target');

async function writeCompressed(to: Qcow2Disk, offset: number, bytes: Uint8Array, overwrite: boolean): Promise<void> {
  const { clusterSize } = to.core.geometry;
  for (let done = 0; done < bytes.length; done += clusterSize) {
    const cluster = bytes.subarray(done, done + clusterSize);
    if (!isZero(cluster)) await to.writeCompressed(offset + done, cluster);
    else if (overwrite) await to.writeZeroes(offset + done, cluster.length);
  }
}

/** Runs of units that are not zero are written together; runs of zeros are skipped, or overwrite. */
async function writeSparse(to: BlockBackend, offset: number, bytes: Uint8Array, cluster: number, overwrite: boolean): Promise<void> {
  const unit = Math.max(to.blockSize, Math.min(SPARSE, cluster));
  for (let start = 0, end = 0; start < bytes.length; start = end) {
    const zero = isZero(bytes.subarray(start, start + unit));
    for (end = start + unit; end < bytes.length && isZero(bytes.subarray(end, end + unit)) === zero; ) end += unit;
    end = Math.min(end, bytes.length);
    if (!zero) await to.write(offset + start, bytes.subarray(start, end));
    else if (overwrite) await to.writeZeroes(offset + start, end - start);
  }
}

function isZero(bytes: Uint8Array): boolean {
  const words = bytes.byteOffset % 8 === 0 && bytes.length % 8 === 0 ? new Float64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8) : bytes;
  // -0 is not zero bytes, but equals 0.
  for (let i = 0; i < words.length; i++) if (words[i] !== 0) return false;
  return words === bytes || !bytes.includes(0x80);
}

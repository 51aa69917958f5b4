/** Node only. */
import type { BigIntStats } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** What Linux counts block devices in, whatever their own blocks are. */
const SECTOR = 512;

/** Bytes of a file or, where Linux tells them, of a block device, of which stat(2) says nothing. Nothing else has a size. */
export async function sizeOf(stat: BigIntStats): Promise<number> {
  if (stat.isFile()) return Number(stat.size);
  if (!stat.isBlockDevice()) throw new Error('it is neither a file nor a block device');
  return deviceSize(stat.rdev);
}

/** By the numbers of a block device, as makedev(3) packs them. */
export async function deviceSize(rdev: bigint): Promise<number> {
  const major = ((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & 0xfffff000n);
  const minor = (rdev & 0xffn) | ((rdev >> 12n) & 0xffffff00n);
  return SECTOR * Number(await readFile(`/sys/dev/block/${major}:${minor}/size`, 'utf8'));
}

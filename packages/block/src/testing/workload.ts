import type { BlockBackend } from '@polyvisor/core';
import type { Random } from './random.ts';

const SECTOR = 512;

/** Writes, zeroes and flushes at random, many at once where they do not overlap; gives what the disk then holds. */
export async function disturb(disk: BlockBackend, model: Uint8Array, random: Random, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const requests: Promise<void>[] = [];
    const taken: [number, number][] = [];
    for (let i = random.below(8); i >= 0; i--) {
      const length = Math.min(disk.size, (1 + random.below(random.chance(6) ? 400 : 24)) * SECTOR);
      const offset = random.below((disk.size - length) / SECTOR + 1) * SECTOR;
      if (taken.some(([from, to]) => offset < to && offset + length > from)) continue;
      taken.push([offset, offset + length]);
      const what = random.below(10);
      if (what < 7) {
        const bytes = new Uint8Array(length).fill(1 + random.below(255));
        model.set(bytes, offset);
        requests.push(disk.write(offset, bytes));
      } else if (what < 9) {
        model.fill(0, offset, offset + length);
        requests.push(disk.writeZeroes(offset, length));
      } else {
        requests.push(discardAndSee(disk, model, offset, length));
      }
    }
    if (random.chance(4)) requests.push(disk.flush());
    await Promise.all(requests);
  }
}

/** Discarded sectors are what they were, or zero: the model learns which. */
async function discardAndSee(disk: BlockBackend, model: Uint8Array, offset: number, length: number): Promise<void> {
  await disk.discard(offset, length);
  const now = new Uint8Array(length);
  await disk.read(offset, now);
  for (let at = 0; at < length; at += SECTOR) {
    const sector = now.subarray(at, at + SECTOR);
    if (sector.every((byte) => byte === 0)) model.fill(0, offset + at, offset + at + SECTOR);
  }
}

export async function contents(disk: BlockBackend): Promise<Uint8Array> {
  const bytes = new Uint8Array(disk.size);
  await disk.read(0, bytes);
  return bytes;
}

/** The first byte that differs, for messages; -1: none. */
export function difference(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length) return Math.min(a.length, b.length);
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return i;
  return -1;
}

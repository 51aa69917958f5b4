import type { BlockBackend } from '@polyvisor/core';
import { Random } from '../../../random/random.ts';
import { describeError, found, type Check, type Finding } from '../../report.ts';
import { DiskModel, withDisk } from '../model.ts';
import type { BlockSubject } from '../options.ts';

/** Every way to reach blocks. */
const REACHES = Object.freeze({
  read: (disk: BlockBackend, offset: number, length: number) => disk.read(offset, new Uint8Array(length)),
  write: (disk: BlockBackend, offset: number, length: number) => disk.write(offset, new Uint8Array(length).fill(0x3c)),
  discard: (disk: BlockBackend, offset: number, length: number) => disk.discard(offset, length),
  writeZeroes: (disk: BlockBackend, offset: number, length: number) => disk.writeZeroes(offset, length),
});
type Reach = keyof typeof REACHES;

/** What is wrong with how a request is refused; nothing when it is as it should be. */
export async function notRefused(what: string, request: () => Promise<unknown>): Promise<Finding[]> {
  let promise: Promise<unknown>;
  try {
    promise = request();
  } catch (error) {
    return [found(`${what} throws (${describeError(error)}); the promise should reject`)];
  }
  try {
    await promise;
  } catch (error) {
    return error instanceof Error ? [] : [found(`${what} is refused with ${String(error)}, which is no Error`)];
  }
  return [found(`${what} is not refused`)];
}

export const geometry: Check<BlockSubject> = {
  name: 'geometry',
  summary: 'the block size is a power of two from 512 on, and the size is a whole number of blocks',
  run: ({ options }) => withDisk(options.open, (disk) => {
    const findings: Finding[] = [];
    const { blockSize, size } = disk;
    if (!Number.isSafeInteger(blockSize) || blockSize < 512 || 2 ** Math.round(Math.log2(blockSize)) !== blockSize) findings.push(found(`the block size is ${blockSize}`));
    if (!Number.isSafeInteger(size) || size <= 0 || size % blockSize !== 0) findings.push(found(`the size is ${size}, with blocks of ${blockSize}`));
    if (disk.readOnly) findings.push(found('a disk that may be written says readOnly'));
    return Promise.resolve(findings);
  }),
};

export const outOfRange: Check<BlockSubject> = {
  name: 'out-of-range',
  summary: 'a request that does not lie within the disk rejects with an Error, and changes nothing',
  run: ({ options }) => withDisk(options.open, async (disk) => {
    const model = await DiskModel.of(disk);
    const { blockSize: block, size } = disk;
    const findings: Finding[] = [];
    for (const reach of Object.keys(REACHES) as Reach[]) {
      for (const [offset, length] of [[size, block], [size - block, 2 * block], [2 ** 52, block], [-block, block]] as const) {
        findings.push(...await notRefused(`a ${reach} of ${length} bytes at ${offset} of ${size}`, () => REACHES[reach](disk, offset, length)));
      }
    }
    if (disk.size !== size) findings.push(found(`the size became ${disk.size}, it was ${size}`));
    return [...findings, ...await model.compare(disk, 'afterwards')];
  }),
};

export const emptyRequests: Check<BlockSubject> = {
  name: 'empty-requests',
  summary: 'requests of no bytes resolve, at the end of the disk too, and change nothing',
  run: ({ options }) => withDisk(options.open, async (disk) => {
    const model = await DiskModel.of(disk);
    for (const reach of Object.keys(REACHES) as Reach[]) {
      for (const offset of [0, disk.size]) await REACHES[reach](disk, offset, 0);
    }
    return model.compare(disk, 'afterwards');
  }),
};

export const readOnlyDisk: Check<BlockSubject> = {
  name: 'read-only',
  summary: 'a disk that is read-only says so, rejects what would change it, reads and flushes as others do',
  run: async ({ options, seed }) => {
    const { openReadOnly } = options;
    if (openReadOnly === undefined) return { skipped: 'no disk that is read-only was given' };
    return withDisk(async () => ({ disk: await openReadOnly() }), async (disk) => {
      const findings = disk.readOnly ? [] : [found('readOnly is false')];
      const model = await DiskModel.of(disk);
      const block = disk.blockSize * new Random(seed).below(disk.size / disk.blockSize);
      for (const reach of ['write', 'discard', 'writeZeroes'] as const) {
        findings.push(...await notRefused(`a ${reach}`, () => REACHES[reach](disk, block, disk.blockSize)));
      }
      await disk.flush();
      return [...findings, ...await model.compare(disk, 'afterwards')];
    });
  },
};

export const closedDisk: Check<BlockSubject> = {
  name: 'closed',
  summary: 'a closed disk rejects requests, and may be closed again',
  run: async ({ options }) => {
    const { disk } = await options.open();
    await disk.close();
    const findings: Finding[] = [];
    for (const reach of Object.keys(REACHES) as Reach[]) findings.push(...await notRefused(`a ${reach} after close`, () => REACHES[reach](disk, 0, disk.blockSize)));
    findings.push(...await notRefused('a flush after close', () => disk.flush()));
    await disk.close();
    return findings;
  },
};

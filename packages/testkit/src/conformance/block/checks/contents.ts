import { Random } from '../../../random/random.ts';
import { found, type Check, type Finding } from '../../report.ts';
import { DiskModel, nameOf, perform, randomRequest, withDisk, type Request } from '../model.ts';
import type { BlockSubject } from '../options.ts';

const AT_ONCE = 16;

export const randomRequests: Check<BlockSubject> = {
  name: 'random-requests',
  summary: 'after any sequence of requests each block holds what was last written to it, and no other block has changed',
  run: ({ options, operations, seed }) => withDisk(options.open, async (disk) => {
    const model = await DiskModel.of(disk);
    const random = new Random(seed);
    for (let i = 0; i < operations; i += 1) {
      const request = randomRequest(random, disk.blockSize, 0, disk.size / disk.blockSize);
      model.apply(request);
      const findings = await perform(model, request);
      if (findings.length > 0) return [...findings, found(`this was request ${i} of seed ${seed}`)];
    }
    const small = await model.compare(disk, `after ${operations} requests of seed ${seed}`, disk.blockSize);
    return [...small, ...await model.compare(disk, 'read as a whole', disk.size)];
  }),
};

export const requestsAtOnce: Check<BlockSubject> = {
  name: 'requests-at-once',
  summary: 'requests to different blocks that are under way at once do not disturb each other',
  run: ({ options, operations, seed }) => withDisk(options.open, async (disk) => {
    const model = await DiskModel.of(disk);
    const random = new Random(seed ^ 0x517cc1b7);
    const share = Math.floor(disk.size / disk.blockSize / AT_ONCE);
    for (let round = 0; round < operations / AT_ONCE; round += 1) {
      const requests: Request[] = Array.from({ length: AT_ONCE }, (_, i) => randomRequest(random, disk.blockSize, i * share, (i + 1) * share));
      for (const request of requests) model.apply(request);
      const results = await Promise.all(requests.map((request) => perform(model, request)));
      const flushed = round % 4 === 0 ? disk.flush() : undefined;
      await flushed;
      const findings = results.flat();
      if (findings.length > 0) return [...findings, found(`under way were: ${requests.map(nameOf).join('; ')} (seed ${seed}, round ${round})`)];
    }
    return model.compare(disk, `after ${operations} requests of seed ${seed}, ${AT_ONCE} at once`);
  }),
};

export const zeroesRead: Check<BlockSubject> = {
  name: 'write-zeroes',
  summary: 'what writeZeroes was asked for reads as zeros, in pieces of any size',
  run: ({ options, seed }) => withDisk(options.open, async (disk) => {
    const random = new Random(seed);
    await disk.write(0, random.bytes(disk.size));
    const model = await DiskModel.of(disk);
    const findings: Finding[] = [];
    for (const [offset, length] of [[0, disk.blockSize], [disk.blockSize * 3, disk.blockSize * 5], [disk.size / 2, disk.size / 4], [disk.size - disk.blockSize, disk.blockSize]] as const) {
      const aligned: Request = { kind: 'writeZeroes', offset: offset - (offset % disk.blockSize), length: length - (length % disk.blockSize) };
      model.apply(aligned);
      await perform(model, aligned);
      findings.push(...await model.compare(disk, `after a ${nameOf(aligned)}`));
    }
    return findings;
  }),
};

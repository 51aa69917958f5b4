import { Random } from '../../../random/random.ts';
import { found, type Check, type Finding } from '../../report.ts';
import { DiskModel, perform, randomRequest, withDisk } from '../model.ts';
import type { BlockSubject } from '../options.ts';

export const keepsContents: Check<BlockSubject> = {
  name: 'keeps-contents',
  summary: 'what was written is there when the storage is opened again',
  run: async ({ options, operations, seed }) => {
    const { disk, reopen } = await options.open();
    if (reopen === undefined) {
      await disk.close();
      return { skipped: 'nothing outlives this disk' };
    }
    const model = await DiskModel.of(disk);
    const random = new Random(seed ^ 0x2545f491);
    for (let i = 0; i < operations; i += 1) {
      const request = randomRequest(random, disk.blockSize, 0, disk.size / disk.blockSize);
      model.apply(request);
      await perform(model, request);
      if (i === operations >> 1) await disk.flush();
    }
    const { size } = disk;
    await disk.close();
    return withDisk(async () => ({ disk: await reopen() }), async (again) => {
      if (again.size !== size) return [found(`its size is ${again.size} and was ${size}`)];
      return model.compare(again, 'opened again');
    });
  },
};

const MORE = 128 * 1024;

export const resizes: Check<BlockSubject> = {
  name: 'resize',
  summary: 'a disk that grows keeps what it holds, is zero behind that, and tells its owner once, when its size has changed',
  run: ({ options, seed }) => withDisk(options.open, async (disk) => {
    if (disk.resize === undefined) return { skipped: 'this disk does not change its size' };
    const findings: Finding[] = [];
    const old = disk.size;
    await disk.write(0, new Random(seed).bytes(old));
    const before = new Uint8Array(old);
    await disk.read(0, before);
    const told: number[] = [];
    disk.onResized = () => { told.push(disk.size); };
    const holds = async (size: number, when: string): Promise<void> => {
      if (disk.size !== size) return void findings.push(found(`${when} its size is ${disk.size}, not ${size}`));
      const bytes = new Uint8Array(size);
      await disk.read(0, bytes);
      const wrong = bytes.findIndex((byte, i) => byte !== (i < old ? before[i] : 0));
      if (wrong >= 0) findings.push(found(`${when} byte ${wrong} is ${bytes[wrong] ?? 0} and should be ${wrong < old ? (before[wrong] ?? 0) : 0}`));
    };

    await disk.resize(old + MORE);
    if (told.join() !== String(old + MORE)) findings.push(found(`growing to ${old + MORE} called onResized ${told.length} times, with sizes ${told.join(', ') || 'none'}`));
    await holds(old + MORE, 'grown');
    await disk.write(old, new Uint8Array(MORE).fill(0x99));

    told.length = 0;
    try {
      await disk.resize(old);
    } catch (error) {
      if (!(error instanceof Error)) findings.push(found(`making it smaller is refused with ${String(error)}, which is no Error`));
      if (disk.size !== old + MORE || told.length > 0) findings.push(found('it could not be made smaller, and says another size'));
      return findings;
    }
    if (told.join() !== String(old)) findings.push(found(`shrinking to ${old} called onResized ${told.length} times, with sizes ${told.join(', ') || 'none'}`));
    await holds(old, 'made smaller');
    await disk.resize(old + MORE);
    await holds(old + MORE, 'grown again');
    return findings;
  }),
};

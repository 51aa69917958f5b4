import { Random } from '../../../random/random.ts';
import { found, type Check, type Finding } from '../../report.ts';
import { DiskModel, withDisk } from '../model.ts';
import type { BlockSubject } from '../options.ts';

/** Not a multiple of anything: a view of a larger buffer begins here. */
const ODD = 13;
const later = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

export const buffers: Check<BlockSubject> = {
  name: 'buffers',
  summary: 'a request touches no byte beside the view it was given, and no byte of it once it is done',
  run: ({ options, seed }) => withDisk(options.open, async (disk) => {
    const random = new Random(seed);
    const findings: Finding[] = [];
    const length = disk.blockSize * 3;
    const offset = disk.blockSize * 2;
    const model = await DiskModel.of(disk);

    const whole = random.bytes(length + 2 * ODD);
    const before = Uint8Array.from(whole);
    const view = whole.subarray(ODD, ODD + length);
    model.apply({ kind: 'write', offset, length, bytes: view });
    await disk.write(offset, view);
    if (!same(whole, before)) findings.push(found('a write changed the buffer that it was given'));
    whole.fill(0xee);
    await later();
    findings.push(...await model.compare(disk, 'after the buffer of a write was used for something else'));

    const target = new Uint8Array(length + 2 * ODD).fill(0x77);
    await disk.read(offset, target.subarray(ODD, ODD + length));
    if (target.subarray(0, ODD).some((byte) => byte !== 0x77) || target.subarray(ODD + length).some((byte) => byte !== 0x77)) {
      findings.push(found('a read wrote beside the view that it was given'));
    }
    const wrong = model.wrong(offset, target.subarray(ODD, ODD + length));
    if (wrong !== undefined) findings.push(found(`a read into a view gives a wrong byte ${wrong}`));
    target.fill(0x11);
    await later();
    if (target.some((byte) => byte !== 0x11)) findings.push(found('a read wrote to its buffer after it was done'));
    return findings;
  }),
};

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.every((byte, i) => byte === b[i]);
}

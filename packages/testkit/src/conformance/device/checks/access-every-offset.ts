import { EXTREMES, Random } from '../../../random/random.ts';
import { hex } from '../../../trace/trace.ts';
import { found, type Check, type Finding } from '../../report.ts';
import { regionsOf, type RegionInfo } from '../operations.ts';
import type { DeviceSubject } from '../options.ts';
import { DeviceRig } from '../rig.ts';

/** Regions up to this size are walked byte by byte. */
const WHOLE = 4096;
const SAMPLE = 512;

export const accessEveryOffset: Check<DeviceSubject> = {
  name: 'access-every-offset',
  summary: 'no access throws, whatever its offset, size and value, and every read gives a 32-bit integer',
  run(subject) {
    const rig = new DeviceRig(subject);
    const regions = regionsOf(rig.fake.resources);
    if (regions.length === 0) return { skipped: 'the device has no regions' };
    rig.trace.on = false;
    const findings: Finding[] = [];
    for (const region of regions) {
      const random = new Random(subject.seed);
      for (const offset of offsets(region, random)) {
        for (const size of region.sizes) {
          if (offset + size > region.size) continue;
          const values = region.size <= 64 ? EXTREMES : [random.pick(EXTREMES), random.value()];
          for (const value of values) {
            rig.write(region.name, offset, size, value);
            checkRead(rig, region.name, offset, size, findings);
          }
        }
      }
    }
    return [...rig.faults.map((fault) => found(`${fault}. A handler must not throw: the guest chooses the access`)), ...findings];
  },
};

function checkRead(rig: DeviceRig, region: string, offset: number, size: 1 | 2 | 4, findings: Finding[]): void {
  const before = rig.faults.length + rig.runaways.length;
  const value = rig.read(region, offset, size);
  if (rig.faults.length + rig.runaways.length > before) return;
  if (Number.isInteger(value) && value >= -0x80000000 && value <= 0xffffffff) return;
  findings.push(found(`read ${region}+${hex(offset)}/${size} gave ${String(value)}, which is no 32-bit integer; return value | 0`));
}

function offsets(region: RegionInfo, random: Random): Iterable<number> {
  if (region.size <= WHOLE) return Array.from({ length: region.size }, (_, i) => i);
  const corners = [0, 1, 2, 3, 4, 255, 256, 4094, 4095, 4096];
  const ends = corners.map((n) => region.size - 1 - n);
  const sample = Array.from({ length: SAMPLE }, () => Math.floor((random.int32() >>> 0) / 2 ** 32 * region.size));
  return [...corners, ...ends, ...sample].filter((offset) => offset >= 0 && offset < region.size);
}

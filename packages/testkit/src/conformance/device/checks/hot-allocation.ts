import { Random } from '../../../random/random.ts';
import { hex } from '../../../trace/trace.ts';
import { allocationOf, openHeap } from '../../heap.ts';
import { found, type Check, type Finding } from '../../report.ts';
import { regionsOf, type RegionInfo } from '../operations.ts';
import type { AccessPoint, DeviceSubject } from '../options.ts';
import { DeviceRig } from '../rig.ts';

/** Regions up to this size are measured at every offset; of larger ones this many accesses. */
const WHOLE = 64;
const SAMPLE = 64;

export const hotAllocation: Check<DeviceSubject> = {
  name: 'hot-allocation',
  summary: 'reading and writing registers allocates nothing',
  run(subject) {
    const heap = openHeap();
    if ('skipped' in heap) return heap;
    const rig = new DeviceRig(subject, { guarded: false });
    const points = regionsOf(rig.fake.resources).flatMap((region) => pointsOf(region, subject));
    if (points.length === 0) return { skipped: 'the device has no regions' };
    rig.trace.on = false;
    const limit = subject.options.allocation?.bytesPerCall ?? 4;
    const threw = new Set<AccessPoint>();
    const calls = points.map((point) => caller(rig, point, subject.seed, () => threw.add(point)));
    const spent = allocationOf(heap, calls, limit, () => rig.trace.wide);
    return points.flatMap((point, i) => (spent[i]! < limit || threw.has(point) ? [] : [describe(rig, point, spent[i]!)]));
  },
};

function pointsOf(region: RegionInfo, subject: DeviceSubject): AccessPoint[] {
  const random = new Random(subject.seed);
  const all: AccessPoint[] = [];
  const add = (offset: number) => {
    for (const size of region.sizes) {
      if (offset + size > region.size) continue;
      for (const direction of ['read', 'write'] as const) all.push({ direction, region: region.name, offset, size });
    }
  };
  if (region.size <= WHOLE) for (let offset = 0; offset < region.size; offset += 1) add(offset);
  else for (let i = 0; i < SAMPLE; i += 1) add(random.below(Math.min(region.size, i < SAMPLE / 2 ? 256 : 2 ** 32)));
  const hot = all.filter((point) => !(subject.options.allocation?.cold?.(point) ?? false));
  if (region.size <= WHOLE || hot.length <= SAMPLE) return hot;
  return Array.from({ length: SAMPLE }, (_, i) => hot[Math.floor((i * hot.length) / SAMPLE)]!);
}

/** Calls one handler until it throws once: exceptions allocate, and are the business of other checks. */
function caller(
  rig: DeviceRig, { direction, region, offset, size }: AccessPoint, seed: number, onThrow: () => void,
): (i: number) => unknown {
  const handler = rig.device.regions?.[region];
  if (!handler) return () => 0;
  const { trace } = rig;
  const random = new Random(seed);
  const values = Int32Array.from({ length: 64 }, () => random.value());
  let threw = false;
  const guarded = (act: (i: number) => number) => (i: number): unknown => {
    if (threw) return 0;
    trace.startOperation();
    try {
      return act(i);
    } catch {
      threw = true;
      onThrow();
      return 0;
    }
  };
  if (direction === 'read') return guarded(() => handler.read(offset, size));
  return guarded((i) => {
    handler.write(offset, size, values[i & 63]!);
    return 0;
  });
}

function describe(rig: DeviceRig, point: AccessPoint, bytes: number): Finding {
  const what = `${point.direction} ${point.region}+${hex(point.offset)}/${point.size} allocates about ${Math.round(bytes)} bytes`;
  return found(`${what} a call: ${remedy(rig, point)}`);
}

function remedy(rig: DeviceRig, point: AccessPoint): string {
  if (point.direction === 'read') {
    const value = rig.read(point.region, point.offset, point.size);
    if (value > 0x7fffffff) return `it returned ${value}, and a number of 2^31 or more is boxed: return value | 0`;
    if (!Number.isInteger(value)) return 'it returned a fraction, which is boxed: return value | 0';
  }
  return 'make no objects, arrays, closures, strings or numbers beyond 32 bits in a handler';
}

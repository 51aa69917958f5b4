import { lineWish, type MmioWish, type PortWish, type Resources } from '@polyvisor/core';
import { found, type Check, type Finding } from '../../report.ts';
import { show } from '../../values.ts';
import type { DeviceSubject } from '../options.ts';

const NAME = /^[A-Za-z][A-Za-z0-9_-]*$/;

export const resourcesValid: Check<DeviceSubject> = {
  name: 'resources-valid',
  summary: 'sizes, widths, alignments and preferred places are possible ones',
  run({ plugin, config }) {
    const resources = plugin.resources(config);
    const both = Object.keys(resources.pio ?? {}).filter((name) => Object.hasOwn(resources.mmio ?? {}, name));
    return [
      ...Object.entries(resources.pio ?? {}).flatMap(([name, wish]) => region(name, wish, 0x10000, 0x10000)),
      ...Object.entries(resources.mmio ?? {}).flatMap(([name, wish]) => [...region(name, wish, 2 ** 40, 2 ** 52), ...alignment(name, wish)]),
      ...both.map((name) => found(`"${name}" is both a port range and a memory range; regions share one set of names`)),
      ...Object.entries(resources.memory ?? {}).flatMap(([name, { size }]) =>
        integer(size, 4096, 2 ** 30) && size % 4096 === 0 ? [] : [found(`the memory "${name}" has size ${show(size)}; a multiple of 4096 up to 2^30 is possible`)]),
      ...lines(resources),
      ...unknown(resources),
    ];
  },
};

function region(name: string, wish: PortWish | MmioWish, largest: number, space: number): Finding[] {
  const out: Finding[] = [];
  if (!NAME.test(name)) out.push(found(`${show(name)} is no name for a region`));
  if (!integer(wish.size, 1, largest)) out.push(found(`"${name}" has size ${show(wish.size)}; 1 to ${largest} is possible`));
  if (![undefined, 1, 2, 4].includes(wish.width)) out.push(found(`"${name}" has width ${show(wish.width)}; 1, 2 or 4 is possible`));
  if (wish.prefer !== undefined && !integer(wish.prefer, 0, space - wish.size)) {
    out.push(found(`"${name}" prefers ${show(wish.prefer)}, where it does not fit`));
  }
  if (wish.movable && wish.prefer !== undefined) out.push(found(`"${name}" is movable and prefers a place; the device places it`));
  return out;
}

function alignment(name: string, { align = 4096, prefer }: MmioWish): Finding[] {
  if (!integer(align, 1, 2 ** 40) || Math.log2(align) % 1 !== 0) return [found(`"${name}" has alignment ${show(align)}, which is no power of two`)];
  return prefer !== undefined && prefer % align !== 0 ? [found(`"${name}" prefers ${prefer}, which is not a multiple of ${align}`)] : [];
}

function lines(resources: Resources): Finding[] {
  return Object.entries(resources.irq ?? {}).flatMap(([name, wish]) => {
    const { kind, prefer } = lineWish(wish);
    return [
      // A plugin in plain JavaScript can say anything.
      ...(['level', 'edge'].includes(kind) ? [] : [found(`the line "${name}" is neither level nor edge but ${show(kind)}`)]),
      ...(prefer === undefined || integer(prefer, 0, 1023) ? [] : [found(`the line "${name}" prefers input ${show(prefer)}; 0 to 1023 is possible`)]),
    ];
  });
}

const KNOWN = ['pio', 'mmio', 'memory', 'irq', 'msi', 'dma', 'timers', 'services', 'provides'];

function unknown(resources: Resources): Finding[] {
  return Object.keys(resources).filter((key) => !KNOWN.includes(key)).map((key) => found(`there is no resource "${key}"`));
}

function integer(value: unknown, min: number, max: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
}

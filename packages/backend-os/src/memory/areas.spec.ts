import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Areas, type Area } from './areas.ts';

const PAGES = 64;
const area = (start: number, end: number, prot = 3): Area => ({ start: start * 4096, end: end * 4096, prot, backing: undefined, stack: false, name: '' });
const range = fc.tuple(fc.nat(PAGES - 1), fc.integer({ min: 1, max: 16 })).map(([start, count]) => [start, Math.min(PAGES, start + count)] as const);
const step = fc.record({ what: fc.constantFrom('add', 'remove', 'protect'), range, prot: fc.constantFrom(0, 1, 3, 5) });

test('do what a table of pages does', () => {
  fc.assert(fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
    const areas = new Areas();
    const pages = new Array<number>(PAGES).fill(-1);
    for (const { what, range: [start, end], prot } of steps) {
      if (what !== 'protect') areas.remove(start * 4096, end * 4096);
      if (what === 'add') areas.add(area(start, end, prot));
      if (what === 'protect') areas.protect(start * 4096, end * 4096, prot);
      for (let i = start; i < end; i++) pages[i] = what === 'add' ? prot : what === 'remove' ? -1 : pages[i]! < 0 ? -1 : prot;
    }
    expect(pages.map((_, i) => areas.find(i * 4096 + 5)?.prot ?? -1)).toEqual(pages);
    const { all } = areas;
    expect(all.every((a, i) => a.start < a.end && (all[i + 1]?.start ?? Infinity) >= a.end)).toBe(true);
    for (let i = 0; i + 1 < all.length; i++) if (all[i]!.end === all[i + 1]!.start) expect(all[i]!.prot).not.toBe(all[i + 1]!.prot);
  }));
});

test('find the highest gap that is large enough', () => {
  fc.assert(fc.property(fc.array(range, { maxLength: 12 }), fc.integer({ min: 1, max: 20 }), (ranges, count) => {
    const areas = new Areas();
    const taken = new Set<number>();
    for (const [start, end] of ranges) {
      areas.remove(start * 4096, end * 4096);
      areas.add(area(start, end));
      for (let i = start; i < end; i++) taken.add(i);
    }
    let expected = -1;
    for (let i = 2; i + count <= PAGES; i++) if (Array.from({ length: count }, (_, k) => taken.has(i + k)).every((t) => !t)) expected = i * 4096;
    expect(areas.findGap(count * 4096, 2 * 4096, PAGES * 4096)).toBe(expected);
  }));
});

test('keep the place in the file when they are cut, and join again', () => {
  const from = { read: () => 0, size: 0, beyond: 'zeros' as const };
  const areas = new Areas();
  areas.add({ ...area(0, 4), backing: { from, at: 0x10000 } });
  areas.protect(4096, 8192, 1);
  expect(areas.all.map((a) => [a.start, a.prot, a.backing?.at])).toEqual([[0, 3, 0x10000], [4096, 1, 0x11000], [8192, 3, 0x12000]]);
  areas.protect(4096, 8192, 3);
  expect(areas.all).toEqual([{ ...area(0, 4), backing: { from, at: 0x10000 } }]);
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MachineEvents, Region } from '@polyvisor/core';
import { createEvents } from '../events.ts';
import { MmioBus } from './mmio-bus.ts';
import { MovableRegions, Wanted, type SlotTable } from './movable.ts';
import { PortBus } from './port-bus.ts';
import { Slot } from './slot.ts';

interface Bus extends SlotTable {
  place(slot: Slot): void;
  read(address: number, size: 1 | 2 | 4): number;
}

const buses = [
  { name: 'the port bus', make: (e: MachineEvents): Bus => new PortBus(e), origin: 0xc000, unit: 1, limit: 0x10000 },
  { name: 'the MMIO bus, by bytes', make: (e: MachineEvents): Bus => new MmioBus(e), origin: 2 ** 32 - 20, unit: 1, limit: 2 ** 48 },
  { name: 'the MMIO bus, by pages', make: (e: MachineEvents): Bus => new MmioBus(e), origin: 0xe000_0000, unit: 0x1000, limit: 2 ** 48 },
  { name: 'the MMIO bus, by megabytes', make: (e: MachineEvents): Bus => new MmioBus(e), origin: 2 ** 32 - 2 ** 24, unit: 0x10_0000, limit: 2 ** 48 },
];

const answering = (value: number): Region => ({ read: () => value, write: () => undefined });

describe.each(buses)('movable regions on $name', ({ make, origin, unit, limit }) => {
  test('are found where they were last moved to: behind fixed regions, earlier ones in front', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 4 });
    const moves = fc.array(fc.tuple(fc.nat(3), fc.option(fc.nat(30), { nil: undefined })), { maxLength: 12 });
    fc.assert(
      fc.property(sizes, moves, (regions, script) => {
        const bus = make(createEvents());
        bus.place(new Slot(origin + 8 * unit, 3 * unit, 4, 'fixed', answering(99)));
        const movable = new MovableRegions(bus);
        const wanted = regions.map((size, i) => {
          const place = new Wanted(size * unit, limit, 1);
          movable.add(new Slot(0, size * unit, 4, 'm', answering(i)), place);
          return place;
        });
        const at = regions.map((): number | undefined => undefined);
        for (const [which, to] of script) {
          const i = which % regions.length;
          at[i] = to;
          wanted[i]?.move(to === undefined ? undefined : origin + to * unit);
          for (let unitAt = 0; unitAt < 44; unitAt++) {
            const mine = regions.findIndex((size, r) => at[r] !== undefined && unitAt >= at[r] && unitAt < at[r] + size);
            const expected = unitAt >= 8 && unitAt < 11 ? 99 : mine < 0 ? 0xff : mine;
            expect(bus.read(origin + unitAt * unit, 1), `unit ${unitAt}`).toBe(expected);
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('a place', () => {
  test('that is beyond the space or misaligned is nowhere', () => {
    const wanted = new Wanted(0x100, 0x10000, 0x100);
    const seen: unknown[] = [];
    wanted.onMove = () => seen.push(wanted.base);
    for (const base of [0xff00, 0xff01, 0x200, 0x1_0000, 0x300, -0x100, 0x400, NaN]) wanted.move(base);
    expect(seen).toEqual([0xff00, undefined, 0x200, undefined, 0x300, undefined, 0x400, undefined]);
  });
});

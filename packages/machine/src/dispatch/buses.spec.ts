import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MachineEvents, Region } from '@polyvisor/core';
import { createEvents } from '../events.ts';
import { MmioBus } from './mmio-bus.ts';
import { PortBus } from './port-bus.ts';
import { Slot } from './slot.ts';

type Size = 1 | 2 | 4;

/** A region backed by bytes, which checks what every device may rely on. */
function memoryRegion(size: number, width: number): { region: Region; bytes: Uint8Array } {
  const bytes = new Uint8Array(size);
  const check = (offset: number, n: number): void => {
    if (offset < 0 || offset + n > size || n > width) throw new Error(`access of ${n} at ${offset} of ${size}/${width}`);
  };
  return {
    bytes,
    region: {
      read(offset, n) {
        check(offset, n);
        let value = -1 << (8 * n - 1) << 1;
        for (let i = 0; i < n; i++) value |= bytes[offset + i]! << (8 * i);
        return value;
      },
      write(offset, n, value) {
        check(offset, n);
        for (let i = 0; i < n; i++) bytes[offset + i] = value >> (8 * i);
      },
    },
  };
}

interface Bus {
  place(slot: Slot): void;
  read(address: number, size: Size): number;
  write(address: number, size: Size, value: number): void;
}

const buses = [
  { name: 'the port bus', make: (e: MachineEvents): Bus => new PortBus(e), origin: 0x3f0 },
  { name: 'the MMIO bus below 4 GiB', make: (e: MachineEvents): Bus => new MmioBus(e), origin: 0xfee0_0ff0 },
  { name: 'the MMIO bus across 4 GiB', make: (e: MachineEvents): Bus => new MmioBus(e), origin: 2 ** 32 - 40 },
];

describe.each(buses)('$name', ({ make, origin }) => {
  const layout = fc.array(fc.record({ gap: fc.nat(6), size: fc.integer({ min: 1, max: 40 }), width: fc.constantFrom(1, 2, 4) }), {
    minLength: 1,
    maxLength: 6,
  });
  const accesses = fc.array(
    fc.record({ at: fc.nat(120), size: fc.constantFrom(1 as const, 2 as const, 4 as const), value: fc.integer() }),
    { maxLength: 40 },
  );

  test('acts like bytes behind any layout: splits wide accesses, crosses regions, reads ones in gaps', () => {
    fc.assert(
      fc.property(layout, accesses, (regions, script) => {
        const bus = make(createEvents());
        const model = new Map<number, number>();
        let at = origin;
        for (const { gap, size, width } of regions) {
          at += gap;
          bus.place(new Slot(at, size, width, 'd', memoryRegion(size, width).region));
          for (let i = 0; i < size; i++) model.set(at + i, 0);
          at += size;
        }
        for (const { at: offset, size, value } of script) {
          const address = origin + offset;
          bus.write(address, size, value);
          for (let i = 0; i < size; i++) if (model.has(address + i)) model.set(address + i, (value >> (8 * i)) & 0xff);
          let want = 0;
          for (let i = 0; i < size; i++) want |= (model.get(address + i) ?? 0xff) << (8 * i);
          expect(bus.read(address, size)).toBe(want);
        }
      }),
    );
  });

  test('tells those who watch about accesses that nothing answers', () => {
    const events = createEvents();
    const bus = make(events);
    const seen: unknown[] = [];
    events.unclaimed.stream.subscribe((e) => seen.push(e));
    bus.write(origin, 2, 0x1234);
    expect(bus.read(origin, 1)).toBe(0xff);
    expect(seen).toMatchObject([
      { address: origin, size: 2, write: true, value: 0x1234 },
      { address: origin, size: 1, write: false },
    ]);
  });
});

describe('the MMIO bus', () => {
  test('places regions of many gigabytes without a table entry for each page', () => {
    const bus = new MmioBus(createEvents());
    const reads: number[] = [];
    const region: Region = { read: (offset) => (reads.push(offset), 7), write: () => undefined };
    bus.place(new Slot(2 ** 36 + 4096, 2 ** 38, 4, 'gpu', region));
    expect(bus.read(2 ** 36 + 4096 + 2 ** 37, 4)).toBe(7);
    expect(bus.read(2 ** 36, 4)).toBe(-1);
    expect(bus.read(2 ** 36 + 4096 + 2 ** 38, 4)).toBe(-1);
    expect(reads).toEqual([2 ** 37]);
  });
});

describe('the port bus', () => {
  test('wraps an access at the end of the port space', () => {
    const bus = new PortBus(createEvents());
    const low = memoryRegion(2, 1);
    bus.place(new Slot(0, 2, 1, 'low', low.region));
    bus.write(0xffff, 4, 0x44332211);
    expect([...low.bytes]).toEqual([0x22, 0x33]);
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DmaStatus, FRAME_SIZE, RIGHTS_RAM, RIGHTS_ROM } from '@polyvisor/core';
import { createHost } from './host.ts';

const PAGES = 6;
function guest() {
  const h = createHost({ frames: 4 * 2 ** 20 });
  const s = h.createAddressSpace({ name: 'guest' });
  // Back to front, so that neighbours in the guest are not neighbours in the host.
  for (let g = PAGES - 1; g >= 0; g--) s.populate(g, 1, RIGHTS_RAM);
  return { s, dma: s.dma() };
}

describe('DMA through an address space', () => {
  test('reads back what it wrote, across pages, for any range', () => {
    fc.assert(
      fc.property(fc.nat(3 * FRAME_SIZE), fc.uint8Array({ maxLength: 2 * FRAME_SIZE }), fc.nat(5), (at, data, skew) => {
        const { dma } = guest();
        const from = new Uint8Array(data.length + skew);
        from.set(data, skew);
        expect(dma.write(at, from, skew, data.length)).toBe(DmaStatus.ok);
        const into = new Uint8Array(data.length + 2);
        expect(dma.read(at, into, 1, data.length)).toBe(DmaStatus.ok);
        expect([...into]).toEqual([0, ...data, 0]);
      }),
      { numRuns: 40 },
    );
  });

  test('loads and stores 1, 2 and 4 bytes at any offset, little-endian', () => {
    fc.assert(
      fc.property(fc.integer({ min: FRAME_SIZE - 5, max: FRAME_SIZE + 5 }), fc.constantFrom(1, 2, 4), fc.integer(), (at, size, value) => {
        const { dma } = guest();
        dma.store(at, size, value);
        const bytes = new Uint8Array(size);
        dma.read(at, bytes, 0, size);
        const want = value & (size === 4 ? -1 : (1 << (8 * size)) - 1);
        expect(dma.load(at, size)).toBe(want);
        expect(bytes.reduce((sum, b, i) => sum | (b << (8 * i)), 0)).toBe(want);
      }),
    );
  });

  test('reports absent and read-only memory as a status, with all ones for loads', () => {
    const { s, dma } = guest();
    s.protect(1, 1, RIGHTS_ROM);
    expect(dma.load(PAGES * FRAME_SIZE, 4)).toBe(-1);
    expect(dma.status).toBe(DmaStatus.noMemory);
    expect(dma.store(FRAME_SIZE, 1, 5)).toBe(DmaStatus.denied);
    expect(dma.store(2 ** 50, 1, 5)).toBe(DmaStatus.noMemory);
    expect(dma.load(0, 4)).toBe(0);
    expect(dma.status).toBe(DmaStatus.ok);
  });

  test('stores nothing when the second page of a split store faults', () => {
    const { s, dma } = guest();
    s.protect(1, 1, RIGHTS_ROM);
    expect(dma.store(FRAME_SIZE - 2, 4, -1)).toBe(DmaStatus.denied);
    expect(dma.load(FRAME_SIZE - 4, 4)).toBe(0);
  });

  test('copies up to the page that faults', () => {
    const { dma } = guest();
    const data = new Uint8Array(2 * FRAME_SIZE).fill(9);
    expect(dma.write((PAGES - 1) * FRAME_SIZE, data, 0, data.length)).toBe(DmaStatus.noMemory);
    expect(dma.load(PAGES * FRAME_SIZE - 1, 1)).toBe(9);
  });
});

test('announces writes to frames that hold code, once until they are marked again', () => {
  const h = createHost({ frames: 4 * 2 ** 20 });
  const space = h.createAddressSpace({ name: 'guest' });
  space.populate(0, 2, RIGHTS_RAM);
  const frame = space.translate(FRAME_SIZE, 1) / FRAME_SIZE;
  const told: number[] = [];
  h.code.onWritten((mfn) => told.push(mfn));
  h.code.mark(frame);

  space.dma().store(0, 4, 1);
  space.dma().write(FRAME_SIZE - 1, Uint8Array.of(1, 2), 0, 2);
  space.dma().store(FRAME_SIZE, 1, 3);
  expect(told).toEqual([frame]);

  h.code.mark(frame);
  space.unmap(1, 1);
  expect(told).toEqual([frame, frame]);
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Access, FRAME_SIZE, RIGHTS_RAM, RIGHTS_ROM, RUN_FRAMES, type AddressSpace, type Host, type SecondLevelFormat } from '@polyvisor/core';
import { createHost } from './host.ts';

const MIB = 2 ** 20;
const host = (mib = 16): Host => createHost({ frames: mib * MIB, tables: 2 * MIB });
const space = (h: Host, format: SecondLevelFormat = 'ept'): AddressSpace => h.createAddressSpace({ name: 'guest', format });

describe.each(['ept', 'npt'] as const)('an address space in %s format', (format) => {
  test('populates with 2 MiB entries where it can', () => {
    const s = space(host(), format);
    s.populate(0, RUN_FRAMES + 5, RIGHTS_RAM);
    expect(s.lookup(0)).toMatchObject({ kind: 'ram', large: true, rights: RIGHTS_RAM });
    expect(s.lookup(RUN_FRAMES + 4)).toMatchObject({ kind: 'ram', large: false });
    expect(s.lookup(RUN_FRAMES + 5).kind).toBe('absent');
    expect(s.mapped).toBe(RUN_FRAMES + 5);
    s.mapMmio(RUN_FRAMES + 5, 1);
    s.protect(3, 1, RIGHTS_ROM);
    expect(s.ranges()).toEqual([
      { gfn: 0, count: 3, rights: RIGHTS_RAM },
      { gfn: 3, count: 1, rights: RIGHTS_ROM },
      { gfn: 4, count: RUN_FRAMES + 1, rights: RIGHTS_RAM },
    ]);
  });

  test('splits a large entry when a part of it changes, and keeps the rest', () => {
    const s = space(host(), format);
    s.populate(0, RUN_FRAMES, RIGHTS_RAM);
    const first = s.lookup(0).mfn;
    s.protect(7, 1, RIGHTS_ROM);
    s.unmap(9, 1);
    expect(s.lookup(7)).toMatchObject({ rights: RIGHTS_ROM, mfn: first + 7, large: false });
    expect(s.lookup(8)).toMatchObject({ rights: RIGHTS_RAM, mfn: first + 8 });
    expect(s.lookup(9).kind).toBe('absent');
    expect(s.translate(7 * FRAME_SIZE + 3, Access.read)).toBe((first + 7) * FRAME_SIZE + 3);
    expect(s.translate(7 * FRAME_SIZE, Access.write)).toBe(-1);
  });

  test('answers −1 for every address a guest could make up', () => {
    const s = space(host(), format);
    s.populate(1, 1, RIGHTS_RAM);
    s.mapMmio(2, 1);
    for (const address of [0, 2 * FRAME_SIZE, 2 ** 48, 2 ** 52, 2 ** 60, -1, NaN, Infinity]) {
      expect(s.translate(address, Access.read)).toBe(-1);
    }
  });

  test('marks accessed and dirty, harvests and clears them page by page', () => {
    const s = space(host(), format);
    s.populate(0, RUN_FRAMES * 2, RIGHTS_RAM);
    const bitmap = new Int32Array(RUN_FRAMES / 16);
    const flushed: number[] = [];
    s.onInvalidate((gfn) => flushed.push(gfn));
    s.translate(3 * FRAME_SIZE, Access.write);
    expect(s.harvestDirty(0, RUN_FRAMES * 2, bitmap)).toBe(RUN_FRAMES);
    s.translate(3 * FRAME_SIZE, Access.write);
    s.translate(600 * FRAME_SIZE, Access.read);
    expect(s.harvestDirty(0, RUN_FRAMES * 2, bitmap)).toBe(1);
    expect(bitmap[0]).toBe(8);
    expect(s.harvestDirty(0, RUN_FRAMES * 2, bitmap)).toBe(0);
    expect(s.lookup(600)).toMatchObject({ accessed: true, dirty: false });
    expect(flushed).toEqual([0, 0]);
  });

  test('clones copy on write: both sides keep what they had, neither sees the other write', () => {
    const h = host();
    const s = space(h, format);
    s.populate(0, RUN_FRAMES + 1, RIGHTS_RAM);
    s.protect(5, 1, RIGHTS_ROM);
    s.dma().store(0, 4, 111);
    const before = h.frames.free;
    const copy = s.clone('copy');
    expect(before - h.frames.free).toBeLessThan(10);
    expect(copy.lookup(0)).toMatchObject({ copyOnWrite: true, rights: RIGHTS_RAM });
    expect(copy.dma().load(0, 4)).toBe(111);
    copy.dma().store(0, 4, 222);
    expect(s.dma().load(0, 4)).toBe(111);
    s.dma().store(RUN_FRAMES * FRAME_SIZE, 4, 333);
    expect(copy.dma().load(RUN_FRAMES * FRAME_SIZE, 4)).toBe(0);
    expect(copy.translate(5 * FRAME_SIZE, Access.write)).toBe(-1);
    s.destroy();
    expect(copy.dma().load(0, 4)).toBe(222);
    copy.destroy();
    expect(h.frames.free).toBe(h.frames.total);
  });

  test('agrees with a model over random operations, and gives every frame back', () => {
    const range = { gfn: fc.nat(3 * RUN_FRAMES), count: fc.integer({ min: 1, max: 700 }) };
    const step = fc.oneof(
      fc.record({ op: fc.constantFrom('populate' as const, 'unmap' as const, 'rom' as const, 'mmio' as const), ...range }),
      fc.record({ op: fc.constant('write' as const), ...range }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const h = host(32);
        const s = space(h, format);
        const model = new Map<number, { kind: 'ram' | 'mmio'; rom: boolean }>();
        for (const { op, gfn, count } of steps) {
          const all = Array.from({ length: count }, (_, i) => gfn + i);
          if (op === 'populate' || op === 'mmio') {
            const clash = all.some((g) => model.has(g));
            const act = (): void => (op === 'mmio' ? s.mapMmio(gfn, count) : s.populate(gfn, count, RIGHTS_RAM));
            if (clash) expect(act).toThrow(/memory\/already-mapped/);
            else {
              act();
              for (const g of all) model.set(g, { kind: op === 'mmio' ? 'mmio' : 'ram', rom: false });
            }
          } else if (op === 'unmap') {
            s.unmap(gfn, count);
            for (const g of all) model.delete(g);
          } else if (op === 'rom') {
            s.protect(gfn, count, RIGHTS_ROM);
            for (const g of all) if (model.get(g)?.kind === 'ram') model.get(g)!.rom = true;
          } else {
            const page = model.get(gfn);
            expect(s.translate(gfn * FRAME_SIZE, Access.write) >= 0).toBe(page?.kind === 'ram' && !page.rom);
          }
        }
        for (let g = 0; g < 4 * RUN_FRAMES + 200; g += 1) {
          const want = model.get(g);
          const got = s.lookup(g);
          expect(got.kind).toBe(want?.kind ?? 'absent');
          if (want?.kind === 'ram') expect(got.rights).toBe(want.rom ? RIGHTS_ROM : RIGHTS_RAM);
        }
        expect(s.mapped).toBe([...model.values()].filter((p) => p.kind === 'ram').length);
        s.destroy();
        expect(h.frames.free).toBe(h.frames.total);
      }),
      { numRuns: 25 },
    );
  });
});

describe('an address space refuses', () => {
  test('more frames than there are, and changes nothing', () => {
    const h = host(4);
    const s = space(h);
    const before = h.frames.free;
    expect(() => s.populate(0, 2000, RIGHTS_RAM)).toThrow(/memory\/no-frames: 20\d\d frames are needed/);
    expect(h.frames.free).toBe(before);
    expect(s.lookup(0).kind).toBe('absent');
  });

  test('ranges outside the table and frames nobody allocated', () => {
    const s = space(host());
    expect(() => s.unmap(-1, 1)).toThrow(/memory\/bad-range/);
    expect(() => s.mapMmio(2 ** 36 - 1, 2)).toThrow(/memory\/bad-range/);
    expect(() => s.map(0, 1, 1, RIGHTS_RAM)).toThrow(/memory\/not-allocated/);
  });
});

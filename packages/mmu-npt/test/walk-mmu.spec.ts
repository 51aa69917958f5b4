import { Access, FillStatus, MMU_OFFSETS, TLB_OFFSETS, hostOffset } from '@polyvisor/core';
import { createHost } from '@polyvisor/memory';
import { describe, expect, test } from 'vitest';
import { DEVICE_GPA, DEVICE_LINEAR, GPA, LARGE_LINEAR, LINEAR, LongGuest, POOL } from '../src/testing/long-guest.ts';
import { eptMmu, nativeMmu, nptMmu } from '../src/plugins.ts';
import { MemoryType, type Mtrrs, type ShadowMmu } from '../src/index.ts';
import { WalkMmu } from '../src/walk-mmu.ts';
import { defaultWalkOptions, type WalkOptions } from '../src/walk/options.ts';

const guest = (strategy: WalkOptions['strategy'], small = false): LongGuest => new LongGuest(createHost({ frames: POOL }), strategy, small);
const all = ['native', 'ept', 'npt', 'shadow'] as const;

/** The tags of the TLB entry for a linear address: r, w, x where they match it. */
function tags(g: LongGuest, linear: number): string {
  const tlb = g.host.view.getUint32(g.at + MMU_OFFSETS.tlb, true);
  const at = tlb + (Math.floor(linear / 4096) % 4096) * 32;
  const wanted = BigInt(linear) - (BigInt(linear) % 4096n) + 1n;
  const is = (offset: number): boolean => g.host.view.getBigUint64(at + offset, true) === wanted;
  return `${is(TLB_OFFSETS.readTag) ? 'r' : ''}${is(TLB_OFFSETS.writeTag) ? 'w' : ''}${is(TLB_OFFSETS.fetchTag) ? 'x' : ''}`;
}

describe('the loads of a walk', () => {
  test.each([
    ['native', false, 4], ['ept', true, 24], ['npt', true, 24], ['ept', false, 19], ['npt', false, 19],
  ] as const)('are for %s with 4 KiB second-level pages %s: %i', (strategy, small, loads) => {
    const g = guest(strategy, small);
    expect(g.fill(LINEAR, Access.read)).toBe(FillStatus.ok);
    expect(g.mmu.statistics()).toMatchObject({ fills: 1, walkLoads: loads, pageFaults: 0, nestedFaults: 0 });
  });
});

describe.each(all)('%s', (strategy) => {
  test('gives the write tag only after a write has set the dirty bit', () => {
    const g = guest(strategy);
    g.fill(LINEAR, Access.read);
    expect([tags(g, LINEAR), g.read(0x4000) & 0x60n]).toEqual(['rx', 0x20n]);
    g.fill(LINEAR, Access.write);
    expect([tags(g, LINEAR), g.read(0x4000) & 0x60n]).toEqual(['rwx', 0x60n]);
  });

  test('translates without leaving a trace', () => {
    const g = guest(strategy);
    const pool = g.host.words.subarray(-POOL / 4);
    const before = Int32Array.from(pool);
    const outcomes = [
      g.mmu.translate(g.state, LINEAR + 5, Access.write, 3),
      g.mmu.translate(g.state, LARGE_LINEAR + 0x12345, Access.read, 0),
      g.mmu.translate(g.state, DEVICE_LINEAR, Access.read, 0),
      g.mmu.translate(g.state, -4096, Access.write, 3),
    ];
    expect(outcomes).toEqual([
      { kind: 'ok', gpa: GPA + 5, pageSize: 4096 },
      { kind: 'ok', gpa: GPA + 0x12345, pageSize: 2 ** 21 },
      { kind: 'ok', gpa: DEVICE_GPA, pageSize: 4096 },
      { kind: 'page-fault', errorCode: 6, linear: -4096 },
    ]);
    expect(before.findIndex((word, i) => word !== pool[i])).toBe(-1);
    expect(g.mmu.statistics()).toMatchObject({ fills: 0, walkLoads: 0, pageFaults: 0 });
  });

  test('sends device memory to the dispatch each time', () => {
    const g = guest(strategy);
    expect([g.fill(DEVICE_LINEAR + 8, Access.write), tags(g, DEVICE_LINEAR)]).toEqual([FillStatus.mmio, '']);
    expect(g.host.view.getUint32(g.at + MMU_OFFSETS.gpa, true)).toBe(DEVICE_GPA + 8);
  });

  test('drops a page, and a large page whole', () => {
    const g = guest(strategy);
    const large = [0, 0x1000, 0x1f_f000].map((n) => LARGE_LINEAR + n);
    for (const linear of [LINEAR, ...large]) g.fill(linear, Access.read);
    g.mmu.flush({ what: 'page', cpu: 0, linear: LARGE_LINEAR + 0x5000 });
    expect([LINEAR, ...large].map((linear) => tags(g, linear))).toEqual(['rx', '', '', '']);
    g.mmu.flush({ what: 'page', cpu: 0, linear: LINEAR });
    expect(tags(g, LINEAR)).toBe('');
    expect(g.mmu.statistics().flushes).toBe(2);
  });

  test('keeps global pages when a tag is flushed, if told so', () => {
    const g = guest(strategy);
    g.fill(LINEAR, Access.read);
    g.fill(LARGE_LINEAR + 0x1000, Access.read);
    const now = (): string[] => [tags(g, LINEAR), tags(g, LARGE_LINEAR + 0x1000)];
    g.mmu.flush({ what: 'tag', cpu: 0, tag: 2, keepGlobal: false });
    expect(now()).toEqual(['rx', 'rx']);
    g.mmu.flush({ what: 'tag', cpu: 0, tag: 1, keepGlobal: true });
    expect(now()).toEqual(['rx', '']);
    g.mmu.flush({ what: 'tag', cpu: 0, tag: 1, keepGlobal: false });
    expect(now()).toEqual(['', '']);
  });

  test('drops by guest frame, by vCPU and everything', () => {
    const g = guest(strategy);
    const pages = [LINEAR, LINEAR + 0x1000, LINEAR + 0x2000];
    const fillAll = (): void => {
      for (const linear of pages) g.fill(linear, Access.read);
    };
    const now = (): string[] => pages.map((linear) => tags(g, linear));
    fillAll();
    g.mmu.flush({ what: 'frames', gfn: GPA / 4096 + 1, count: 1 });
    expect(now()).toEqual(['rx', '', 'rx']);
    g.mmu.flush({ what: 'cpu', cpu: 0 });
    expect(now()).toEqual(['', '', '']);
    fillAll();
    g.mmu.flush({ what: 'all' });
    expect(now()).toEqual(['', '', '']);
  });

  test('drops what the address space takes away, until it is destroyed', () => {
    const g = guest(strategy);
    g.fill(LINEAR, Access.read);
    g.space.protect(GPA / 4096, 1, Access.read);
    expect(tags(g, LINEAR)).toBe('');
    g.mmu.destroy();
    expect(() => {
      g.space.protect(GPA / 4096, 1, Access.read);
    }).not.toThrow();
    expect(g.mmu.statistics().flushes).toBe(1);
  });

  test('loads all four PDPTEs or none', () => {
    const g = guest(strategy);
    g.write(0x6020, 0x7001n);
    g.write(0x6028, 0xffff_ffff_ffff_fffen);
    g.write(0x6030, 0x8e19n);
    expect(g.hot.loadPdptes(g.at, 0x6020, 0)).toBe(FillStatus.ok);
    expect([g.state.get('pdpte0'), g.state.get('pdpte1'), g.state.get('pdpte2')]).toEqual([0x7001n, 0xffff_ffff_ffff_fffen, 0x8e19n]);
    for (const reserved of [1n, 2n, 5n, 8n, 40n, 63n]) {
      g.write(0x6038, 0x9001n | (1n << reserved));
      expect(g.hot.loadPdptes(g.at, 0x6020, 0), `bit ${reserved}`).toBe(FillStatus.pageFault);
    }
    expect(g.state.get('pdpte3')).toBe(0n);
    expect(g.hot.loadPdptes(g.at, 0, 0x20)).toBe(FillStatus.nestedFault);
  });
});

test.each(['native', 'npt', 'shadow'] as const)('%s tells the memory type of a page', (strategy) => {
  const g = guest(strategy);
  const mmu = g.mmu as WalkMmu | ShadowMmu;
  g.state.set('pat', 0x0007_0401_0007_0406n);
  g.state.set('mtrrDefType', 0x806n);
  const type = (linear: number, variable: Mtrrs['variable'] = []) => mmu.memoryType(g.state, linear, 0, { variable });
  expect([type(LINEAR), type(LARGE_LINEAR), type(LINEAR + 2 ** 40)]).toEqual([MemoryType.writeBack, MemoryType.writeBack, undefined]);
  g.write(0x4000, BigInt(GPA) | 0x18n | 7n);
  g.write(0x3000 + 16, BigInt(GPA) | 0x1087n);
  expect([type(LINEAR), type(LARGE_LINEAR)]).toEqual([MemoryType.uncacheable, MemoryType.writeCombining]);
  const uncached = { base: 0n, mask: 0xff_0000_0800n };
  expect([type(LARGE_LINEAR, [uncached]), type(LINEAR + 4096, [uncached])]).toEqual([MemoryType.writeCombining, MemoryType.uncacheable]);
  g.state.set('cr0', 1n);
  expect(type(GPA)).toBe(MemoryType.writeBack);
});

test('reports a missing second-level page with its guest-physical address', () => {
  const g = guest('ept');
  g.space.unmap(GPA / 4096, 1);
  expect(g.mmu.translate(g.state, LINEAR, Access.read, 0)).toEqual({ kind: 'nested-fault', gpa: GPA, reason: 'violation' });
});

test('writes through a copy-on-write page only once the address space has made the copy', () => {
  const g = guest('npt');
  const copy = g.space.clone('copy');
  // The guest's tables count as written: each page of them, then the page itself, must be made its own first.
  let faults = 0;
  while (g.fill(LINEAR, Access.write) === FillStatus.nestedFault) {
    g.space.translate(g.host.view.getUint32(g.at + MMU_OFFSETS.gpa, true), Access.write);
    faults++;
  }
  expect([faults, tags(g, LINEAR)]).toEqual([5, 'rwx']);
  expect(copy.lookup(GPA / 4096).mfn).not.toBe(g.space.lookup(GPA / 4096).mfn);
});

test('refuses a table of the other format, a window outside the Host and a vCPU too many', () => {
  const g = guest('ept');
  const mmuHost = { host: g.host, space: g.space, cpus: 1 };
  expect(() => nptMmu.create(nptMmu.config.parse({}), mmuHost)).toThrow('mmu/wrong-format');
  expect(() => nativeMmu.create(nativeMmu.config.parse({ size: 2 ** 32, host: 0 }), mmuHost)).toThrow('mmu/bad-window');
  expect(() => {
    new WalkMmu({ strategy: 'ept', ...defaultWalkOptions }, mmuHost).attach(1, hostOffset(0));
  }).toThrow('mmu/no-such-cpu');
  expect(eptMmu.create(eptMmu.config.parse({ physicalBits: 36 }), mmuHost).strategy).toBe('ept');
  expect(eptMmu.config.safeParse({ physicalBits: 52 }).success).toBe(false);
});

import { Access, FillStatus, MMU_BLOCK_END, MMU_OFFSETS, RIGHTS_RAM, VcpuState } from '@polyvisor/core';
import { createHost } from '@polyvisor/memory';
import { expect, test } from 'vitest';
import { defaultWalkOptions, DirectMmu, type WalkExports } from '../src/index.ts';

/** A paravirtual guest: its tables hold machine frames, the first four of its 512 are tables, which it may not write. */
function guest() {
  const host = createHost({ frames: 16 * 2 ** 20 });
  const space = host.createAddressSpace({ name: 'guest' });
  space.populate(0, 512, RIGHTS_RAM);
  const base = space.lookup(0).mfn;
  const mmu = new DirectMmu(defaultWalkOptions, { host, space, cpus: 1 });
  for (let i = 0; i < 512; i++) mmu.frames.grant(base + i, i < 4 ? { rights: Access.read, table: true } : { rights: RIGHTS_RAM });
  const at = host.reserve(MMU_BLOCK_END, 64, 'state');
  mmu.attach(0, at);
  const state = new VcpuState(host.memory.buffer, at);
  const put = (table: number, index: number, mfn: number, flags: number): void => {
    host.view.setBigUint64((base + table) * 4096 + index * 8, (BigInt(mfn) << 12n) | BigInt(flags), true);
  };
  for (let level = 0; level < 3; level++) put(level, 0, base + level + 1, 7);
  state.set('cr0', 0x8001_0001n);
  state.set('cr3', BigInt(base * 4096));
  state.set('cr4', 0xa0n);
  state.set('efer', 0xd00n);
  const hot = mmu.imports() as unknown as WalkExports;
  const fill = (page: number, access: number): number => hot.fill(at, page * 4096, 0, access);
  const block = (name: keyof typeof MMU_OFFSETS): number => host.view.getUint32(at + MMU_OFFSETS[name], true);
  const write = (page: number, mfn: number): void => put(3, page, mfn, 7);
  return { host, mmu, base, fill, block, write, put, state };
}

test('walks one level, marks the tables and gives the machine frame', () => {
  const g = guest();
  g.write(5, g.base + 7);
  expect(g.fill(5, Access.write)).toBe(FillStatus.ok);
  expect([g.block('host'), g.block('gpa')]).toEqual([(g.base + 7) * 4096, (g.base + 7) * 4096]);
  expect(g.mmu.statistics()).toMatchObject({ fills: 1, walkLoads: 4 });
  expect(g.host.view.getUint32((g.base + 3) * 4096 + 40, true) & 0x60).toBe(0x60);
});

test.each([
  ['a frame of somebody else', (g: ReturnType<typeof guest>) => g.base + 512],
  ['the monitor\'s own memory', () => 1],
  ['a frame beyond the Host\'s memory', (g: ReturnType<typeof guest>) => g.host.bytes.length / 4096],
  ['the highest frame', () => 2 ** 28 - 1],
])('refuses %s', (_what, mfn) => {
  const g = guest();
  g.write(5, mfn(g));
  expect([g.fill(5, Access.read), g.block('gpa') >>> 12]).toEqual([FillStatus.nestedFault, mfn(g) % 2 ** 20]);
});

test('passes only through frames that were validated as tables', () => {
  const g = guest();
  g.put(2, 1, g.base + 8, 7);
  expect([g.fill(512, Access.read), g.block('access') & Access.write]).toEqual([FillStatus.nestedFault, Access.write]);
  g.state.set('cr3', BigInt((g.base + 8) * 4096));
  expect(g.fill(5, Access.read)).toBe(FillStatus.nestedFault);
});

test('lets a table be read and not be written', () => {
  const g = guest();
  g.write(6, g.base + 3);
  expect([g.fill(6, Access.read), g.fill(6, Access.write)]).toEqual([FillStatus.ok, FillStatus.nestedFault]);
});

test('forgets translations to a frame that is taken away, and sends device frames to the dispatch', () => {
  const g = guest();
  g.write(5, g.base + 7);
  g.fill(5, Access.read);
  const tlb = g.block('tlb') + 5 * 32;
  expect(g.host.view.getUint32(tlb, true)).toBe(5 * 4096 + 1);
  expect(g.mmu.frames.revoke(g.base + 7)).toBe(true);
  expect(g.host.view.getUint32(tlb, true)).toBe(0xffff_ffff);
  expect([g.mmu.frames.use(g.base + 7), g.fill(5, Access.read)]).toEqual([undefined, FillStatus.nestedFault]);
  g.mmu.frames.grantMmio(g.base + 7);
  expect(g.fill(5, Access.read)).toBe(FillStatus.mmio);
  expect([g.mmu.frames.grant(-1, { rights: 7 }), g.mmu.frames.grant(2 ** 30, { rights: 7 }), g.mmu.frames.grant(1.5, { rights: 7 })])
    .toEqual([false, false, false]);
});

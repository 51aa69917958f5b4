import { Access } from '@polyvisor/core';
import { createHost } from '@polyvisor/memory';
import { MmuRig, mmuSubject, Random, type RigCpu, type WalkRegisters } from '@polyvisor/testkit';
import { expect, test } from 'vitest';
import { shadowMmu, ShadowMmu } from '../src/index.ts';

/** Frames: two roots, what is below them, a table that maps all RAM, then last-level tables and data. */
const TOP = [2, 3] as const, THIRD = 4, SECOND = 5, WINDOW = 6, TABLES = 10, DATA = 200;
const COUNT = 90;
const LINEAR = 0x40_0000_0000n, MIB2 = 0x20_0000n;
/** Directory entries: tables from 0 on, large pages from 128 on, the window at the end. */
const LARGE = 128, WINDOW_ENTRY = 511;

const registers = (root: number): WalkRegisters => ({
  cr0: 0x8001_0001n, cr3: BigInt(root * 4096), cr4: 0xa0n, efer: 0xd00n, rflags: 2n, cpl: 0, pkru: 0, pkrs: 0, pdptes: [0n, 0n, 0n, 0n],
});

/** Two vCPUs with a root each and everything below in common. */
class ManyTables {
  readonly rig: MmuRig;
  readonly shadow: ShadowMmu;

  constructor(pages: number) {
    const host = () => createHost({ frames: 16 * 2 ** 20, tables: 16 * 2 ** 20 });
    this.rig = new MmuRig(mmuSubject(shadowMmu, { host, config: () => ({ pages }) }), 2);
    const { rig } = this;
    if (!(rig.mmu instanceof ShadowMmu)) throw new Error('the plugin made another MMU');
    this.shadow = rig.mmu;
    for (let i = 0; i < DATA; i++) rig.host.bytes.fill(0, rig.ramAt(i), rig.ramAt(i) + 4096);
    for (const top of TOP) rig.put(top, 0, BigInt(THIRD * 4096) | 7n);
    rig.put(THIRD, 256 * 8, BigInt(SECOND * 4096) | 7n);
    for (let n = 0; n < COUNT; n++) {
      rig.put(SECOND, n * 8, BigInt((TABLES + n) * 4096) | 7n);
      rig.put(SECOND, (LARGE + n) * 8, 0x87n);
      for (let i = 0; i < 4; i++) rig.put(TABLES + n, i * 8, BigInt((DATA + ((n * 4 + i) % 250)) * 4096) | 7n);
    }
    rig.put(SECOND, WINDOW_ENTRY * 8, BigInt(WINDOW * 4096) | 7n);
    for (let i = 0; i < 500; i++) rig.put(WINDOW, i * 8, BigInt(i * 4096) | 7n);
    rig.cpus.forEach((cpu, i) => cpu.load(registers(TOP[i as 0 | 1])));
  }

  /** As the guest does, by the window. */
  store(cpu: RigCpu, frame: number, index: number, entry: bigint): void {
    const stood = cpu.store(LINEAR + BigInt(WINDOW_ENTRY) * MIB2 + BigInt(frame * 4096 + index * 8), entry);
    if (stood !== undefined) throw new Error(`the guest cannot write to its table: ${stood.kind}`);
  }
  page(entry: number, i: number): bigint {
    return LINEAR + BigInt(entry) * MIB2 + BigInt(i * 4096);
  }
}

test.each([24, 64, 1024])('finds its way with %i shadow pages while tables change, move and are evicted', (pages) => {
  const m = new ManyTables(pages), { rig } = m, random = new Random(pages);
  for (let step = 0; step < 4000; step++) {
    const cpu = random.pick(rig.cpus), n = random.below(COUNT), i = random.below(4);
    const large = random.chance(1, 3);
    const linear = large ? m.page(LARGE + n, DATA + i) : m.page(n, i);
    const access = random.pick([Access.read, Access.write]);
    const expected = rig.expect(cpu, linear, access);
    const to = cpu.reach(linear, access);
    expect(to, `step ${step}: 0x${linear.toString(16)}`).toBe(expected.kind === 'ok' ? expected.host : to);
    expect(expected.kind).toBe('ok');
    if (random.chance(1, 4)) m.store(cpu, TABLES + n, i, BigInt((DATA + random.below(250)) * 4096) | 7n);
    else if (random.chance(1, 8)) m.store(cpu, SECOND, n, BigInt((TABLES + random.below(COUNT)) * 4096) | 7n);
    else if (random.chance(1, 12)) {
      const frame = random.pick([TOP[0], TOP[1], THIRD, SECOND, TABLES + n]), { mfn } = rig.space.lookup(frame);
      rig.host.frames.retain(mfn);
      rig.space.unmap(frame, 1);
      rig.space.map(frame, mfn, 1, 7);
    } else continue;
    // Now and then many tables are out of step at a time.
    if (random.chance(1, 2)) for (let t = 0; t < COUNT && random.chance(79, 80); t++) m.store(cpu, TABLES + t, 3, BigInt((DATA + random.below(250)) * 4096) | 7n);
    for (const each of rig.cpus) each.forget();
  }
  const { pages: used, evicted } = m.shadow.shadowStatistics();
  expect(used).toBeLessThanOrEqual(Math.max(pages, 32));
  expect(evicted > 0).toBe(pages < 180);
  rig.destroy();
});

test('does not build again what was evicted or flushed while it stays as it was', () => {
  const m = new ManyTables(1024), [cpu] = m.rig.cpus as [RigCpu];
  const touch = (): number => {
    const before = m.shadow.shadowStatistics().hiddenFaults;
    for (let n = 0; n < COUNT; n++) cpu.fill(m.page(n, 0), Access.read);
    return m.shadow.shadowStatistics().hiddenFaults - before;
  };
  expect(touch()).toBe(COUNT);
  cpu.forget();
  expect(touch()).toBe(0);
  expect(m.shadow.shadowStatistics()).toMatchObject({ built: 3 + COUNT, evicted: 0, pages: 3 + COUNT });
  m.rig.destroy();
});

test.each([TABLES, SECOND])('hears of the first write to table %i, lets the next ones pass, and protects the table again when changes count', (table) => {
  const m = new ManyTables(1024), [cpu] = m.rig.cpus as [RigCpu];
  const counts = (): number[] => {
    const { tableWrites, resyncs } = m.shadow.shadowStatistics();
    return [tableWrites, resyncs];
  };
  cpu.fill(m.page(0, 0), Access.read);
  const [writes, resyncs] = counts() as [number, number];
  for (let round = 1; round <= 3; round++) {
    for (let i = 300; i < 320; i++) m.store(cpu, table, i, 0n);
    expect(counts()).toEqual([writes + round, resyncs + round - 1]);
    cpu.forget();
    expect(counts()).toEqual([writes + round, resyncs + round]);
  }
  // What was derived from entries that did not change is there still.
  const { hiddenFaults } = m.shadow.shadowStatistics();
  cpu.fill(m.page(0, 0), Access.read);
  expect(m.shadow.shadowStatistics().hiddenFaults).toBe(hiddenFaults);
  m.rig.destroy();
});

test.each([TABLES, WINDOW])('a table that changed, and is then reached by a new way, is read as it is by that way (table %i)', (table) => {
  const m = new ManyTables(1024), { rig } = m, [cpu] = rig.cpus as [RigCpu];
  const NEW = 300;
  const [first, second] = [0, 1].map((i) => m.page(NEW, i)) as [bigint, bigint];
  const old = table === TABLES ? 0 : WINDOW_ENTRY;
  for (let i = 0; i < 2; i++) cpu.fill(m.page(old, i), Access.read);
  // Nothing can be cached for pages whose table was nowhere until now, so that no flush is due.
  m.store(cpu, table, 1, BigInt((DATA + 77) * 4096) | 7n);
  m.store(cpu, SECOND, NEW, BigInt(table * 4096) | 7n);
  for (const linear of [first, second]) {
    const expected = rig.expect(cpu, linear, Access.read);
    expect(expected.kind === 'ok' && cpu.reach(linear, Access.read) === expected.host).toBe(true);
  }
  rig.destroy();
});

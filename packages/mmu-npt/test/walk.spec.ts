import fc from 'fast-check';
import { expect, test } from 'vitest';
import { allRigs, compare, show } from './reference/compare.ts';
import type { Rig } from './reference/rig.ts';

const rigs = allRigs();
const name = (rig: Rig): string => {
  const { strategy, physicalBits, la57, pages1g, accessedDirty } = rig.setting;
  return `${rig.setting.shadow ? 'shadow over ' : ''}${strategy}, ${physicalBits} bits, la57 ${la57}, 1 GiB pages ${pages1g}, EPT A/D ${accessedDirty}`;
};

test.each(rigs.map((rig) => [name(rig), rig] as const))('does to random tables what the manuals say: %s', (_name, rig) => {
  fc.assert(fc.property(fc.nat(), (seed) => {
    const { expected, actual, differs } = compare(rig, seed);
    expect(show(actual)).toBe(show(expected));
    expect(differs).toBe(-1);
  }), { numRuns: 700, seed: 20_07 });
});

test('meets every kind of outcome in such a sample', () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 3000; seed++) {
    const { expected } = compare(rigs[seed % rigs.length]!, seed);
    seen.add(expected.kind);
    if (expected.kind === 'page-fault') for (const bit of [0, 1, 2, 3, 4, 5]) if ((expected.errorCode >> bit) & 1) seen.add(`bit ${bit}`);
    if (expected.kind === 'nested-fault') seen.add(expected.misconfiguration ? 'misconfiguration' : 'violation');
  }
  expect([...seen].sort()).toEqual([
    'bit 0', 'bit 1', 'bit 2', 'bit 3', 'bit 4', 'bit 5',
    'code', 'misconfiguration', 'mmio', 'nested-fault', 'ok', 'page-fault', 'violation',
  ]);
});

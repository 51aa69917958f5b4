import { afterAll, describe, expect, it } from 'vitest';
import { Comparison } from './compare.ts';
import { DRIVEN } from './driver.ts';
import { corners, Random, randomCase, similar } from './generate.ts';
import { buildHost } from './host.ts';

const host = buildHost();
const reason = typeof host === 'string' ? ` (skipped: ${host})` : '';

describe.skipIf(typeof host === 'string')(`x87 arithmetic beside the host's processor${reason}`, () => {
  if (typeof host === 'string') return;
  afterAll(() => host.dispose());

  it.each(DRIVEN)('gives the same bits and flags for %s', (op) => {
    const random = new Random(20);
    const comparison = new Comparison(host);
    for (const [a, ase] of corners) {
      const [b, bse] = random.pick(corners);
      const sign = random.below(2) << 15;
      comparison.add({ ...randomCase(random, op), a, ase: ase | sign, b, bse: bse | (random.below(2) << 15) });
      const [c, cse] = similar(random, [a, ase]);
      comparison.add({ ...randomCase(random, op), a, ase, b: c, bse: cse });
    }
    for (let i = 0; i < 5000; i++) comparison.add(randomCase(random, op));
    comparison.flush();
    expect(comparison.cases).toBe(2 * corners.length + 5000);
    expect(comparison.differences.slice(0, 3).map(({ text }) => text)).toEqual([]);
  });
});

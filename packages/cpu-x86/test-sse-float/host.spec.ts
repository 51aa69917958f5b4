import { afterAll, describe, expect, it } from 'vitest';
import { Comparison } from './compare.ts';
import { Generator } from './generate.ts';
import { buildHost } from './host.ts';
import { COMPARED, OPERATIONS } from './operations.ts';
import { MXCSR_AT } from './records.ts';
import { Driver } from './driver.ts';
import { specialEstimates } from './estimates.ts';

const host = buildHost();
const reason = typeof host === 'string' ? ` (skipped: ${host})` : '';

describe.skipIf(typeof host === 'string')(`vector floating point beside the host's processor${reason}`, () => {
  if (typeof host === 'string') return;
  const comparison = new Comparison(host);
  afterAll(() => host.dispose());

  it.each(COMPARED.map((op) => [op.name, op] as const))('gives the same bits, MXCSR and faults for %s', (_, op) => {
    const outcome = comparison.run(op, new Generator(7), 1500);
    expect(outcome.shown).toEqual([]);
    expect(outcome).toMatchObject({ cases: 1500, differing: 0 });
  });

  it.each(['f32.reciprocal', 'f32.reciprocalRoot', 'f32x4.reciprocal', 'f32x8.reciprocalRoot'])('agrees on special operands of %s', (name) => {
    const op = OPERATIONS.find((each) => each.name === name)!;
    const driver = new Driver(64);
    const results = specialEstimates(driver, host, op);
    expect(results.ours).toEqual(results.theirs);
    expect(driver.output.getUint32(MXCSR_AT, true)).toBe(0x1f80);
  });
});

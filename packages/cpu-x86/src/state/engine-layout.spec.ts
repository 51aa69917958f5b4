import { expect, test } from 'vitest';
import { ENGINE } from './engine-layout.ts';

/** Fields of other sizes than four bytes. */
const SIZES: Readonly<Record<string, number>> = {
  zero: 8, ripPage: 8, tlbTag: 8, flagResult: 8, flagCarries: 8, target: 8, codeBase: 8, codeMask: 8, codePage: 8, faultLinear: 8,
  scratchFirstGpa: 8, scratchSecondGpa: 8, codeLimit: 8, imageLinear: 8, scratch: 32, block: 1,
};

test('no field of the engine lies in another, and each is aligned', () => {
  const fields = Object.entries(ENGINE).map(([name, at]) => ({ name, at, size: SIZES[name] ?? 4 })).sort((a, b) => a.at - b.at);
  fields.forEach((field, i) => {
    const next = fields[i + 1];
    if (next !== undefined) expect(field.at + field.size, `${field.name} and ${next.name}`).toBeLessThanOrEqual(next.at);
    expect(field.at % Math.min(field.size, 8), field.name).toBe(0);
  });
});

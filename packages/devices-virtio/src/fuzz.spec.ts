import { expect, test } from 'vitest';
import { TARGETS, fuzz } from '../test/fuzz.ts';

/** For each device, in runs of their own, so that each begins with another configuration. */
const RUNS = 10;
const OPERATIONS = 2000;

/** A guard against hanging; a loaded machine may take its time. */
const TIMEOUT = 600_000;

test.each(TARGETS.map((target) => [target.name, target] as const))('%s survives a malicious driver', { timeout: TIMEOUT }, async (_name, target) => {
  let resets = 0;
  for (let seed = 1; seed <= RUNS; seed += 1) resets += (await fuzz(target, seed, OPERATIONS)).resets;
  // It has met nonsense, and said so.
  expect(resets).toBeGreaterThan(0);
});

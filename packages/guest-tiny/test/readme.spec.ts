import { readKernel } from '@polyvisor/firmware';
import { expect, test } from 'vitest';
import { TINY_PROMPT, tinyGuest } from '../src/index.ts';

test('the example of the README is a kernel with the entry of PVH', () => {
  const kernel = readKernel(tinyGuest(), 'tiny');

  expect([kernel.entry, TINY_PROMPT]).toEqual(['pvh', 'tiny> ']);
});

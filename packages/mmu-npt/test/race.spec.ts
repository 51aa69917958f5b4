import { Worker } from 'node:worker_threads';
import { Access, FillStatus } from '@polyvisor/core';
import { createHost } from '@polyvisor/memory';
import { expect, test } from 'vitest';
import { LINEAR, LongGuest, POOL } from '../src/testing/long-guest.ts';

const ROUNDS = 5_000_001;

/** Another processor: clears accessed and dirty, and counts in the entry's high bits that the walk ignores. */
const other = `
  const { workerData } = require('node:worker_threads');
  const { buffer, entry, done, rounds } = workerData;
  const words = new Int32Array(buffer);
  for (let i = 0; i < rounds; i++) {
    Atomics.and(words, entry, ~0x60);
    Atomics.add(words, entry + 1, 1 << 20);
  }
  Atomics.store(words, done, 1);
`;

test('loses no change that another processor makes to an entry while it is marked', async () => {
  const g = new LongGuest(createHost({ frames: POOL }), 'npt');
  const entry = g.space.translate(0x4000, Access.write) / 4;
  const done = g.space.translate(0x8000, Access.write) / 4;
  const { words } = g.host;
  const worker = new Worker(other, { eval: true, workerData: { buffer: words.buffer, entry, done, rounds: ROUNDS } });
  const exited = new Promise((resolve) => worker.once('exit', resolve));
  let [wrong, fills] = [0, 0];
  while (Atomics.load(words, done) === 0) {
    if (g.fill(LINEAR, Access.write) !== FillStatus.ok) wrong++;
    fills++;
    if (fills % 4096 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await exited;
  expect(wrong).toBe(0);
  expect(words[entry + 1]).toBe(ROUNDS << 20);
  g.fill(LINEAR, Access.write);
  expect(words[entry]! & 0x60).toBe(0x60);
});

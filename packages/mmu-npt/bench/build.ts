/**
 * What it costs shadow paging to build an entry, and to keep tables in step:
 * `node --conditions=@polyvisor/source packages/mmu-npt/bench/build.ts`.
 */
import { Access } from '@polyvisor/core';
import { createHost } from '@polyvisor/memory';
import { GPA, LINEAR, LongGuest, POOL } from '../src/testing/long-guest.ts';

const ROUNDS = 400;
function best(work: () => void, before: () => void): number {
  let fastest = Infinity;
  for (let i = 0; i < ROUNDS; i++) {
    before();
    const from = performance.now();
    work();
    fastest = Math.min(fastest, performance.now() - from);
  }
  return fastest * 1e6;
}

for (const strategy of ['npt', 'shadow'] as const) {
  const g = new LongGuest(createHost({ frames: POOL }), strategy);
  const fillAll = (): void => {
    for (let page = 0; page < 512; page++) g.fill(LINEAR + page * 4096, Access.read);
  };
  const dropped = best(fillAll, () => g.mmu.flush({ what: 'frames', gfn: GPA / 4096, count: 512 }));
  console.log(`${strategy}: ${(dropped / 512).toFixed(0)} ns for each page whose entry was dropped`);
  if (strategy === 'npt') continue;
  const known = best(fillAll, () => undefined);
  console.log(`shadow: ${(known / 512).toFixed(0)} ns for each page whose entry is there`);
  const { resync } = g.mmu.imports() as { resync: (state: number) => void };
  const table = g.space.lookup(4).mfn;
  const compared = best(() => resync(g.at), () => {
    fillAll();
    g.host.code.written(table);
  });
  console.log(`shadow: ${(compared / 1000).toFixed(1)} µs to compare a full table again and to protect it`);
}

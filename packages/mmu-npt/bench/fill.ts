/** Prints what a fill costs: `node --conditions=@polyvisor/source packages/mmu-npt/bench/fill.ts`. */
import { Access } from '@polyvisor/core';
import { createHost } from '@polyvisor/memory';
import { i32, ModuleBuilder } from '@polyvisor/wasm';
import { LINEAR, LongGuest, POOL } from '../src/testing/long-guest.ts';

/** Calls `fill` from WebAssembly, as an engine does: `count` times, going through 512 pages. */
function loop(fill: WebAssembly.ImportValue): (state: number, count: number) => void {
  const m = new ModuleBuilder();
  const hot = m.importFunc('mmu', 'fill', { params: ['i32', 'i32', 'i32', 'i32'], results: ['i32'] });
  m.export('loop', m.func('loop', { params: ['i32', 'i32'], results: [] }, (s, state, count) => {
    const n = s.var(i32.const(0));
    s.loop((next) => {
      const page = i32.shl(i32.and(i32.mul(n.get(), 7), 511), 12);
      s.call(hot, state, page, i32.const(LINEAR / 2 ** 32), i32.const(Access.read));
      s.set(n, i32.add(n.get(), 1));
      s.br_if(next, i32.lt_u(n.get(), count));
    });
  }));
  const instance = new WebAssembly.Instance(new WebAssembly.Module(m.toBytes()), { mmu: { fill } });
  return instance.exports['loop'] as (state: number, count: number) => void;
}

const N = 2_000_000;
for (const [strategy, small] of [['native', false], ['ept', false], ['ept', true], ['npt', false], ['npt', true], ['shadow', false]] as const) {
  const g = new LongGuest(createHost({ frames: POOL }), strategy, small);
  const run = loop(g.hot.fill);
  let best = Infinity;
  for (let round = 0; round < 5; round++) {
    const t = performance.now();
    run(g.at, N);
    best = Math.min(best, ((performance.now() - t) / N) * 1e6);
  }
  const { fills, walkLoads } = g.mmu.statistics();
  const pages = strategy === 'native' ? 'a window' : strategy === 'shadow' ? 'shadow tables' : small ? '4 KiB pages' : '2 MiB pages';
  console.log(`${strategy.padEnd(6)} over ${pages.padEnd(13)}: ${best.toFixed(1)} ns for each fill, ${walkLoads / fills} loads`);
}

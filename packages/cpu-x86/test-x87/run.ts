/**
 * The long comparison with the host's processor: `node --conditions=@polyvisor/source run.ts [cases per operation]
 * [seed] [operation...]`.
 */
import { Comparison } from './compare.ts';
import { DRIVEN } from './driver.ts';
import { corners, Random, randomCase } from './generate.ts';
import { buildHost } from './host.ts';
import type { Case } from './records.ts';

const [count = '100000', seed = '1', ...only] = process.argv.slice(2);
const host = buildHost();
if (typeof host === 'string') {
  console.log(`Not run: ${host}.`);
} else {
  const random = new Random(Number(seed));
  for (const op of DRIVEN.filter((name) => only.length === 0 || only.includes(name))) {
    const comparison = new Comparison(host);
    for (const [a, ase] of corners) {
      for (let i = 0; i < 40; i++) {
        const [b, bse] = random.pick(corners);
        const c: Case = { ...randomCase(random, op), a, ase: ase | (random.below(2) << 15), b, bse: bse | (random.below(2) << 15) };
        comparison.add(c);
      }
    }
    for (let i = 0; i < Number(count); i++) comparison.add(randomCase(random, op));
    comparison.flush();
    console.log(`${op}: ${comparison.cases} cases, ${comparison.counts.get(op) ?? 0} differ`);
    for (const { text } of comparison.differences.slice(0, 6)) console.log(text);
  }
  host.dispose();
}

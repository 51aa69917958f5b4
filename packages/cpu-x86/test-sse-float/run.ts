/**
 * The long comparison with the host's processor: `node --conditions=@polyvisor/source run.ts [cases per operation] [seed]
 * [beginning of operations' names...]`.
 */
import { Comparison } from './compare.ts';
import { Generator } from './generate.ts';
import { buildHost } from './host.ts';
import { COMPARED } from './operations.ts';

const [count = '100000', seed = '1', ...only] = process.argv.slice(2);
const host = buildHost();
if (typeof host === 'string') {
  console.log(`Not run: ${host}.`);
} else {
  const comparison = new Comparison(host);
  const generator = new Generator(Number(seed));
  const groups = new Map<string, { cases: number; faults: number; differing: number }>();
  for (const op of COMPARED.filter(({ name }) => only.length === 0 || only.some((start) => name.startsWith(start)))) {
    const { cases, faults, differing, shown } = comparison.run(op, generator, Number(count));
    console.log(`${op.name}: ${cases} cases, ${faults} faulting, ${differing} differ`);
    for (const text of shown) console.log(text);
    const name = op.path.join(' ').replace(/^(?!convert)\S+ /, '');
    const group = groups.get(name) ?? { cases: 0, faults: 0, differing: 0 };
    groups.set(name, { cases: group.cases + cases, faults: group.faults + faults, differing: group.differing + differing });
  }
  console.table(Object.fromEntries(groups));
  host.dispose();
}

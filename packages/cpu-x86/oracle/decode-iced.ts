/**
 * Long comparison with iced-x86:
 *
 *     node --conditions=@polyvisor/source packages/cpu-x86/oracle/decode-iced.ts --count 1000000 --seed 1 --mode 64
 *
 * `--mode` is 16, 32, 64 or all; `--kind` is uniform, directed, mutated or all (a third of the count each). The exit code
 * is 1 when anything differs.
 */
import { parseArgs } from 'node:util';
import { realCode } from './elf-text.ts';
import { directed, type Generator, mutated, uniform } from './generators.ts';
import { run } from './run.ts';

const { values } = parseArgs({
  options: { count: { type: 'string', default: '300000' }, seed: { type: 'string', default: '1' }, mode: { type: 'string', default: 'all' }, kind: { type: 'string', default: 'all' } },
});
const count = Number(values.count), seed = Number(values.seed);
const code = realCode();
const kinds: [string, Generator][] = [['uniform', uniform], ['directed', directed(seed * 7919)]];
if (code.length > 0) kinds.push(['mutated', mutated(code)]);
const chosen = kinds.filter(([name]) => values.kind === 'all' || values.kind === name);
let wrong = 0;
for (const bits of [16, 32, 64] as const) {
  if (values.mode !== 'all' && values.mode !== String(bits)) continue;
  for (const [name, generate] of chosen) {
    const outcome = run(bits, Math.ceil(count / chosen.length), seed, generate);
    wrong += outcome.findings.reduce((sum, f) => sum + f.count, 0);
    console.log(`${bits}-bit ${name}: ${outcome.sequences} sequences, ${outcome.legal} legal, ${outcome.findings.length} kinds of difference`);
    for (const f of outcome.findings.slice(0, 60)) console.log(`  ${f.count} x ${f.what}\n      ${f.bytes}`);
  }
}
console.log(`${wrong} differences`);
process.exitCode = wrong === 0 ? 0 : 1;

/**
 * Runs the conformance suite over every strategy with many random accesses:
 * `node --conditions=@polyvisor/source packages/mmu-npt/scripts/conformance.ts [accesses in all] [seed]`.
 */
import { createHost } from '@polyvisor/memory';
import { checkMmu } from '@polyvisor/testkit';
import { strategies } from '../test/strategies.ts';

/** Checks that make so many accesses each. */
const RANDOM = 3;
const all = Number(process.argv[2] ?? 200_000);
const seed = Number(process.argv[3] ?? 1);
const cases = Math.ceil(all / strategies.length / RANDOM);
const host = () => createHost({ frames: 16 * 2 ** 20, tables: 16 * 2 ** 20 });
let wrong = 0;
for (const { plugin, ...options } of strategies) {
  const started = performance.now();
  const results = await checkMmu(plugin, { ...options, host, cases, seed });
  const findings = results.flatMap((r) => r.findings.map((f) => `  ${r.check}: ${f.message}`));
  wrong += findings.length;
  const made = results.filter((r) => r.skipped === undefined).length;
  console.log(`${options.label}: ${made} checks, ${RANDOM * cases} random accesses, ${findings.length} findings, ${((performance.now() - started) / 1000).toFixed(1)} s`);
  for (const finding of findings) console.log(finding);
}
console.log(wrong === 0 ? `${cases * RANDOM * strategies.length} accesses agree` : `${wrong} findings`);
process.exitCode = wrong === 0 ? 0 : 1;

/**
 * Runs the conformance suite over every strategy, with so many random accesses for each of its configurations, and counts the loads
 * of a walk: `node --conditions=@polyvisor/source packages/mmu-npt/scripts/conformance.ts [accesses] [seed]`.
 */
import { Access } from '@polyvisor/core';
import { createHost } from '@polyvisor/memory';
import { checkMmu } from '@polyvisor/testkit';
import { LINEAR, LongGuest } from '../src/testing/long-guest.ts';
import { strategies } from '../test/strategies.ts';

/** Checks that make so many accesses each. */
const RANDOM = 3;
const wanted = Number(process.argv[2] ?? 100_000);
const seed = Number(process.argv[3] ?? 1);
const cases = Math.ceil(wanted / RANDOM);
const host = () => createHost({ frames: 16 * 2 ** 20, tables: 16 * 2 ** 20 });
const totals = new Map<string, { cases: number; differences: number }>();
for (const { plugin, ...options } of strategies) {
  const started = performance.now();
  const results = await checkMmu(plugin, { ...options, host, cases, seed });
  const findings = results.flatMap((r) => r.findings.map((f) => `  ${r.check}: ${f.message}`));
  const made = results.filter((r) => r.skipped === undefined).length;
  console.log(`${options.label}: ${RANDOM * cases} cases, ${findings.length} differences, ${made} checks, ${((performance.now() - started) / 1000).toFixed(1)} s`);
  for (const finding of findings) console.log(finding);
  const total = totals.get(plugin.kind) ?? { cases: 0, differences: 0 };
  totals.set(plugin.kind, { cases: total.cases + RANDOM * cases, differences: total.differences + findings.length });
}
console.log('\nstrategy       cases  differences');
for (const [kind, t] of totals) console.log(`${kind.padEnd(11)}${String(t.cases).padStart(9)}${String(t.differences).padStart(13)}`);

console.log('\nloads of a walk through 4 levels of the guest\'s tables to a 4 KiB page');
for (const [strategy, small] of [['native', false], ['ept', true], ['ept', false], ['npt', true], ['npt', false], ['shadow', true]] as const) {
  const guest = new LongGuest(host(), strategy, small);
  const loads = [1, 2].map((n) => {
    const before = guest.mmu.statistics().walkLoads;
    guest.fill(LINEAR + 4096, Access.read);
    return `${n === 1 ? '' : ', again '}${guest.mmu.statistics().walkLoads - before}`;
  });
  const below = strategy === 'native' ? 'a window' : `4 levels with ${small ? '4 KiB' : '2 MiB'} pages`;
  console.log(`${`${strategy} on ${below}`.padEnd(40)}${loads.join('')}`);
  guest.host.destroy();
}
process.exitCode = [...totals.values()].every((t) => t.differences === 0) ? 0 : 1;

/**
 * Compares the module with the oracle on many random tables:
 * `node --conditions=@polyvisor/source packages/mmu-npt/scripts/long-check.ts [cases] [first seed]`.
 */
import { allRigs, compare, show } from '../test/reference/compare.ts';

const cases = Number(process.argv[2] ?? 100_000);
const first = Number(process.argv[3] ?? 1);
const rigs = allRigs();
const seen = new Map<string, number>();
let wrong = 0;
for (let i = 0; i < cases && wrong < 5; i++) {
  const rig = rigs[i % rigs.length]!;
  const result = compare(rig, first + i);
  const { expected, actual, differs } = result;
  const key = expected.kind === 'page-fault' ? `page-fault ${expected.errorCode.toString(2).padStart(6, '0')}`
    : expected.kind === 'nested-fault' ? `nested-fault ${expected.misconfiguration ? 'misconfiguration' : 'violation'}` : expected.kind;
  seen.set(key, (seen.get(key) ?? 0) + 1);
  if (show(expected) === show(actual) && differs < 0) continue;
  wrong++;
  console.log(`seed ${result.seed}, ${rig.setting.shadow ? 'shadow over ' : ''}${rig.setting.strategy}, differs at ${differs}\n  expected ${show(expected)}\n  actual   ${show(actual)}`);
}
for (const [key, n] of [...seen].sort()) console.log(`${String(n).padStart(8)}  ${key}`);
console.log(wrong === 0 ? `${cases} cases agree` : `${wrong} cases differ`);
process.exitCode = wrong === 0 ? 0 : 1;

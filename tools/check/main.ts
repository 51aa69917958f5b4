/**
 * `npm test`: runs every step of tools/check/steps.ts and ends with the line `N passed, N failed`.
 * `npm test -- --only vitest,lint` runs the named steps (and the steps `vitest:…`); `--list` names them.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runCommand } from './run-step.ts';
import { steps, type Step } from './steps.ts';
import { add, summary, tallyOfReport, tallyOfStep, type Tally, type VitestReport } from './tally.ts';

const scratch = mkdtempSync(join(tmpdir(), 'polyvisor-check-'));

const runStep = async (step: Step): Promise<Tally> => {
  if (step.skip !== undefined) {
    console.log(`- ${step.name} skipped: ${step.skip}`);
    return { passed: 0, failed: 0, skipped: 1 };
  }
  const report = join(scratch, `${step.name.replace(':', '-')}.json`);
  const start = performance.now();
  console.log(`  ${step.name} …`);
  const { ok, output } = await runCommand(step.run.map((word) => (word === '$REPORT' ? report : word)));
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  if (!ok) console.log(output);
  const tally = step.run.includes('$REPORT')
    ? tallyOfReport(ok, existsSync(report) ? (JSON.parse(readFileSync(report, 'utf8')) as VitestReport) : undefined)
    : tallyOfStep(ok);
  console.log(`${ok ? '✓' : '✗'} ${step.name}: ${summary(tally)} (${seconds} s)`);
  return tally;
};

const { values } = parseArgs({ options: { only: { type: 'string' }, list: { type: 'boolean' } } });
const names = values.only?.split(',');
const chosen = steps.filter(({ name }) => names?.some((only) => name === only || name.startsWith(`${only}:`)) ?? true);

if (values.list === true) {
  console.log(steps.map((step) => step.name).join('\n'));
} else {
  let total: Tally = { passed: 0, failed: 0, skipped: 0 };
  for (const step of chosen) total = add(total, await runStep(step));
  if (chosen.length === 0) {
    console.log(`No step is named ${values.only ?? ''}: npm test -- --list names them.`);
    total = tallyOfStep(false);
  }
  console.log(summary(total));
  process.exitCode = total.failed > 0 ? 1 : 0;
}
rmSync(scratch, { recursive: true, force: true });

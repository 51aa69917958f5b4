import { runCheck, type CheckResult } from '../report.ts';
import { BLOCK_CHECKS } from './checks/index.ts';
import { blockSubject, type BlockBackendCheckOptions } from './options.ts';

/** Runs every check. A backend is fine when no result has findings. */
export async function checkBlockBackend(options: BlockBackendCheckOptions): Promise<CheckResult[]> {
  const subject = blockSubject(options);
  const results: CheckResult[] = [];
  for (const check of BLOCK_CHECKS) results.push(await runCheck(check, subject));
  return results;
}

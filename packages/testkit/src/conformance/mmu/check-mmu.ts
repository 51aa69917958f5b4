import type { AnyMmuPlugin } from '@polyvisor/core';
import { runCheck, type CheckResult } from '../report.ts';
import { MMU_CHECKS } from './checks/index.ts';
import { mmuSubject, type MmuCheckOptions } from './options.ts';

/** Runs every check. A strategy is fine when no result has findings. */
export async function checkMmu(plugin: AnyMmuPlugin, options: MmuCheckOptions): Promise<CheckResult[]> {
  const subject = mmuSubject(plugin, options);
  const results: CheckResult[] = [];
  for (const check of MMU_CHECKS) results.push(await runCheck(check, subject));
  return results;
}

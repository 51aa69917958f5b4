import { runCheck, type CheckResult } from '../report.ts';
import { NET_CHECKS } from './checks/index.ts';
import { netSubject, type NetBackendCheckOptions } from './options.ts';

/** Runs every check. A backend is fine when no result has findings. */
export async function checkNetBackend(options: NetBackendCheckOptions): Promise<CheckResult[]> {
  const subject = netSubject(options);
  const results: CheckResult[] = [];
  for (const check of NET_CHECKS) results.push(await runCheck(check, subject));
  return results;
}

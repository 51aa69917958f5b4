import type { AnyBackendPlugin } from '@polyvisor/core';
import { runCheck, type CheckResult } from '../report.ts';
import { BACKEND_CHECKS } from './checks/index.ts';
import { backendSubjects, type BackendCheckOptions } from './options.ts';

/** Runs every check with every configuration. A plugin is fine when no result has findings. */
export async function checkBackend(plugin: AnyBackendPlugin, options: BackendCheckOptions): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const subject of backendSubjects(plugin, options)) {
    for (const check of BACKEND_CHECKS) results.push(await runCheck(check, subject));
  }
  return results;
}

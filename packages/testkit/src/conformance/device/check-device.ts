import type { AnyDevicePlugin } from '@polyvisor/core';
import { runCheck, type CheckResult } from '../report.ts';
import { DEVICE_CHECKS } from './checks/index.ts';
import { deviceSubjects, type DeviceCheckOptions } from './options.ts';

/** Runs every check with every configuration. A plugin is fine when no result has findings. */
export async function checkDevice(plugin: AnyDevicePlugin, options: DeviceCheckOptions): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const subject of deviceSubjects(plugin, options)) {
    for (const check of DEVICE_CHECKS) results.push(await runCheck(check, subject));
  }
  return results;
}

import type { AnyDevicePlugin } from '@polyvisor/core';
import { DEVICE_CHECKS } from '../conformance/device/checks/index.ts';
import { deviceSubjects, type DeviceCheckOptions } from '../conformance/device/options.ts';
import { register } from './register.ts';

/** Registers the device suite with vitest: one test for each check and configuration. Call it in a spec file. */
export function describeDevice(plugin: AnyDevicePlugin, options: DeviceCheckOptions): void {
  register(deviceSubjects(plugin, options), DEVICE_CHECKS);
}

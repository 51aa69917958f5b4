export type { Check, CheckResult, Finding, Outcome } from './report.ts';
export { trapAmbient } from './ambient.ts';
export { checkDevice } from './device/check-device.ts';
export { DEVICE_CHECKS } from './device/checks/index.ts';
export type { DeviceDriver } from './device/driver.ts';
export type { AccessPoint, DeviceCheckOptions, DeviceSubject, ServiceContext } from './device/options.ts';

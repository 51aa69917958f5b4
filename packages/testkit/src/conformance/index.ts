export type { Check, CheckResult, Finding, Outcome } from './report.ts';
export { trapAmbient } from './ambient.ts';
export { checkDevice } from './device/check-device.ts';
export { DEVICE_CHECKS } from './device/checks/index.ts';
export type { DeviceDriver } from './device/driver.ts';
export type { AccessPoint, DeviceCheckOptions, DeviceSubject, ServiceContext } from './device/options.ts';
export { checkBackend } from './backend/check-backend.ts';
export { BACKEND_CHECKS } from './backend/checks/index.ts';
export { EXIT_CATALOGUE } from './backend/exit-catalogue.ts';
export type { BackendCheckOptions, BackendSubject } from './backend/options.ts';
export { checkMmu } from './mmu/check-mmu.ts';
export { MMU_CHECKS } from './mmu/checks/index.ts';
export type { MmuCheckOptions, MmuGuestMemory, MmuSubject, OwnMemory } from './mmu/options.ts';
export {
  GuestWalk, referenceWalk, type WalkEntry, type Frame, type Marks, type Processor, type WalkMemory, type WalkRegisters, type WalkResult,
} from './mmu/reference-walk.ts';
export { mmuSubject } from './mmu/options.ts';
export { MmuRig, type FillResult, type RigCpu } from './mmu/rig.ts';
export { randomView, randomWorld, type Mode, type World } from './mmu/world.ts';
export { describeAccess, describeResult } from './mmu/compare.ts';
export { checkBlockBackend } from './block/check-block-backend.ts';
export { BLOCK_CHECKS } from './block/checks/index.ts';
export type { BlockBackendCheckOptions, BlockSubject, OpenedDisk } from './block/options.ts';
export { checkNetBackend } from './net/check-net-backend.ts';
export { NET_CHECKS } from './net/checks/index.ts';
export type { NetBackendCheckOptions, NetSubject, OpenedNet } from './net/options.ts';

export { describeBackend } from './describe-backend.ts';
export { describeDevice } from './describe-device.ts';
export { describeMmu } from './describe-mmu.ts';

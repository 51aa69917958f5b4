export { describeBackend } from './describe-backend.ts';
export { describeBlockBackend } from './describe-block-backend.ts';
export { describeDevice } from './describe-device.ts';
export { describeMmu } from './describe-mmu.ts';
export { describeNetBackend } from './describe-net-backend.ts';

export { nvme } from './nvme.ts';
export type { NvmeConfig } from './config.ts';
export * as NvmeRegisters from './registers.ts';

export { ahci } from './ahci.ts';
export type { AhciConfig } from './config.ts';
export * as AhciRegisters from './registers.ts';

export { apic } from './apic.ts';
export type { ApicConfig } from './config.ts';
export type { ApicState } from './state.ts';
export * as ApicRegisters from './registers.ts';

export { hpet } from './hpet.ts';
export type { HpetConfig } from './config.ts';
export type { HpetState } from './state.ts';
export * as HpetRegisters from './registers.ts';

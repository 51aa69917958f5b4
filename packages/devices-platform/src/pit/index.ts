export { pit } from './pit.ts';
export { PitChip, type PitWiring } from './chip.ts';
export type { PitConfig } from './config.ts';
export type { PitState } from './state.ts';
export * as PitRegisters from './registers.ts';

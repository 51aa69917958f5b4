export { demoDma } from './demo-dma.ts';
export type { DemoDmaConfig } from './config.ts';
export type { DemoDmaState } from './state.ts';
export * as DemoDmaRegisters from './registers.ts';

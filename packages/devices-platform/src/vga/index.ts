export { vga } from './vga.ts';
export { DisplayToken, type Display } from './display.ts';
export type { VgaConfig } from './config.ts';
export type { VgaState } from './state.ts';
export * as VgaRegisters from './registers.ts';

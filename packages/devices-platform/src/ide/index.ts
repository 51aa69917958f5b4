export { ide } from './ide.ts';
export type { IdeConfig } from './config.ts';
export type { IdeState } from './state.ts';
export * as IdeRegisters from './registers.ts';

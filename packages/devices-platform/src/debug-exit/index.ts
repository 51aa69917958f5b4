export { debugExit } from './debug-exit.ts';
export type { DebugExitConfig } from './config.ts';

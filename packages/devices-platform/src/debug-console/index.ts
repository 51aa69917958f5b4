export { debugConsole } from './debug-console.ts';
export type { DebugConsoleConfig } from './config.ts';

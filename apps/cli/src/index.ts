export { main } from './main.ts';
export { nodeFiles } from './host/node-files.ts';
export { nodeStreams } from './host/node-streams.ts';
export { executeProgram, type ExecOptions } from './exec/execute.ts';

export type { ScriptedConfig, Size, Step } from './config.ts';
export type { ScriptedExit, ScriptedUnimplemented } from './exit-schema.ts';
export type { ScriptedState } from './scripted-state.ts';
export { ScriptedVcpu } from './scripted-vcpu.ts';
export { scriptedCpu } from './scripted-cpu.ts';

export { mmuErrors } from './errors.ts';
export { DirectFrames, type DirectUse } from './direct/direct-frames.ts';
export { DirectMmu, type DirectOptions } from './direct/direct-mmu.ts';
export {
  directMmu, eptMmu, nativeMmu, nptMmu, shadowMmu, type DirectConfig, type EptConfig, type NativeConfig, type NptConfig, type ShadowConfig,
} from './plugins.ts';
export { effectiveType, MemoryType, mtrrType, patType, type Mtrrs } from './memory-type/memory-type.ts';
export { ShadowMmu, type ShadowOptions } from './shadow/shadow-mmu.ts';
export type { ShadowStatistics } from './shadow/shadow-tables.ts';
export { WalkMmu, type WalkExports, type Window } from './walk-mmu.ts';
export { defaultWalkOptions, type WalkOptions } from './walk/options.ts';

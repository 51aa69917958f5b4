export { mmuErrors } from './errors.ts';
export { eptMmu, nativeMmu, nptMmu, type EptConfig, type NativeConfig, type NptConfig } from './plugins.ts';
export { WalkMmu, type WalkExports, type Window } from './walk-mmu.ts';
export { defaultWalkOptions, type WalkOptions } from './walk/options.ts';

export { default as deviceGenerator, type DeviceOptions } from './device/generator.ts';
export { default as backendGenerator } from './backend/generator.ts';
export type { PackageOptions } from './shared/names.ts';
export { GeneratorError } from './shared/generator-error.ts';

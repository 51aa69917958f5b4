import { i32 } from '../value/ops.ts';
import { ModuleBuilder, type ModuleOptions } from '../build/module-builder.ts';

type Exports = Record<string, (...args: (number | bigint)[]) => number | bigint | undefined | (number | bigint)[]>;

/** Builds a module, instantiates it and gives its exported functions. */
export const instantiate = (
  build: (m: ModuleBuilder) => void, options: ModuleOptions = {}, imports: WebAssembly.Imports = {},
): Exports & { readonly memory: WebAssembly.Memory } => {
  const m = new ModuleBuilder(options);
  build(m);
  return new WebAssembly.Instance(new WebAssembly.Module(m.toBytes()), imports).exports as ReturnType<typeof instantiate>;
};

/** Whether the engine accepts a module that `build` builds. */
export const accepts = (build: (m: ModuleBuilder) => void, options: ModuleOptions = {}): boolean => {
  const m = new ModuleBuilder(options);
  build(m);
  return WebAssembly.validate(m.toBytes());
};

/** The engines this package supports are not equally new. */
export const hasMemory64 = accepts((m) => m.memory({ min: 1 }), { pointer: 64 });
export const hasMultiMemory = accepts((m) => [m.memory({ min: 1 }), m.memory({ min: 1 })]);
export const hasExtendedConstants = accepts((m) => {
  m.global('i32', i32.add(m.importGlobal('env', 'base', 'i32').get(), 8));
});

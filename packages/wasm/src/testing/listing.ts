import { ModuleBuilder, type ModuleOptions } from '../build/module-builder.ts';
import { readModule } from '../disassemble/module.ts';

/** The instructions of the first function that a module defines, without its final `end`. */
export const listing = (build: (m: ModuleBuilder) => void, options: ModuleOptions = {}): string[] => {
  const m = new ModuleBuilder(options);
  build(m);
  const bytes = m.toBytes();
  if (!WebAssembly.validate(bytes)) throw new Error('the module is not valid');
  const code = readModule(bytes).code[0]?.instructions.slice(0, -1) ?? [];
  return code.map(({ name, immediates }) => [name, ...immediates].join(' '));
};

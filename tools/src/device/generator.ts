import type { GeneratorCallback, Tree } from '@nx/devkit';
import { generatePackage } from '../shared/generate.ts';
import { GeneratorError } from '../shared/generator-error.ts';
import type { PackageOptions } from '../shared/names.ts';

export interface DeviceOptions extends PackageOptions {
  readonly bus?: 'mmio' | 'pio';
}

/** `nx g @polyvisor/tools:device NAME`: a device with a register file, a level interrupt and versioned state. */
export default function deviceGenerator(tree: Tree, options: DeviceOptions): GeneratorCallback {
  const bus: string = options.bus ?? 'mmio';
  if (bus !== 'mmio' && bus !== 'pio') {
    throw new GeneratorError('tools/bad-bus', `there is no bus "${bus}"`, 'Choose mmio or pio.');
  }
  return generatePackage(tree, 'device', options, { bus });
}

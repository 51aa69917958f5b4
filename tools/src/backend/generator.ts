import type { GeneratorCallback, Tree } from '@nx/devkit';
import { generatePackage } from '../shared/generate.ts';
import type { PackageOptions } from '../shared/names.ts';

/** `nx g @polyvisor/tools:backend NAME`: a backend that answers every VM exit. */
export default function backendGenerator(tree: Tree, options: PackageOptions): GeneratorCallback {
  return generatePackage(tree, 'backend', options);
}

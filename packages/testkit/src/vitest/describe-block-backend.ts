import { BLOCK_CHECKS } from '../conformance/block/checks/index.ts';
import { blockSubject, type BlockBackendCheckOptions } from '../conformance/block/options.ts';
import { register } from './register.ts';

/** Registers the block suite with vitest: one test for each check. Call it in a spec file. */
export function describeBlockBackend(options: BlockBackendCheckOptions): void {
  register([blockSubject(options)], BLOCK_CHECKS);
}

import type { AnyMmuPlugin } from '@polyvisor/core';
import { MMU_CHECKS } from '../conformance/mmu/checks/index.ts';
import { mmuSubject, type MmuCheckOptions } from '../conformance/mmu/options.ts';
import { register } from './register.ts';

/** Registers the MMU suite with vitest: one test for each check. Call it in a spec file. */
export function describeMmu(plugin: AnyMmuPlugin, options: MmuCheckOptions): void {
  register([mmuSubject(plugin, options)], MMU_CHECKS);
}

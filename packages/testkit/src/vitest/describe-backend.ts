import type { AnyBackendPlugin } from '@polyvisor/core';
import { BACKEND_CHECKS } from '../conformance/backend/checks/index.ts';
import { backendSubjects, type BackendCheckOptions } from '../conformance/backend/options.ts';
import { register } from './register.ts';

/** Registers the backend suite with vitest: one test for each check and configuration. Call it in a spec file. */
export function describeBackend(plugin: AnyBackendPlugin, options: BackendCheckOptions): void {
  register(backendSubjects(plugin, options), BACKEND_CHECKS);
}

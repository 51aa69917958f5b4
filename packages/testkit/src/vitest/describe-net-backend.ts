import { NET_CHECKS } from '../conformance/net/checks/index.ts';
import { netSubject, type NetBackendCheckOptions } from '../conformance/net/options.ts';
import { register } from './register.ts';

/** Registers the network suite with vitest: one test for each check. Call it in a spec file. */
export function describeNetBackend(options: NetBackendCheckOptions): void {
  register([netSubject(options)], NET_CHECKS);
}

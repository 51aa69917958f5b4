import { readFileSync } from 'node:fs';

/** The version of this package; the packages of Polyvisor have the same one. */
export function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return (manifest as { readonly version: string }).version;
}

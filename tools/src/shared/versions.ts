import { readFileSync } from 'node:fs';

interface Manifest {
  readonly version: string;
}

// The same two folders up from src/shared and from dist/shared.
const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as Manifest;

/** Version of this package, and so of all @polyvisor packages: they are released together. */
export const OWN_VERSION = manifest.version;

/** What generated packages are built and tested with: the versions that Polyvisor itself is. */
export const VERSIONS = {
  typescript: '7.0.2',
  vitest: '5.1.0',
  zod: '4.6.7',
} as const;

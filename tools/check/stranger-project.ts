import { cpSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Archive {
  /** `@polyvisor/core` */
  readonly name: string;
  readonly file: string;
  /** What it exports: `@polyvisor/testkit`, `@polyvisor/testkit/vitest`. */
  readonly entries: readonly string[];
}

interface Manifest {
  readonly devDependencies: Readonly<Record<string, string>>;
}

/** What the stranger installs beside our packages, in the versions that this repository has proved. */
const FOREIGN = ['@types/node', '@typescript/native', 'eslint', 'nx', 'typescript', 'typescript-eslint', 'vite', 'vitest', 'zod'];

/** Writes the stranger's project into an empty folder. It gets our packages as archives and never from a registry. */
export function writeProject(template: string, folder: string, archives: readonly Archive[]): void {
  cpSync(template, folder, { recursive: true });
  for (const [from, to] of [['tsconfig.template.json', 'tsconfig.json'], ['eslint.config.template.js', 'eslint.config.js']] as const) {
    renameSync(join(folder, from), join(folder, to));
  }
  const known = (JSON.parse(readFileSync('package.json', 'utf8')) as Manifest).devDependencies;
  const ours = Object.fromEntries(archives.map(({ name, file }) => [name, `file:${file}`]));
  writeJson(join(folder, 'package.json'), {
    name: 'stranger',
    private: true,
    type: 'module',
    workspaces: ['plugins/*'],
    dependencies: ours,
    devDependencies: Object.fromEntries(FOREIGN.map((name) => [name, known[name]])),
    // Our packages depend on each other by version: those are the archives too.
    overrides: ours,
  });
  writeJson(join(folder, 'nx.json'), { neverConnectToCloud: true, analytics: false });
}

/** The entries of `exports` that code can import. */
export function entriesOf(name: string, exports: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(exports)
    .filter((entry) => !entry.endsWith('.json'))
    .map((entry) => name + entry.slice(1));
}

function writeJson(path: string, value: unknown): void {
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
}

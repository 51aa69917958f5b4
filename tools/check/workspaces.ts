import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly workspaces?: readonly string[];
}

const manifest = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;

/** The folders of the workspace packages that are published. */
export const publishable = (): string[] =>
  (manifest('.').workspaces ?? [])
    .flatMap((pattern) => globSync(`${pattern}/package.json`))
    .map((path) => dirname(path))
    .filter((folder) => manifest(folder).private !== true)
    .sort();

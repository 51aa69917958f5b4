import { posix } from 'node:path';
import { readJson, type Tree } from '@nx/devkit';
import { GeneratorError } from './generator-error.ts';

/** Where a package goes: a member of Polyvisor's own repository, or a package of its own. */
export interface Target {
  readonly flavour: 'workspace' | 'standalone';
  /** Version of the @polyvisor packages to depend on; the own one when the repository does not say. */
  readonly version: string | undefined;
}

interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly workspaces?: readonly string[] | { readonly packages?: readonly string[] };
}

const CORE = 'packages/core/package.json';

export function findTarget(tree: Tree): Target {
  const core: Manifest = tree.exists(CORE) ? readJson(tree, CORE) : {};
  if (core.name !== '@polyvisor/core') return { flavour: 'standalone', version: undefined };
  return { flavour: 'workspace', version: core.version };
}

/** The package's folder, relative to the root. Throws `GeneratorError` rather than write into something that exists. */
export function chooseDirectory(tree: Tree, target: Target, name: string, wish: string | undefined): string {
  const directory = posix.normalize((wish ?? defaultDirectory(tree, target, name)).replaceAll('\\', '/')).replace(/\/$/, '');
  if (directory === '.' || directory.startsWith('..') || posix.isAbsolute(directory) || /^[A-Za-z]:/.test(directory)) {
    const remedy = 'Give a folder below the workspace, relative to its root.';
    throw new GeneratorError('tools/bad-directory', `"${wish ?? ''}" is not a folder inside the workspace`, remedy);
  }
  if (target.flavour === 'workspace' && !/^packages\/[^/]+$/.test(directory)) {
    const remedy = `Leave --directory out, or give packages/${name}.`;
    throw new GeneratorError('tools/bad-directory', `this repository keeps its packages in packages/, not in "${directory}"`, remedy);
  }
  if (tree.exists(directory)) {
    const remedy = 'Choose another name or --directory, or remove it first; nothing was written.';
    throw new GeneratorError('tools/exists', `"${directory}" exists already`, remedy);
  }
  return directory;
}

function defaultDirectory(tree: Tree, target: Target, name: string): string {
  if (target.flavour === 'workspace') return `packages/${name}`;
  const folder = workspacePatterns(tree).find((pattern) => /^[^*]+\/\*$/.test(pattern));
  return folder === undefined ? name : folder.replace('*', name);
}

function workspacePatterns(tree: Tree): readonly string[] {
  if (!tree.exists('package.json')) return [];
  const { workspaces = [] } = readJson<Manifest>(tree, 'package.json');
  return 'packages' in workspaces ? (workspaces.packages ?? []) : (workspaces as readonly string[]);
}

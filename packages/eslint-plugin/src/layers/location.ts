import { isMapped, type LayerMap } from './layer-map.ts';

/** Where a file stands among the packages. */
export interface Location {
  /** `packages` ship; `apps` are compositions that run. */
  readonly folder: 'apps' | 'packages';
  /** The package's name without scope, which is the name of its folder. */
  readonly name: string;
  /** Path of the package's folder, with slashes and one at the end. */
  readonly root: string;
}

export function toPosix(path: string): string {
  return path.replaceAll('\\', '/');
}

/**
 * The package a file belongs to. A path may hold several folders that look like packages (a checkout below
 * `/srv/packages/`, a folder `src/apps/`): the first which the map names is meant, else the last.
 */
export function locate(map: LayerMap, filename: string): Location | undefined {
  const parts = toPosix(filename).split('/');
  let found: Location | undefined;
  // The last part is the file, so a package's name stands before it.
  for (let i = 0; i + 2 < parts.length; i++) {
    const [folder, name = ''] = parts.slice(i, i + 2);
    if (folder !== 'apps' && folder !== 'packages') continue;
    found = { folder, name, root: `${parts.slice(0, i + 2).join('/')}/` };
    if (isMapped(map, name)) return found;
  }
  return found;
}

export function isSpec(filename: string): boolean {
  return /\.(?:spec|test)\.[cm]?[jt]sx?$/.test(filename);
}

/** Resolves a relative import against the file that has it, without touching the disk. */
export function resolveRelative(filename: string, source: string): string {
  const parts = toPosix(filename).split('/').slice(0, -1);
  for (const part of source.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
}

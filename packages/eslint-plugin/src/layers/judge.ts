import { isMapped, layerOf, type LayerMap } from './layer-map.ts';
import { isSpec, resolveRelative, type Location } from './location.ts';
import type { LayerMessage } from './messages.ts';

export interface Verdict {
  readonly messageId: LayerMessage;
  readonly data: Readonly<Record<string, string>>;
}

/** A file that imports. */
export interface Importer {
  readonly filename: string;
  /** Undefined for files outside of packages and apps: tools, examples, the workspace's own configuration. */
  readonly location: Location | undefined;
}

interface Target {
  readonly name: string;
  /** What follows the package's name, without the slash. */
  readonly subpath: string;
}

function parseTarget(map: LayerMap, source: string): Target | undefined {
  if (!source.startsWith(`${map.scope}/`)) return undefined;
  const [name = '', ...subpath] = source.slice(map.scope.length + 1).split('/');
  return { name, subpath: subpath.join('/') };
}

function judgeTestPackage({ filename, location }: Importer, data: Verdict['data']): Verdict | undefined {
  const ships = location?.folder === 'packages' && !isSpec(filename);
  return ships ? { messageId: 'testOnly', data } : undefined;
}

function judgeAllowed(allowed: readonly string[] | undefined, target: string, data: Verdict['data']): Verdict | undefined {
  if (allowed === undefined || allowed.includes(target)) return undefined;
  const list = allowed.length === 0 ? 'no package' : allowed.join(', ');
  return { messageId: 'notAllowed', data: { ...data, allowed: list } };
}

/** Judges one package importing another, both by their names. */
function judgeDirection(map: LayerMap, importer: Importer, target: string): Verdict | undefined {
  const from = importer.location?.name;
  const data = { from: from ?? importer.filename, to: target };
  if (from === target) return isSpec(importer.filename) ? undefined : { messageId: 'selfImport', data };
  if (Object.hasOwn(map.testOnly, target)) return judgeTestPackage(importer, data);
  // Tools, examples and packages of other people may use every package.
  if (from === undefined || !isMapped(map, from)) return undefined;
  if (Object.hasOwn(map.testOnly, from)) return judgeAllowed(map.testOnly[from], target, data);

  const [low, high] = [layerOf(map, target), layerOf(map, from)];
  if (low < 0) return { messageId: 'unknownPackage', data };
  if (low > high) return { messageId: 'upward', data };
  if (low === high) {
    return map.siblings[from]?.includes(target) === true ? undefined : { messageId: 'sideways', data };
  }
  return judgeAllowed(map.only[from], target, data);
}

/** All that is wrong with importing `source` in a file. */
export function judgeImport(map: LayerMap, importer: Importer, source: string): Verdict[] {
  const { filename, location } = importer;
  if (/^\.\.?(?:\/|$)/.test(source)) {
    const isInside = location === undefined || `${resolveRelative(filename, source)}/`.startsWith(location.root);
    return isInside ? [] : [{ messageId: 'leavesPackage', data: { from: location.name, source } }];
  }
  const target = parseTarget(map, source);
  if (target === undefined) return [];
  const direction = judgeDirection(map, importer, target.name);
  const isPublic = target.subpath === '' || map.subpaths.includes(`${target.name}/${target.subpath}`);
  const deep: Verdict = { messageId: 'deepImport', data: { source, package: `${map.scope}/${target.name}` } };
  return [...(isPublic ? [] : [deep]), ...(direction ? [direction] : [])];
}

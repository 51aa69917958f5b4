import { Errno } from '../errno.ts';
import { EntryKind, bytePath, type BytePath, type HostFile, type HostFiles } from './host-files.ts';
import { Mode, syntheticStat, type Stat } from './stat.ts';

/** A file's content, or a symbolic link. */
export type MemoryFile = string | Uint8Array | { readonly link: string } | { readonly content: string | Uint8Array; readonly mode: number };

const PERMISSIONS = 0o755;

/** Files that exist in memory only, by absolute path; their directories are there, too. For browsers and for tests. */
export function memoryFiles(files: Readonly<Record<string, MemoryFile>>): HostFiles {
  const nodes = new Map<BytePath, Node>([['/', directory(1)]]);
  for (const [path, file] of Object.entries(files)) {
    const full = bytePath(path);
    for (let end = full.indexOf('/', 1); end > 0; end = full.indexOf('/', end + 1)) {
      const parent = full.slice(0, end);
      if (!nodes.has(parent)) nodes.set(parent, directory(nodes.size + 1));
    }
    nodes.set(full, nodeOf(file, nodes.size + 1));
  }
  const find = (path: BytePath): Node | number => nodes.get(path) ?? -Errno.ENOENT;
  return {
    stat(path) {
      const node = find(path);
      return typeof node === 'number' ? node : node.stat;
    },
    readLink(path) {
      const node = find(path);
      return typeof node === 'number' ? node : (node.target ?? -Errno.EINVAL);
    },
    open(path) {
      const node = find(path);
      return typeof node === 'number' ? node : openBytes(node);
    },
    list(path) {
      const base = path === '/' ? '/' : `${path}/`;
      const inside = [...nodes].filter(([name]) => name !== '/' && name.startsWith(base) && !name.slice(base.length).includes('/'));
      return inside.map(([name, { stat }]) => ({ name: name.slice(base.length), inode: stat.inode, kind: kindOf(stat) }));
    },
  };
}

interface Node {
  readonly stat: Stat;
  readonly bytes?: Uint8Array;
  readonly target?: BytePath;
}

const directory = (inode: number): Node => ({ stat: syntheticStat(inode, Mode.directory | PERMISSIONS, { links: 2 }) });

function nodeOf(file: MemoryFile, inode: number): Node {
  if (typeof file === 'object' && 'link' in file) {
    const target = bytePath(file.link);
    return { target, stat: syntheticStat(inode, Mode.link | 0o777, { size: target.length }) };
  }
  const { content, mode } = typeof file === 'object' && 'content' in file ? file : { content: file, mode: PERMISSIONS };
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return { bytes, stat: syntheticStat(inode, Mode.regular | mode, { size: bytes.length }) };
}

function openBytes({ bytes, stat }: Node): HostFile | number {
  if (bytes === undefined) return -Errno.EINVAL;
  return {
    stat: () => stat,
    read(offset, into) {
      const part = bytes.subarray(offset, offset + into.length);
      into.set(part);
      return part.length;
    },
    close: () => undefined,
  };
}

function kindOf({ mode }: Stat): number {
  if ((mode & Mode.kind) === Mode.directory) return EntryKind.directory;
  return (mode & Mode.kind) === Mode.link ? EntryKind.link : EntryKind.regular;
}

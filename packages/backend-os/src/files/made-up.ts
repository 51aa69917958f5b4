import { Errno } from '../errno.ts';
import type { FileSystem } from './file-system.ts';
import { EntryKind, type BytePath, type DirectoryEntry } from './host-files.ts';
import type { OpenFile } from './open-file.ts';
import { Mode, isKind, syntheticStat, type Stat } from './stat.ts';

/** Something in a tree that the kernel makes up. */
export type MadeUpNode =
  | { readonly kind: 'directory'; readonly children: () => Readonly<Record<string, MadeUpNode>> }
  | { readonly kind: 'link'; readonly target: () => BytePath }
  | { readonly kind: 'file'; readonly stat: Partial<Stat> & { readonly mode: number }; readonly open: (path: BytePath, flags: number, stat: Stat) => OpenFile | number };

/** A file system of nodes that exist in the kernel only: `/dev` and `/proc`. */
export class MadeUpFiles implements FileSystem {
  readonly #root: BytePath;
  readonly #tree: MadeUpNode;

  /** `root` is where it is mounted, without a slash at the end. */
  constructor(root: BytePath, tree: MadeUpNode) {
    this.#root = root;
    this.#tree = tree;
  }

  stat(path: BytePath): Stat | number {
    const node = this.#find(path);
    if (typeof node === 'number') return node;
    const inode = inodeOf(path);
    switch (node.kind) {
      case 'directory': return syntheticStat(inode, Mode.directory | 0o555, { links: 2 });
      case 'link': return syntheticStat(inode, Mode.link | 0o777, { size: node.target().length });
      case 'file': return syntheticStat(inode, node.stat.mode, node.stat);
    }
  }

  readLink(path: BytePath): BytePath | number {
    const node = this.#find(path);
    if (typeof node === 'number') return node;
    return node.kind === 'link' ? node.target() : -Errno.EINVAL;
  }

  open(path: BytePath, flags: number): OpenFile | number {
    const node = this.#find(path);
    const stat = this.stat(path);
    if (typeof node === 'number') return node;
    return node.kind === 'file' && typeof stat === 'object' ? node.open(path, flags, stat) : -Errno.EINVAL;
  }

  list(path: BytePath): readonly DirectoryEntry[] | number {
    const node = this.#find(path);
    if (typeof node === 'number') return node;
    if (node.kind !== 'directory') return -Errno.ENOTDIR;
    return Object.keys(node.children()).map((name) => {
      const stat = this.stat(`${path}/${name}`);
      return { name, inode: inodeOf(`${path}/${name}`), kind: typeof stat === 'object' ? entryKind(stat) : EntryKind.unknown };
    });
  }

  #find(path: BytePath): MadeUpNode | number {
    let node = this.#tree;
    for (const name of path.slice(this.#root.length).split('/')) {
      if (name === '') continue;
      if (node.kind !== 'directory') return -Errno.ENOTDIR;
      const children = node.children();
      const child = Object.hasOwn(children, name) ? children[name] : undefined;
      if (child === undefined) return -Errno.ENOENT;
      node = child;
    }
    return node;
  }
}

/** A number for a made-up file that does not change from one look to the next (FNV-1a). */
function inodeOf(path: BytePath): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < path.length; i++) hash = Math.imul(hash ^ path.charCodeAt(i), 0x01000193);
  return (hash >>> 1) + 2;
}

function entryKind(stat: Stat): number {
  if (isKind(stat, Mode.directory)) return EntryKind.directory;
  if (isKind(stat, Mode.link)) return EntryKind.link;
  return isKind(stat, Mode.character) ? EntryKind.character : EntryKind.regular;
}

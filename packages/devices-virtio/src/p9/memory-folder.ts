import { FolderError, type FolderChange, type FolderFile, type FolderPath, type FolderSpace, type FolderStat, type HostFolder, type OpenWish } from './host-folder.ts';
import { Mode } from './protocol.ts';

interface Node {
  readonly ino: number;
  mode: number;
  uid: number;
  gid: number;
  atime: number;
  mtime: number;
  nlink: number;
  bytes: Uint8Array;
  readonly target: string;
  readonly children: Map<string, Node> | undefined;
}

/** What a folder in memory begins with: text, bytes, or a folder. */
export interface MemoryTree {
  readonly [name: string]: string | Uint8Array | MemoryTree;
}

/** A folder in memory: for tests, and for guests that are given files without a host's file system. Its clock is `now`. */
export class MemoryFolder implements HostFolder {
  readonly #now: () => number;
  readonly #root: Node;
  #nextIno = 1;

  constructor(tree: MemoryTree = {}, now: () => number = () => 0) {
    this.#now = now;
    this.#root = this.#make(Mode.DIRECTORY | 0o755);
    this.#fill(this.#root, tree);
  }

  stat(path: FolderPath): FolderStat {
    return statOf(this.#find(path));
  }
  list(path: FolderPath): readonly string[] {
    return [...this.#folder(path).keys()];
  }
  readlink(path: FolderPath): string {
    const node = this.#find(path);
    if (!isLink(node.mode)) throw new FolderError('EINVAL');
    return node.target;
  }

  open(path: FolderPath, wish: OpenWish): FolderFile {
    const { create } = wish;
    const folder = this.#folder(path.slice(0, -1));
    const name = last(path);
    let node = folder.get(name);
    if (node && create?.exclusive === true) throw new FolderError('EEXIST');
    if (!node && create) folder.set(name, (node = this.#make(Mode.FILE | (create.mode & 0o7777))));
    if (!node) throw new FolderError('ENOENT');
    if (node.children) throw new FolderError('EISDIR');
    if (isLink(node.mode)) throw new FolderError('ELOOP');
    if (wish.truncate) resize(node, 0);
    return this.#file(node, wish);
  }

  mkdir(path: FolderPath, mode: number): void {
    this.#add(path, this.#make(Mode.DIRECTORY | (mode & 0o7777)));
  }
  symlink(path: FolderPath, target: string): void {
    this.#add(path, this.#make(Mode.SYMLINK | 0o777, target));
  }
  link(path: FolderPath, existing: FolderPath): void {
    const node = this.#find(existing);
    if (node.children) throw new FolderError('EPERM');
    this.#add(path, node);
    node.nlink += 1;
  }

  rename(from: FolderPath, to: FolderPath): void {
    const node = this.#find(from);
    if (from.length < to.length && from.every((name, i) => to[i] === name)) throw new FolderError('EINVAL');
    const target = this.#folder(to.slice(0, -1));
    const there = target.get(last(to));
    if (there === node) return;
    if (there?.children && !node.children) throw new FolderError('EISDIR');
    if (there && !there.children && node.children) throw new FolderError('ENOTDIR');
    if (there?.children && there.children.size > 0) throw new FolderError('ENOTEMPTY');
    if (there) there.nlink -= 1;
    this.#folder(from.slice(0, -1)).delete(last(from));
    target.set(last(to), node);
  }
  unlink(path: FolderPath): void {
    const node = this.#find(path);
    if (node.children) throw new FolderError('EISDIR');
    node.nlink -= 1;
    this.#folder(path.slice(0, -1)).delete(last(path));
  }
  rmdir(path: FolderPath): void {
    const folder = this.#folder(path);
    if (folder.size > 0) throw new FolderError('ENOTEMPTY');
    if (path.length === 0) throw new FolderError('EBUSY');
    this.#folder(path.slice(0, -1)).delete(last(path));
  }

  change(path: FolderPath, change: FolderChange): void {
    this.#change(this.#find(path), change);
  }
  #change(node: Node, change: FolderChange): void {
    if (change.size !== undefined && node.children) throw new FolderError('EISDIR');
    if (change.mode !== undefined) node.mode = (node.mode & Mode.TYPE) | (change.mode & 0o7777);
    if (change.uid !== undefined) node.uid = change.uid;
    if (change.gid !== undefined) node.gid = change.gid;
    if (change.size !== undefined) resize(node, change.size);
    if (change.atime !== undefined) node.atime = change.atime === 'now' ? this.#now() : change.atime;
    if (change.mtime !== undefined) node.mtime = change.mtime === 'now' ? this.#now() : change.mtime;
  }
  space(): FolderSpace {
    return { blockSize: 4096, blocks: 2 ** 20, free: 2 ** 19, available: 2 ** 19, files: 2 ** 20, filesFree: 2 ** 19 };
  }

  /** The same contents as `other`. */
  takeOver(other: MemoryFolder): void {
    this.#root.children!.clear();
    this.#copy(other.#root, this.#root, new Map());
    this.#nextIno = other.#nextIno;
  }

  #copy(from: Node, to: Node, seen: Map<Node, Node>): void {
    for (const [name, node] of from.children!) {
      const made = seen.get(node) ?? { ...node, bytes: Uint8Array.from(node.bytes), children: node.children ? new Map<string, Node>() : undefined };
      seen.set(node, made);
      to.children!.set(name, made);
      if (node.children) this.#copy(node, made, seen);
    }
  }

  #make(mode: number, target = ''): Node {
    const children = (mode & Mode.TYPE) === Mode.DIRECTORY ? new Map<string, Node>() : undefined;
    const at = this.#now();
    return { ino: this.#nextIno++, mode, uid: 0, gid: 0, atime: at, mtime: at, nlink: children ? 2 : 1, bytes: new Uint8Array(0), target, children };
  }

  #fill(folder: Node, tree: MemoryTree): void {
    for (const [name, value] of Object.entries(tree)) {
      const inner = typeof value !== 'string' && !(value instanceof Uint8Array);
      const node = this.#make(inner ? Mode.DIRECTORY | 0o755 : Mode.FILE | 0o644);
      folder.children!.set(name, node);
      if (inner) this.#fill(node, value);
      else node.bytes = typeof value === 'string' ? new TextEncoder().encode(value) : Uint8Array.from(value);
    }
  }

  #find(path: FolderPath): Node {
    let node = this.#root;
    for (const name of path) {
      if (!node.children) throw new FolderError(isLink(node.mode) ? 'ELOOP' : 'ENOTDIR');
      const next = node.children.get(name);
      if (!next) throw new FolderError('ENOENT');
      node = next;
    }
    return node;
  }
  #folder(path: FolderPath): Map<string, Node> {
    const { children, mode } = this.#find(path);
    if (!children) throw new FolderError(isLink(mode) ? 'ELOOP' : 'ENOTDIR');
    return children;
  }
  #add(path: FolderPath, node: Node): void {
    const folder = this.#folder(path.slice(0, -1));
    if (folder.has(last(path))) throw new FolderError('EEXIST');
    folder.set(last(path), node);
  }

  #file(node: Node, wish: OpenWish): FolderFile {
    return {
      read(at, into) {
        if (!wish.read) throw new FolderError('EBADF');
        const piece = node.bytes.subarray(at, at + into.length);
        into.set(piece);
        return piece.length;
      },
      write: (at, from) => {
        if (!wish.write) throw new FolderError('EBADF');
        const place = wish.append ? node.bytes.length : at;
        if (place + from.length > node.bytes.length) resize(node, place + from.length);
        node.bytes.set(from, place);
        node.mtime = this.#now();
        return from.length;
      },
      stat: () => statOf(node),
      change: (change) => { this.#change(node, change); },
      sync: () => undefined,
      close: () => undefined,
    };
  }
}

/** Files in memory are small: a guest cannot take the host's memory. */
const MAX_SIZE = 64 * 2 ** 20;

function resize(node: Node, size: number): void {
  if (size > MAX_SIZE) throw new FolderError('EFBIG');
  const bytes = new Uint8Array(size);
  bytes.set(node.bytes.subarray(0, size));
  node.bytes = bytes;
}

function statOf({ mode, ino, nlink, uid, gid, bytes, target, atime, mtime }: Node): FolderStat {
  return { mode, ino, nlink, uid, gid, size: isLink(mode) ? target.length : bytes.length, atime, mtime, ctime: mtime };
}

function isLink(mode: number): boolean {
  return (mode & Mode.TYPE) === Mode.SYMLINK;
}
function last(path: FolderPath): string {
  const name = path.at(-1);
  if (name === undefined) throw new FolderError('EBUSY');
  return name;
}

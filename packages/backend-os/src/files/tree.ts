import { Errno } from '../errno.ts';
import { DirectoryFile } from './directory-file.ts';
import type { FileSystem } from './file-system.ts';
import { EntryKind, type BytePath, type DirectoryEntry } from './host-files.ts';
import { OpenFlag, type OpenFile } from './open-file.ts';
import { Mode, isKind, type Stat } from './stat.ts';

/** As MAXSYMLINKS. */
const MOST_LINKS = 40;
/** As PATH_MAX. */
const LONGEST_PATH = 4096;
const LONGEST_NAME = 255;

/** A path without symbolic links, and what it leads to. */
export interface Found {
  readonly path: BytePath;
  readonly stat: Stat;
}

/** All that a program can name: file systems by the directory on which they are mounted. */
export class FileTree {
  readonly #root: FileSystem;
  readonly #mounts: ReadonlyMap<BytePath, FileSystem>;

  /** `mounts` are directories of the root, such as `/dev`. */
  constructor(root: FileSystem, mounts: ReadonlyMap<BytePath, FileSystem>) {
    this.#root = root;
    this.#mounts = mounts;
  }

  /** Walks `path`, from `from` when it is relative. `follow` says whether a symbolic link at its end is followed. */
  find(from: BytePath, path: BytePath, follow: boolean): Found | number {
    if (path === '') return -Errno.ENOENT;
    const todo = split(path);
    let at = path.startsWith('/') ? '' : from === '/' ? '' : from;
    let links = 0;
    let stat = this.#stat(at);
    // A slash at the end asks for a directory, and follows the link before it.
    const asDirectory = /\/\.?$/.test(path);
    while (todo.length > 0) {
      if (typeof stat === 'number') return stat;
      if (!isKind(stat, Mode.directory)) return -Errno.ENOTDIR;
      const name = todo.shift()!;
      if (name === '.') continue;
      if (name === '..') at = at.slice(0, Math.max(0, at.lastIndexOf('/')));
      else {
        const next = this.#step(at, name, follow || asDirectory || todo.length > 0);
        if (typeof next === 'number') return next;
        if (next.target === undefined) at = next.path;
        else {
          links++;
          if (links > MOST_LINKS) return -Errno.ELOOP;
          todo.unshift(...split(next.target));
          if (todo.length > LONGEST_PATH) return -Errno.ENAMETOOLONG;
          if (next.target.startsWith('/')) at = '';
        }
      }
      stat = this.#stat(at);
    }
    if (typeof stat === 'number') return stat;
    if (asDirectory && !isKind(stat, Mode.directory)) return -Errno.ENOTDIR;
    return { path: at === '' ? '/' : at, stat };
  }

  readLink(path: BytePath): BytePath | number {
    return this.#systemOf(path).readLink(path);
  }

  /** Opens what `find` found. */
  open({ path, stat }: Found, flags: number): OpenFile | number {
    const writes = (flags & OpenFlag.accessMode) !== 0;
    const kept = flags & ~(OpenFlag.create | OpenFlag.exclusive | OpenFlag.noCtty | OpenFlag.truncate | OpenFlag.closeOnExec);
    if (isKind(stat, Mode.directory)) {
      if (writes || (flags & OpenFlag.create) !== 0) return -Errno.EISDIR;
      const list = (): readonly DirectoryEntry[] => this.#list(path);
      return new DirectoryFile(path, kept, stat, list);
    }
    if ((flags & OpenFlag.directory) !== 0) return -Errno.ENOTDIR;
    if (isKind(stat, Mode.link)) return -Errno.ELOOP;
    if (isKind(stat, Mode.regular) && (writes || (flags & OpenFlag.truncate) !== 0)) return -Errno.EROFS;
    return this.#systemOf(path).open(path, kept);
  }

  #step(at: BytePath, name: BytePath, follow: boolean): { readonly path: BytePath; readonly target?: BytePath } | number {
    if (name.length > LONGEST_NAME) return -Errno.ENAMETOOLONG;
    const path = `${at}/${name}`;
    const stat = this.#stat(path);
    if (typeof stat === 'number') return stat;
    if (!follow || !isKind(stat, Mode.link)) return { path };
    const target = this.readLink(path);
    if (typeof target === 'number') return target;
    return target === '' ? -Errno.ENOENT : { path, target };
  }

  #list(path: BytePath): readonly DirectoryEntry[] {
    const own = this.#systemOf(path).list(path);
    const dots = [{ name: '.', inode: 1, kind: EntryKind.directory }, { name: '..', inode: 1, kind: EntryKind.directory }];
    return typeof own === 'number' ? dots : [...dots, ...own];
  }

  #stat(path: BytePath): Stat | number {
    return this.#systemOf(path).stat(path === '' ? '/' : path);
  }

  #systemOf(path: BytePath): FileSystem {
    const second = path.indexOf('/', 1);
    return this.#mounts.get(second < 0 ? path : path.slice(0, second)) ?? this.#root;
  }
}

const split = (path: BytePath): BytePath[] => path.split('/').filter((name) => name !== '');

import { constants, promises as fs, type Stats } from 'node:fs';
import { join, sep } from 'node:path';
import { FolderError, type FolderChange, type FolderFile, type FolderPath, type FolderSpace, type FolderStat, type HostFolder, type OpenWish } from '../p9/host-folder.ts';

const { O_APPEND, O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } = constants;

type Handle = Awaited<ReturnType<typeof fs.open>>;

/** A folder that was opened, under a name that leads to it whatever happens to its path. */
interface Place {
  readonly path: string;
  release(): Promise<void>;
}

/**
 * A folder of this computer, confined: nothing outside of it is reached, whatever links the guest makes and whatever
 * happens to the folders meanwhile. On Linux each component is opened from the one before (`/proc/self/fd`, which is openat),
 * without following links. Elsewhere each is checked before the operation; a program of the host that exchanges folders
 * for links at that moment is trusted not to.
 */
export class NodeFolder implements HostFolder {
  readonly #root: Handle | undefined;
  readonly #path: string;

  private constructor(path: string, root: Handle | undefined) {
    this.#path = path;
    this.#root = root;
  }

  /** Opens the folder; `close` ends it. */
  static async open(path: string): Promise<NodeFolder> {
    const real = await fs.realpath(path);
    const openAt = process.platform === 'linux' && (await exists('/proc/self/fd'));
    return new NodeFolder(real, openAt ? await fs.open(real, O_RDONLY | O_DIRECTORY) : undefined);
  }

  async close(): Promise<void> {
    await this.#root?.close();
  }

  stat(path: FolderPath): Promise<FolderStat> {
    return this.#at(path, async (at) => statOf(await fs.lstat(at)));
  }

  async list(path: FolderPath): Promise<readonly string[]> {
    const place = await this.#enter(path);
    try {
      return await fs.readdir(`${place.path}${sep}.`);
    } finally {
      await place.release();
    }
  }

  readlink(path: FolderPath): Promise<string> {
    return this.#at(path, (at) => fs.readlink(at));
  }

  open(path: FolderPath, wish: OpenWish): Promise<FolderFile> {
    return this.#at(path, async (at) => {
      if (!wish.create || !wish.create.exclusive) await refuseSpecial(at, wish.create !== undefined);
      const handle = await fs.open(at, flagsOf(wish), wish.create?.mode);
      if ((await handle.stat()).isFile()) return fileOf(handle);
      await handle.close();
      throw new FolderError('EPERM');
    });
  }

  mkdir(path: FolderPath, mode: number): Promise<void> {
    return this.#at(path, (at) => fs.mkdir(at, mode).then(() => undefined));
  }
  symlink(path: FolderPath, target: string): Promise<void> {
    return this.#at(path, (at) => fs.symlink(target, at));
  }
  /** link(2) does not follow a link at the end. */
  link(path: FolderPath, existing: FolderPath): Promise<void> {
    return this.#at(existing, (from) => this.#at(path, (to) => fs.link(from, to)));
  }
  rename(from: FolderPath, to: FolderPath): Promise<void> {
    return this.#at(from, (source) => this.#at(to, (target) => fs.rename(source, target)));
  }
  unlink(path: FolderPath): Promise<void> {
    return this.#at(path, (at) => fs.unlink(at));
  }
  rmdir(path: FolderPath): Promise<void> {
    return this.#at(path, (at) => fs.rmdir(at));
  }

  change(path: FolderPath, change: FolderChange): Promise<void> {
    return this.#at(path, async (at) => {
      const stat = await fs.lstat(at);
      if (change.uid !== undefined || change.gid !== undefined) await fs.lchown(at, change.uid ?? stat.uid, change.gid ?? stat.gid);
      if (change.mode !== undefined) await withHandle(at, O_RDONLY, stat, (handle) => handle.chmod(change.mode! & 0o7777));
      if (change.size !== undefined) await withHandle(at, O_WRONLY, stat, (handle) => handle.truncate(change.size));
      const times = timesOf(change, stat);
      if (times) await fs.lutimes(at, ...times);
    });
  }

  async space(): Promise<FolderSpace> {
    const s = await fs.statfs(this.#path);
    return { blockSize: s.bsize, blocks: s.blocks, free: s.bfree, available: s.bavail, files: s.files, filesFree: s.ffree };
  }

  /** Does something to the last name of a path, in the folder that it is in. */
  async #at<T>(path: FolderPath, act: (at: string) => Promise<T>): Promise<T> {
    const name = path.at(-1);
    const place = await this.#enter(path.slice(0, -1));
    try {
      // The folder itself, which is no link.
      return await act(name === undefined ? `${place.path}${sep}.` : `${place.path}${sep}${name}`);
    } finally {
      await place.release();
    }
  }

  async #enter(path: FolderPath): Promise<Place> {
    for (const name of path) if (name === '' || name === '.' || name === '..' || name.includes('/') || name.includes(sep) || name.includes('\0')) throw new FolderError('EINVAL');
    return this.#root === undefined ? this.#check(path) : this.#descend(this.#root, path);
  }

  async #descend(root: Handle, path: FolderPath): Promise<Place> {
    let at: Handle = root;
    for (const name of path) {
      const before: Handle = at;
      try {
        at = await fs.open(`/proc/self/fd/${before.fd}/${name}`, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
      } finally {
        if (before !== root) await before.close();
      }
    }
    const last = at;
    return { path: `/proc/self/fd/${last.fd}`, release: async () => (last === root ? undefined : last.close()) };
  }

  /** Without openat: every component is a folder and no link, and the whole is where it should be. */
  async #check(path: FolderPath): Promise<Place> {
    let at = this.#path;
    for (const name of path) {
      at = join(at, name);
      if (!(await fs.lstat(at)).isDirectory()) throw new FolderError('ENOTDIR');
    }
    if ((await fs.realpath(at)) !== at) throw new FolderError('ELOOP');
    return { path: at, release: () => Promise.resolve() };
  }
}

async function exists(path: string): Promise<boolean> {
  return fs.access(path).then(() => true, () => false);
}

/** Opening a pipe could wait for ever, opening a device could do anything. */
async function refuseSpecial(at: string, mayBeMissing: boolean): Promise<void> {
  try {
    const stat = await fs.lstat(at);
    if (stat.isSymbolicLink()) throw new FolderError('ELOOP');
    if (stat.isDirectory()) throw new FolderError('EISDIR');
    if (!stat.isFile()) throw new FolderError('EPERM');
  } catch (error) {
    if (mayBeMissing && error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
    throw error;
  }
}

/** What needs an open file: there is no way to do it to a name without following links. */
async function withHandle(at: string, flags: number, stat: Stats, act: (handle: Handle) => Promise<void>): Promise<void> {
  if (!stat.isFile() && !stat.isDirectory()) throw new FolderError('EOPNOTSUPP');
  const handle = await fs.open(at, flags | O_NOFOLLOW | O_NONBLOCK);
  try {
    await act(handle);
  } finally {
    await handle.close();
  }
}

function flagsOf({ read, write, append, truncate, create }: OpenWish): number {
  const access = write ? (read ? O_RDWR : O_WRONLY) : O_RDONLY;
  const made = create ? O_CREAT | (create.exclusive ? O_EXCL : 0) : 0;
  return access | made | (append ? O_APPEND : 0) | (truncate ? O_TRUNC : 0) | O_NOFOLLOW | O_NONBLOCK;
}

function statOf(s: Stats): FolderStat {
  return { mode: s.mode, ino: s.ino, nlink: s.nlink, uid: s.uid, gid: s.gid, size: s.size, atime: s.atimeMs, mtime: s.mtimeMs, ctime: s.ctimeMs };
}

/** What utimes(2) takes, in seconds; nothing when no time is changed. */
function timesOf(change: FolderChange, stat: Stats): [atime: number, mtime: number] | undefined {
  if (change.atime === undefined && change.mtime === undefined) return undefined;
  const now = Date.now();
  const time = (wanted: number | 'now' | undefined, before: number) => (wanted === 'now' ? now : (wanted ?? before)) / 1000;
  return [time(change.atime, stat.atimeMs), time(change.mtime, stat.mtimeMs)];
}

async function changeOpen(handle: Handle, change: FolderChange): Promise<void> {
  const stat = await handle.stat();
  if (change.uid !== undefined || change.gid !== undefined) await handle.chown(change.uid ?? stat.uid, change.gid ?? stat.gid);
  if (change.mode !== undefined) await handle.chmod(change.mode & 0o7777);
  if (change.size !== undefined) await handle.truncate(change.size);
  const times = timesOf(change, stat);
  if (times) await handle.utimes(...times);
}

function fileOf(handle: Handle): FolderFile {
  return {
    read: async (at, into) => (await handle.read(into, 0, into.length, at)).bytesRead,
    write: async (at, from) => (await handle.write(from, 0, from.length, at)).bytesWritten,
    stat: async () => statOf(await handle.stat()),
    change: (change) => changeOpen(handle, change),
    sync: (dataOnly) => (dataOnly ? handle.datasync() : handle.sync()),
    close: () => handle.close(),
  };
}

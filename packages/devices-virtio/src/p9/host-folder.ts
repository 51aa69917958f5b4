import { token } from '@polyvisor/core';

/** Answered at once or later. A folder in memory answers at once, so that runs repeat exactly. */
export type Later<T> = T | Promise<T>;

/** Names from the folder down, each a plain one: not empty, not `.` or `..`, without `/` and NUL. The folder itself is `[]`. */
export type FolderPath = readonly string[];

export interface FolderStat {
  /** st_mode, with the type. */
  readonly mode: number;
  readonly ino: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since 1970, with fractions. */
  readonly atime: number;
  readonly mtime: number;
  readonly ctime: number;
}

export interface OpenWish {
  readonly read: boolean;
  readonly write: boolean;
  readonly append: boolean;
  readonly truncate: boolean;
  /** Set: it is made, with these permissions. `exclusive`: and must not be there. */
  readonly create: { readonly mode: number; readonly exclusive: boolean } | undefined;
}

export interface FolderChange {
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly size?: number;
  /** Milliseconds since 1970; `now` by the host's clock. */
  readonly atime?: number | 'now';
  readonly mtime?: number | 'now';
}

export interface FolderFile {
  /** Returns how many bytes came: 0 at the end. */
  read(at: number, into: Uint8Array): Later<number>;
  write(at: number, from: Uint8Array): Later<number>;
  /** Of the open file, whatever its name leads to by now, and when it has none any more. */
  stat(): Later<FolderStat>;
  change(change: FolderChange): Later<void>;
  sync(dataOnly: boolean): Later<void>;
  close(): Later<void>;
}

export interface FolderSpace {
  readonly blockSize: number;
  readonly blocks: number;
  readonly free: number;
  readonly available: number;
  readonly files: number;
  readonly filesFree: number;
}

/**
 * A folder of the host that a guest shares. No operation follows a symbolic link, neither in the middle of a path nor at its
 * end, and none reaches outside. It fails with an `Error` whose `code` is a name like `ENOENT`.
 */
export interface HostFolder {
  stat(path: FolderPath): Later<FolderStat>;
  list(path: FolderPath): Later<readonly string[]>;
  readlink(path: FolderPath): Later<string>;
  /** Regular files only: opening a pipe or a device would act on the host. */
  open(path: FolderPath, wish: OpenWish): Later<FolderFile>;
  mkdir(path: FolderPath, mode: number): Later<void>;
  symlink(path: FolderPath, target: string): Later<void>;
  link(path: FolderPath, existing: FolderPath): Later<void>;
  rename(from: FolderPath, to: FolderPath): Later<void>;
  unlink(path: FolderPath): Later<void>;
  rmdir(path: FolderPath): Later<void>;
  change(path: FolderPath, change: FolderChange): Later<void>;
  space(): Later<FolderSpace>;
}
export const HostFolderToken = token<HostFolder>('devices-virtio/HostFolder');

/** An error of a folder, by its name. */
export class FolderError extends Error {
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.name = 'FolderError';
    this.code = code;
  }
}

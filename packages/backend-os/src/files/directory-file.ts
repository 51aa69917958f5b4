import { Errno } from '../errno.ts';
import type { BytePath, DirectoryEntry } from './host-files.ts';
import type { OpenFile } from './open-file.ts';
import type { Stat } from './stat.ts';

/** An open directory. Its entries are those of the moment when it was opened, until it is rewound. */
export class DirectoryFile implements OpenFile {
  readonly path: BytePath;
  flags: number;
  readonly directory: { entries: readonly DirectoryEntry[]; position: number };
  readonly #stat: Stat;
  readonly #list: () => readonly DirectoryEntry[];

  constructor(path: BytePath, flags: number, stat: Stat, list: () => readonly DirectoryEntry[]) {
    this.path = path;
    this.flags = flags;
    this.#stat = stat;
    this.#list = list;
    this.directory = { entries: list(), position: 0 };
  }

  stat(): Stat {
    return this.#stat;
  }
  read(): number {
    return -Errno.EISDIR;
  }
  write(): number {
    return -Errno.EBADF;
  }
  readAt(): number {
    return -Errno.EISDIR;
  }
  seek(offset: number, whence: number): number {
    if (whence !== 0 || offset < 0) return -Errno.EINVAL;
    if (offset === 0) this.directory.entries = this.#list();
    this.directory.position = Math.min(offset, this.directory.entries.length);
    return offset;
  }
  poll(): number {
    return 0;
  }
  backing(): undefined {
    return undefined;
  }
  close(): void {
    // The entries were read when it was opened.
  }
}

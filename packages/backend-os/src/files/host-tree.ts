import { Errno } from '../errno.ts';
import type { FileSystem } from './file-system.ts';
import type { BytePath, DirectoryEntry, HostFiles } from './host-files.ts';
import type { OpenFile } from './open-file.ts';
import { RegularFile } from './regular-file.ts';
import { Mode, isKind, type Stat } from './stat.ts';

/** The host's files as a file system. What is neither a regular file nor a directory cannot be opened. */
export class HostTree implements FileSystem {
  readonly #files: HostFiles;

  constructor(files: HostFiles) {
    this.#files = files;
  }

  stat(path: BytePath): Stat | number {
    return this.#files.stat(path);
  }

  readLink(path: BytePath): BytePath | number {
    return this.#files.readLink(path);
  }

  open(path: BytePath, flags: number): OpenFile | number {
    const stat = this.#files.stat(path);
    if (typeof stat === 'number') return stat;
    if (!isKind(stat, Mode.regular)) return -Errno.ENXIO;
    const file = this.#files.open(path);
    return typeof file === 'number' ? file : new RegularFile(path, flags, file);
  }

  list(path: BytePath): readonly DirectoryEntry[] | number {
    return this.#files.list(path);
  }
}

import type { OpenFile } from './open-file.ts';
import type { BytePath, DirectoryEntry } from './host-files.ts';
import type { Stat } from './stat.ts';

/** Something that is mounted: a tree of names. Paths are absolute in the whole tree; failures are negated error numbers. */
export interface FileSystem {
  /** Does not follow symbolic links. */
  stat(path: BytePath): Stat | number;
  readLink(path: BytePath): BytePath | number;
  /** Anything but a symbolic link or a directory. */
  open(path: BytePath, flags: number): OpenFile | number;
  list(path: BytePath): readonly DirectoryEntry[] | number;
}

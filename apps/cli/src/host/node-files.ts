import {
  closeSync, constants, fstatSync, lstatSync, openSync, opendirSync, readSync, readlinkSync, type BigIntStats,
} from 'node:fs';
import { EntryKind, Errno, Mode, type BytePath, type DirectoryEntry, type HostFile, type HostFiles, type Stat } from '@polyvisor/backend-os';

const toBuffer = (path: BytePath): Buffer => Buffer.from(path, 'latin1');

/** What Node threw, as a negated error number. */
export function errorNumber(error: unknown): number {
  const code = (error as { readonly code?: unknown } | null)?.code;
  if (typeof code !== 'string') throw error;
  return -((Errno as Readonly<Record<string, number>>)[code] ?? Errno.EIO);
}

function attempt<T>(act: () => T): T | number {
  try {
    return act();
  } catch (error) {
    return errorNumber(error);
  }
}

function toStat(stats: BigIntStats): Stat {
  return {
    device: Number(stats.dev), inode: Number(stats.ino), mode: Number(stats.mode), links: Number(stats.nlink), uid: Number(stats.uid),
    gid: Number(stats.gid), special: Number(stats.rdev), size: Number(stats.size),
    accessed: stats.atimeNs, modified: stats.mtimeNs, changed: stats.ctimeNs,
  };
}

/** The kind of an entry is the kind bits of its mode, shifted (include/linux/fs_types.h, S_DT). */
const entryKind = ({ mode }: Stat): number => (mode & Mode.kind) >> 12;

/** In the order in which the host gives them, which `readdir` of Node does not keep. */
function list(path: BytePath): readonly DirectoryEntry[] {
  const base = path === '/' ? '' : path;
  const entries: DirectoryEntry[] = [];
  const directory = opendirSync(toBuffer(path), { encoding: 'latin1' });
  try {
    for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) {
      const { name } = entry;
      const stat = nodeFiles.stat(`${base}/${name}`);
      // It may have gone since.
      entries.push(typeof stat === 'number' ? { name, inode: 1, kind: EntryKind.unknown } : { name, inode: stat.inode, kind: entryKind(stat) });
    }
  } finally {
    directory.closeSync();
  }
  return entries;
}

function openFile(path: BytePath): HostFile {
  const fd = openSync(toBuffer(path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  return {
    stat: () => toStat(fstatSync(fd, { bigint: true })),
    read: (offset, into) => attempt(() => readSync(fd, into, 0, into.length, offset)),
    close: () => {
      closeSync(fd);
    },
  };
}

/** The files of the host that Node runs on, read-only. */
export const nodeFiles: HostFiles = {
  stat: (path) => attempt(() => toStat(lstatSync(toBuffer(path), { bigint: true }))),
  readLink: (path) => attempt(() => readlinkSync(toBuffer(path), { encoding: 'buffer' }).toString('latin1')),
  open: (path) => attempt(() => openFile(path)),
  list: (path) => attempt(() => list(path)),
};

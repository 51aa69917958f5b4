import { Errno } from '../errno.ts';
import type { BytePath } from '../files/host-files.ts';
import { OpenFlag } from '../files/open-file.ts';
import { Mode, isKind, type Stat } from '../files/stat.ts';
import type { Found } from '../files/tree.ts';
import type { Process } from '../process/process.ts';
import { call, type Call, type Caller } from './call.ts';

/** Stands for the working directory in the …at calls. */
export const AT_FDCWD = -100;
export const AT_SYMLINK_NOFOLLOW = 0x100;
export const AT_EMPTY_PATH = 0x1000;

/** The directory that relative paths begin at, or a negated error number. */
function baseOf({ descriptors, workingDirectory }: Process, fd: number): BytePath | number {
  if (fd === AT_FDCWD) return workingDirectory;
  const file = descriptors.get(fd);
  if (file === undefined) return -Errno.EBADF;
  return file.directory === undefined ? -Errno.ENOTDIR : file.path;
}

/** What a path from the program leads to. */
export function findAt({ process, user }: Caller, fd: number, pointer: number, follow: boolean): Found | number {
  const path = user.text(pointer);
  if (typeof path === 'number') return path;
  const base = path.startsWith('/') ? '/' : baseOf(process, fd);
  return typeof base === 'number' ? base : process.files.find(base, path, follow);
}

function openAt(caller: Caller, fd: number, pointer: number, flags: number): number {
  const creates = (flags & OpenFlag.create) !== 0;
  if ((flags & OpenFlag.temporary) !== 0) return -Errno.EROFS;
  const follow = (flags & OpenFlag.noFollow) === 0 && !(creates && (flags & OpenFlag.exclusive) !== 0);
  const found = findAt(caller, fd, pointer, follow);
  // The only file that could be created is one whose directory exists; finding out gives EROFS or the directory's error.
  if (typeof found === 'number') return found === -Errno.ENOENT && creates ? parentError(caller, fd, pointer) : found;
  if (creates && (flags & OpenFlag.exclusive) !== 0) return -Errno.EEXIST;
  const file = caller.process.files.open(found, flags);
  if (typeof file === 'number') return file;
  const number = caller.process.descriptors.add(file, (flags & OpenFlag.closeOnExec) !== 0);
  if (number < 0) file.close();
  return number;
}

function parentError(caller: Caller, fd: number, pointer: number): number {
  const { process, user } = caller;
  const path = user.text(pointer);
  if (typeof path === 'number') return path;
  const base = baseOf(process, fd);
  const parent = path.slice(0, path.lastIndexOf('/') + 1);
  if (path === '' || typeof base === 'number') return -Errno.ENOENT;
  const found = parent === '' ? 0 : process.files.find(base, parent, true);
  return typeof found === 'number' && found < 0 ? found : -Errno.EROFS;
}

function readLinkAt(caller: Caller, fd: number, pointer: number, buffer: number, size: number): number {
  if (size <= 0) return -Errno.EINVAL;
  const found = findAt(caller, fd, pointer, false);
  if (typeof found === 'number') return found;
  const target = caller.process.files.readLink(found.path);
  if (typeof target === 'number') return target;
  const bytes = Uint8Array.from(target.slice(0, size), (c) => c.charCodeAt(0));
  caller.user.store(buffer, bytes);
  return bytes.length;
}

/** Bits of access: 4 read, 2 write, 1 execute. */
export function permits(stat: Stat, wanted: number, { uid, gid }: { readonly uid: number; readonly gid: number }): boolean {
  const shift = stat.uid === uid ? 6 : stat.gid === gid ? 3 : 0;
  const allowed = (stat.mode >> shift) & 7;
  if (uid !== 0) return (allowed & wanted) === wanted;
  // The superuser may do everything, but run only what somebody may run.
  return (wanted & 1) === 0 || isKind(stat, Mode.directory) || (stat.mode & 0o111) !== 0;
}

function accessAt(caller: Caller, fd: number, pointer: number, wanted: number, flags: number): number {
  if ((wanted & ~7) !== 0) return -Errno.EINVAL;
  const found = findAt(caller, fd, pointer, (flags & AT_SYMLINK_NOFOLLOW) === 0);
  if (typeof found === 'number') return found;
  if (!permits(found.stat, wanted, caller.process.identity)) return -Errno.EACCES;
  const device = isKind(found.stat, Mode.character);
  return (wanted & 2) !== 0 && !device ? -Errno.EROFS : 0;
}

function changeDirectory(caller: Caller, pointer: number): number {
  const found = findAt(caller, AT_FDCWD, pointer, true);
  if (typeof found === 'number') return found;
  if (!isKind(found.stat, Mode.directory)) return -Errno.ENOTDIR;
  if (!permits(found.stat, 1, caller.process.identity)) return -Errno.EACCES;
  caller.process.workingDirectory = found.path;
  return 0;
}

function changeDirectoryTo({ process }: Caller, fd: number): number {
  const base = baseOf(process, fd);
  if (typeof base === 'number') return base;
  process.workingDirectory = base;
  return 0;
}

function getWorkingDirectory({ process, user }: Caller, buffer: number, size: number): number {
  const bytes = Uint8Array.from(`${process.workingDirectory}\0`, (c) => c.charCodeAt(0));
  if (size < bytes.length) return -Errno.ERANGE;
  user.store(buffer, bytes);
  return bytes.length;
}

const readOnly = (): number => -Errno.EROFS;

export const openCalls: readonly Call[] = [
  call('open', 2, 5, 'path oct oct', (c, path, flags) => openAt(c, AT_FDCWD, path, flags)),
  call('openat', 257, 295, 'fd path oct oct', openAt),
  call('close', 3, 6, 'fd', ({ process }, fd) => process.descriptors.close(fd)),
  call('readlink', 89, 85, 'path ptr int', (c, path, buffer, size) => readLinkAt(c, AT_FDCWD, path, buffer, size)),
  call('readlinkat', 267, 305, 'fd path ptr int', readLinkAt),
  call('access', 21, 33, 'path int', (c, path, wanted) => accessAt(c, AT_FDCWD, path, wanted, 0)),
  call('faccessat', 269, 307, 'fd path int', (c, fd, path, wanted) => accessAt(c, fd, path, wanted, 0)),
  call('faccessat2', 439, 439, 'fd path int hex', accessAt),
  call('chdir', 80, 12, 'path', changeDirectory),
  call('fchdir', 81, 133, 'fd', changeDirectoryTo),
  call('getcwd', 79, 183, 'ptr size', getWorkingDirectory),
  call('umask', 95, 60, 'oct', ({ process }, mask) => {
    const old = process.umask;
    process.umask = mask & 0o777;
    return old;
  }),
  // Everything that would change the host's files.
  call('creat', 85, 8, 'path oct', (c, path) => openAt(c, AT_FDCWD, path, OpenFlag.create | OpenFlag.truncate | OpenFlag.writeOnly)),
  call('link', 86, 9, 'path path', readOnly),
  call('unlink', 87, 10, 'path', readOnly),
  call('chmod', 90, 15, 'path oct', readOnly),
  call('rename', 82, 38, 'path path', readOnly),
  call('mkdir', 83, 39, 'path oct', readOnly),
  call('rmdir', 84, 40, 'path', readOnly),
  call('symlink', 88, 83, 'path path', readOnly),
  call('truncate', 76, 92, 'path long', readOnly),
  call('mknod', 133, 14, 'path oct int', readOnly),
  call('chown', 92, 182, 'path int int', readOnly),
  call('lchown', 94, 16, 'path int int', readOnly),
  call('chown32', -1, 212, 'path int int', readOnly),
  call('lchown32', -1, 198, 'path int int', readOnly),
  call('utime', 132, 30, 'path ptr', readOnly),
  call('utimes', 235, 271, 'path ptr', readOnly),
  call('mkdirat', 258, 296, 'fd path oct', readOnly),
  call('mknodat', 259, 297, 'fd path oct int', readOnly),
  call('fchownat', 260, 298, 'fd path int int hex', readOnly),
  call('futimesat', 261, 299, 'fd path ptr', readOnly),
  call('unlinkat', 263, 301, 'fd path hex', readOnly),
  call('renameat', 264, 302, 'fd path fd path', readOnly),
  call('linkat', 265, 303, 'fd path fd path hex', readOnly),
  call('symlinkat', 266, 304, 'path fd path', readOnly),
  call('fchmodat', 268, 306, 'fd path oct', readOnly),
  call('utimensat', 280, 320, 'fd path ptr hex', readOnly),
  call('renameat2', 316, 353, 'fd path fd path hex', readOnly),
];

import { Errno } from '../errno.ts';
import { MOST_DESCRIPTORS } from '../files/descriptors.ts';
import { OpenFlag, type OpenFile } from '../files/open-file.ts';
import { call, type Call, type Caller } from './call.ts';
import { Structure } from './structure.ts';

/** Commands of fcntl (include/uapi/asm-generic/fcntl.h, linux/fcntl.h). */
const Command = { dup: 0, getFd: 1, setFd: 2, getFlags: 3, setFlags: 4, dupCloseOnExec: 1030 } as const;
const FD_CLOEXEC = 1;
/** What F_SETFL may change. */
const CHANGEABLE = OpenFlag.append | OpenFlag.nonBlock;

function duplicate({ process: { descriptors } }: Caller, fd: number, lowest: number, closeOnExec: boolean): number {
  const file = descriptors.get(fd);
  if (file === undefined) return -Errno.EBADF;
  return lowest < 0 || lowest >= MOST_DESCRIPTORS ? -Errno.EINVAL : descriptors.add(file, closeOnExec, lowest);
}

function duplicateTo({ process: { descriptors } }: Caller, fd: number, to: number, flags: number): number {
  const file = descriptors.get(fd);
  if (file === undefined) return -Errno.EBADF;
  return descriptors.set(to, file, (flags & OpenFlag.closeOnExec) !== 0);
}

function control(caller: Caller, fd: number, command: number, argument: number): number {
  const { descriptors } = caller.process;
  const file = descriptors.get(fd);
  if (file === undefined) return -Errno.EBADF;
  switch (command) {
    case Command.dup:
    case Command.dupCloseOnExec:
      return duplicate(caller, fd, argument, command === Command.dupCloseOnExec);
    case Command.getFd:
      return descriptors.closesOnExec(fd) ? FD_CLOEXEC : 0;
    case Command.setFd:
      descriptors.setCloseOnExec(fd, (argument & FD_CLOEXEC) !== 0);
      return 0;
    case Command.getFlags:
      return file.flags;
    case Command.setFlags:
      file.flags = (file.flags & ~CHANGEABLE) | (argument & CHANGEABLE);
      return 0;
    default:
      return -Errno.EINVAL;
  }
}

/** Requests of ioctl (include/uapi/asm-generic/ioctls.h). */
const Request = { getAttributes: 0x5401, getProcessGroup: 0x540f, windowSize: 0x5413, nonBlock: 0x5421, closeOnExec: 0x5451, noCloseOnExec: 0x5450 } as const;

/** A terminal as it is after login: lines, echo, and signals from keys (`struct termios`, drivers/tty/tty_io.c). */
function attributes(): Structure {
  const control = [3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22, 0, 0, 0];
  const s = new Structure(36).u32(0, 0x4500).u32(4, 5).u32(8, 0xbf).u32(12, 0x8a3b);
  s.bytes.set(control, 17);
  return s;
}

function ioctl({ process, user }: Caller, fd: number, request: number, argument: number): number {
  const file = process.descriptors.get(fd);
  if (file === undefined) return -Errno.EBADF;
  const { terminal } = file;
  switch (request) {
    case Request.nonBlock:
      file.flags = user.i32(argument) === 0 ? file.flags & ~OpenFlag.nonBlock : file.flags | OpenFlag.nonBlock;
      return 0;
    case Request.closeOnExec:
    case Request.noCloseOnExec:
      process.descriptors.setCloseOnExec(fd, request === Request.closeOnExec);
      return 0;
  }
  if (terminal === undefined) return -Errno.ENOTTY;
  switch (request) {
    case Request.getAttributes:
      user.store(argument, attributes().bytes);
      return 0;
    case Request.windowSize:
      user.store(argument, new Structure(8).u16(0, terminal.rows).u16(2, terminal.columns).bytes);
      return 0;
    case Request.getProcessGroup:
      user.storeU32(argument, process.identity.pid);
      return 0;
    default:
      return -Errno.EINVAL;
  }
}

/** Entries of a directory as `struct linux_dirent64` (include/linux/dirent.h): inode, offset of the next, length, kind, name. */
function getEntries({ process, user }: Caller, fd: number, buffer: number, size: number): number {
  const file = process.descriptors.get(fd);
  if (file === undefined) return -Errno.EBADF;
  const { directory } = file;
  if (directory === undefined) return -Errno.ENOTDIR;
  let done = 0;
  for (; directory.position < directory.entries.length; directory.position++) {
    const entry = directory.entries[directory.position]!;
    const length = Math.ceil((19 + entry.name.length + 1) / 8) * 8;
    if (done + length > size) return done > 0 ? done : -Errno.EINVAL;
    const record = new Structure(length).u64(0, entry.inode).u64(8, directory.position + 1).u16(16, length).text(19, entry.name);
    record.bytes[18] = entry.kind;
    if (user.copyOut(buffer + done, record.bytes) < length) return done > 0 ? done : -Errno.EFAULT;
    done += length;
  }
  return done;
}

/** fsync and its like: nothing was written, so nothing is left to write. */
const synced = ({ process }: Caller, fd: number): number => (process.descriptors.get(fd) === undefined ? -Errno.EBADF : 0);

/** Calls that would change a file by its descriptor. */
function readOnly({ process }: Caller, fd: number): number {
  const file: OpenFile | undefined = process.descriptors.get(fd);
  return file === undefined ? -Errno.EBADF : -Errno.EROFS;
}

export const descriptorCalls: readonly Call[] = [
  call('dup', 32, 41, 'fd', (c, fd) => duplicate(c, fd, 0, false)),
  call('dup2', 33, 63, 'fd fd', (c, fd, to) => {
    if (fd !== to) return duplicateTo(c, fd, to, 0);
    return c.process.descriptors.get(fd) === undefined ? -Errno.EBADF : fd;
  }),
  call('dup3', 292, 330, 'fd fd hex', (c, fd, to, flags) =>
    fd === to || (flags & ~OpenFlag.closeOnExec) !== 0 ? -Errno.EINVAL : duplicateTo(c, fd, to, flags)),
  call('fcntl', 72, 55, 'fd int int', control),
  call('fcntl64', -1, 221, 'fd int int', control),
  call('ioctl', 16, 54, 'fd hex ptr', ioctl),
  call('getdents64', 217, 220, 'fd ptr uint', getEntries),
  call('fsync', 74, 118, 'fd', synced),
  call('fdatasync', 75, 148, 'fd', synced),
  call('fadvise64', 221, -1, 'fd long size int', synced),
  call('fadvise64', -1, 250, 'fd uint uint size int', synced),
  call('fadvise64_64', -1, 272, 'fd uint uint uint uint int', synced),
  call('ftruncate', 77, 93, 'fd long', readOnly),
  call('fchmod', 91, 94, 'fd oct', readOnly),
  call('fchown', 93, 95, 'fd int int', readOnly),
  call('fchown32', -1, 207, 'fd int int', readOnly),
];

import { Errno } from '../errno.ts';
import type { Stat } from '../files/stat.ts';
import { call, type Call, type Caller } from './call.ts';
import { AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW, findAt } from './open.ts';
import { Structure } from './structure.ts';

/** Bytes that programs are told to read at a time. */
const BLOCK = 4096;
const SECOND = 1_000_000_000n;
const seconds = (time: bigint): bigint => (time - nanoseconds(time)) / SECOND;
const nanoseconds = (time: bigint): bigint => ((time % SECOND) + SECOND) % SECOND;
const blocks = (stat: Stat): number => Math.ceil(stat.size / BLOCK) * (BLOCK / 512);

type Encode = (stat: Stat) => Structure;

/** `struct stat` of x86-64 (arch/x86/include/uapi/asm/stat.h). */
const encode64: Encode = (stat) => {
  const s = new Structure(144).u64(0, stat.device).u64(8, stat.inode).u64(16, stat.links).u32(24, stat.mode).u32(28, stat.uid)
    .u32(32, stat.gid).u64(40, stat.special).u64(48, stat.size).u64(56, BLOCK).u64(64, blocks(stat));
  [stat.accessed, stat.modified, stat.changed].forEach((time, i) => s.big(72 + 16 * i, seconds(time)).big(80 + 16 * i, nanoseconds(time)));
  return s;
};

/** `struct stat` of i386. */
const encode32: Encode = (stat) => {
  const s = new Structure(64).u32(0, stat.device).u32(4, stat.inode).u16(8, stat.mode).u16(10, stat.links).u16(12, stat.uid)
    .u16(14, stat.gid).u32(16, stat.special).u32(20, stat.size).u32(24, BLOCK).u32(28, blocks(stat));
  return times32(s, stat, 32);
};

/** `struct stat64` of i386. */
const encode32Large: Encode = (stat) => {
  const s = new Structure(96).u64(0, stat.device).u32(12, stat.inode).u32(16, stat.mode).u32(20, stat.links).u32(24, stat.uid)
    .u32(28, stat.gid).u64(32, stat.special).u64(44, stat.size).u32(52, BLOCK).u64(56, blocks(stat)).u64(88, stat.inode);
  return times32(s, stat, 64);
};

function times32(s: Structure, stat: Stat, at: number): Structure {
  [stat.accessed, stat.modified, stat.changed].forEach((time, i) => {
    s.u32(at + 8 * i, Number(BigInt.asIntN(32, seconds(time)))).u32(at + 4 + 8 * i, Number(nanoseconds(time)));
  });
  return s;
}

/** STATX_BASIC_STATS: all but the time of creation. */
const STATX_BASIC = 0x7ff;

/** `struct statx` (include/uapi/linux/stat.h), the same for all. */
const encodeExtended: Encode = (stat) => {
  const s = new Structure(256).u32(0, STATX_BASIC).u32(4, BLOCK).u32(16, stat.links).u32(20, stat.uid).u32(24, stat.gid)
    .u16(28, stat.mode).u64(32, stat.inode).u64(40, stat.size).u64(48, blocks(stat));
  ([[64, stat.accessed], [96, stat.changed], [112, stat.modified]] as const).forEach(([at, time]) => {
    s.big(at, seconds(time)).u32(at + 8, Number(nanoseconds(time)));
  });
  [stat.special, stat.device].forEach((device, i) => s.u32(128 + 8 * i, major(device)).u32(132 + 8 * i, minor(device)));
  return s;
};

const major = (device: number): number => (device >>> 8) & 0xfff;
const minor = (device: number): number => (device & 0xff) | ((device >>> 12) & ~0xff);

function give({ user }: Caller, found: { readonly stat: Stat } | number, buffer: number, encode: Encode): number {
  if (typeof found === 'number') return found;
  user.store(buffer, encode(found.stat).bytes);
  return 0;
}

function byDescriptor(caller: Caller, fd: number): { readonly stat: Stat } | number {
  const file = caller.process.descriptors.get(fd);
  return file === undefined ? -Errno.EBADF : { stat: file.stat() };
}

/** By path, or by descriptor when AT_EMPTY_PATH is set and the path is empty. */
function atPath(caller: Caller, fd: number, path: number, flags: number): { readonly stat: Stat } | number {
  if ((flags & AT_EMPTY_PATH) !== 0 && caller.user.text(path) === '') {
    return fd === AT_FDCWD ? caller.process.files.find(caller.process.workingDirectory, '.', true) : byDescriptor(caller, fd);
  }
  return findAt(caller, fd, path, (flags & AT_SYMLINK_NOFOLLOW) === 0);
}

const plain = (flags: number, encode: Encode) => (c: Caller, path: number, buffer: number): number =>
  give(c, findAt(c, AT_FDCWD, path, flags === 0), buffer, encode);
const open = (encode: Encode) => (c: Caller, fd: number, buffer: number): number => give(c, byDescriptor(c, fd), buffer, encode);
const at = (encode: Encode) => (c: Caller, fd: number, path: number, buffer: number, flags: number): number =>
  give(c, atPath(c, fd, path, flags), buffer, encode);

export const statCalls: readonly Call[] = [
  call('stat', 4, -1, 'path ptr', plain(0, encode64)),
  call('fstat', 5, -1, 'fd ptr', open(encode64)),
  call('lstat', 6, -1, 'path ptr', plain(AT_SYMLINK_NOFOLLOW, encode64)),
  call('newfstatat', 262, -1, 'fd path ptr hex', at(encode64)),
  call('stat', -1, 106, 'path ptr', plain(0, encode32)),
  call('lstat', -1, 107, 'path ptr', plain(AT_SYMLINK_NOFOLLOW, encode32)),
  call('fstat', -1, 108, 'fd ptr', open(encode32)),
  call('stat64', -1, 195, 'path ptr', plain(0, encode32Large)),
  call('lstat64', -1, 196, 'path ptr', plain(AT_SYMLINK_NOFOLLOW, encode32Large)),
  call('fstat64', -1, 197, 'fd ptr', open(encode32Large)),
  call('fstatat64', -1, 300, 'fd path ptr hex', at(encode32Large)),
  call('statx', 332, 383, 'fd path hex hex ptr', (c, fd, path, flags, _mask, buffer) => give(c, atPath(c, fd, path, flags), buffer, encodeExtended)),
];

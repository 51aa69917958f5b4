/** 9P2000.L: messages, as Linux's v9fs sends them (its description is diod's protocol.md), and Linux's numbers. */

/** A reply's type is one more. */
export const T = {
  LERROR: 6, STATFS: 8, LOPEN: 12, LCREATE: 14, SYMLINK: 16, MKNOD: 18, RENAME: 20, READLINK: 22, GETATTR: 24, SETATTR: 26, XATTRWALK: 30,
  XATTRCREATE: 32, READDIR: 40, FSYNC: 50, LOCK: 52, GETLOCK: 54, LINK: 70, MKDIR: 72, RENAMEAT: 74, UNLINKAT: 76, VERSION: 100, AUTH: 102,
  ATTACH: 104, FLUSH: 108, WALK: 110, READ: 116, WRITE: 118, CLUNK: 120, REMOVE: 122,
} as const;

export const VERSION = '9P2000.L';
export const NO_TAG = 0xffff;
/** size (4), type (1), tag (2). */
export const HEADER_SIZE = 7;
/** A read's reply before its data: header and count. */
export const READ_HEADER = 11;
/** Largest message; Linux asks for 512 KiB at most over virtio. */
export const MAX_MSIZE = 512 * 1024;
export const MIN_MSIZE = 4096;
/** Fids of one session; a client that forgets to clunk gets EMFILE. */
export const MAX_FIDS = 65536;
/** Names in one walk. */
export const MAX_WALK = 16;
export const MAX_NAME = 255;

export const QidType = { DIRECTORY: 0x80, SYMLINK: 0x02, FILE: 0 } as const;
/** P9_GETATTR_BASIC: everything that stat has. */
export const GETATTR_BASIC = 0x7ff;
export const Attr = { MODE: 1, UID: 2, GID: 4, SIZE: 8, ATIME: 16, MTIME: 32, CTIME: 64, ATIME_SET: 128, MTIME_SET: 256 } as const;
/** V9FS_MAGIC. */
export const STATFS_TYPE = 0x01021997;
export const AT_REMOVEDIR = 0x200;
export const Lock = { SUCCESS: 0, UNLOCKED: 2 } as const;

/** Bits of open(2) on x86. */
export const Open = { ACCESS: 3, WRITE_ONLY: 1, READ_WRITE: 2, EXCLUSIVE: 0o200, TRUNCATE: 0o1000, APPEND: 0o2000, DIRECTORY: 0o200000 } as const;
export const Mode = { TYPE: 0o170000, DIRECTORY: 0o040000, FILE: 0o100000, SYMLINK: 0o120000 } as const;
/** d_type. */
export const DirType = { DIRECTORY: 4, FILE: 8, SYMLINK: 10, UNKNOWN: 0 } as const;

/** Linux's numbers (asm-generic/errno.h), by the names that Node uses too. */
export const ERRNO: Readonly<Record<string, number>> = {
  EPERM: 1, ENOENT: 2, EIO: 5, ENXIO: 6, EBADF: 9, EAGAIN: 11, ENOMEM: 12, EACCES: 13, EBUSY: 16, EEXIST: 17, EXDEV: 18, ENODEV: 19, ENOTDIR: 20,
  EISDIR: 21, EINVAL: 22, ENFILE: 23, EMFILE: 24, EFBIG: 27, ENOSPC: 28, ESPIPE: 29, EROFS: 30, EMLINK: 31, ERANGE: 34, ENAMETOOLONG: 36,
  ENOTEMPTY: 39, ELOOP: 40, EPROTO: 71, EOPNOTSUPP: 95, ENOTSUP: 95, EDQUOT: 122,
};

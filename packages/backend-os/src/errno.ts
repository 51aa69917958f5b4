/** Error numbers of Linux on x86 (include/uapi/asm-generic/errno-base.h, errno.h); system calls return them negated. */
export const Errno = {
  EPERM: 1, ENOENT: 2, ESRCH: 3, EINTR: 4, EIO: 5, ENXIO: 6, E2BIG: 7, ENOEXEC: 8, EBADF: 9, ECHILD: 10, EAGAIN: 11,
  ENOMEM: 12, EACCES: 13, EFAULT: 14, EBUSY: 16, EEXIST: 17, EXDEV: 18, ENODEV: 19, ENOTDIR: 20, EISDIR: 21, EINVAL: 22,
  ENFILE: 23, EMFILE: 24, ENOTTY: 25, EFBIG: 27, ENOSPC: 28, ESPIPE: 29, EROFS: 30, EPIPE: 32, ERANGE: 34,
  ENAMETOOLONG: 36, ENOSYS: 38, ELOOP: 40, EOVERFLOW: 75, EOPNOTSUPP: 95, ETIMEDOUT: 110,
} as const;

export type ErrnoName = keyof typeof Errno;

/**
 * What a call gives whose answer is not there yet: the program sleeps and makes the call again when something happened.
 * As ERESTARTSYS in Linux, the number never reaches a program.
 */
export const BLOCKED = -512;

const names = new Map<number, string>(Object.entries(Errno).map(([name, number]) => [number, name]));

/** `EFAULT` for 14. */
export function errnoName(number: number): string {
  return names.get(number) ?? `errno ${number}`;
}

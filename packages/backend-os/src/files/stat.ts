/** What a file is, as the system call tells (`struct stat`), independent of an ABI. Times are in nanoseconds since 1970. */
export interface Stat {
  readonly device: number;
  readonly inode: number;
  /** Kind and permissions: `Mode`. */
  readonly mode: number;
  readonly links: number;
  readonly uid: number;
  readonly gid: number;
  /** Number of the device that a special file stands for. */
  readonly special: number;
  /** Bytes. */
  readonly size: number;
  readonly accessed: bigint;
  readonly modified: bigint;
  readonly changed: bigint;
}

/** Kinds in `mode` (include/uapi/linux/stat.h). */
export const Mode = {
  kind: 0o170000, socket: 0o140000, link: 0o120000, regular: 0o100000, block: 0o060000, directory: 0o040000,
  character: 0o020000, pipe: 0o010000,
} as const;

export const isKind = (stat: Stat, kind: number): boolean => (stat.mode & Mode.kind) === kind;

/** A device's number from its major and minor, as stat tells it (`new_encode_dev`). */
export const deviceNumber = (major: number, minor: number): number => (major << 8) | minor;

/** The stat of something that the kernel makes up. */
export function syntheticStat(inode: number, mode: number, more: Partial<Stat> = {}): Stat {
  const base = { device: 5, inode, mode, links: 1, uid: 0, gid: 0, special: 0, size: 0 };
  return { ...base, accessed: 0n, modified: 0n, changed: 0n, ...more };
}

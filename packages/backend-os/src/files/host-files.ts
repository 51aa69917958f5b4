import { token } from '@polyvisor/core';
import type { Stat } from './stat.ts';

/**
 * A path or a name as Linux sees it: bytes, one character (0 … 255) for each, so that every name survives. Paths
 * begin with a slash.
 */
export type BytePath = string;

/** A kind of entry in a directory (`DT_*` of include/linux/fs_types.h). */
export const EntryKind = { unknown: 0, pipe: 1, character: 2, directory: 4, block: 6, regular: 8, link: 10, socket: 12 } as const;

export interface DirectoryEntry {
  readonly name: BytePath;
  readonly inode: number;
  /** A value of `EntryKind`. */
  readonly kind: number;
}

/** An open file of the host. */
export interface HostFile {
  stat(): Stat;
  /** Reads up to `into.length` bytes at `offset`; how many (0 at the end), or a negated error number. */
  read(offset: number, into: Uint8Array): number;
  close(): void;
}

/**
 * The host's files as a program may see them: nothing can be written, created or removed. Paths are absolute, and
 * none of their directories is a symbolic link, because the kernel walks them itself. Failures are values: negated
 * error numbers (`Errno`).
 */
export interface HostFiles {
  /** Does not follow a symbolic link. */
  stat(path: BytePath): Stat | number;
  readLink(path: BytePath): BytePath | number;
  /** Regular files only. */
  open(path: BytePath): HostFile | number;
  /** Without `.` and `..`. */
  list(path: BytePath): readonly DirectoryEntry[] | number;
}

export const HostFilesToken = token<HostFiles>('backend-os/HostFiles');

/** A path for people. */
export function showPath(path: BytePath): string {
  return new TextDecoder().decode(Uint8Array.from(path, (c) => c.charCodeAt(0)));
}

/** A path as bytes, from text. */
export function bytePath(text: string): BytePath {
  return Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join('');
}

import type { Backing } from '../memory/backing.ts';
import type { BytePath, DirectoryEntry } from './host-files.ts';
import type { Stat } from './stat.ts';

/** Flags of open and fcntl (include/uapi/asm-generic/fcntl.h). */
export const OpenFlag = {
  accessMode: 3, writeOnly: 1, readWrite: 2, create: 0o100, exclusive: 0o200, noCtty: 0o400, truncate: 0o1000, append: 0o2000,
  nonBlock: 0o4000, directory: 0o200000, noFollow: 0o400000, closeOnExec: 0o2000000, path: 0o10000000,
  /** O_TMPFILE without the O_DIRECTORY that it contains. */
  temporary: 0o20000000,
} as const;

/** Events of poll (include/uapi/asm-generic/poll.h). */
export const PollEvent = { input: 1, output: 4, error: 8, hangUp: 16, invalid: 32 } as const;

/** An open file description: what descriptors refer to. Results are counts, or negated error numbers. */
export interface OpenFile {
  readonly path: BytePath;
  /** As given to open, without those that matter only there. */
  flags: number;
  stat(): Stat;
  /** Up to `into.length` bytes from the current position on; 0 at the end, `BLOCKED` when nothing is there yet. */
  read(into: Uint8Array): number;
  write(from: Uint8Array): number;
  /** Reads without moving the position. */
  readAt(offset: number, into: Uint8Array): number;
  /** Moves the position; whence is 0 (start), 1 (position) or 2 (end). */
  seek(offset: number, whence: number): number;
  /** Which of the events hold now. */
  poll(events: number): number;
  /** Set for a terminal. */
  readonly terminal?: { readonly rows: number; readonly columns: number } | undefined;
  /** Set for a directory: all entries, and the position among them. */
  readonly directory?: { readonly entries: readonly DirectoryEntry[]; position: number };
  /** What a mapping of it reads; undefined when it cannot be mapped. */
  backing(): Backing | undefined;
  /** The last descriptor is gone. */
  close(): void;
}

import type { BlockBackend } from '@polyvisor/core';

/** A disk on storage of its own. */
export interface OpenedDisk {
  readonly disk: BlockBackend;
  /** The same storage again, after `disk` was closed; left out where nothing outlives the disk. */
  readonly reopen?: () => Promise<BlockBackend> | BlockBackend;
}

export interface BlockBackendCheckOptions {
  /** For test names. */
  readonly label: string;
  /** A disk of 64 KiB to 64 MiB that may be written, whatever it holds; made anew for each check, which closes it. */
  readonly open: () => Promise<OpenedDisk> | OpenedDisk;
  /** One that may not be written; without it, that is not checked. */
  readonly openReadOnly?: () => Promise<BlockBackend> | BlockBackend;
  /** Random requests in each check that makes some; default 300. */
  readonly operations?: number;
  readonly seed?: number;
  /** Checks not to make, by name, with the reason. */
  readonly skip?: Readonly<Record<string, string>>;
}

export interface BlockSubject {
  readonly label: string;
  readonly options: BlockBackendCheckOptions;
  readonly operations: number;
  readonly seed: number;
  readonly skip: Readonly<Record<string, string>>;
}

export function blockSubject(options: BlockBackendCheckOptions): BlockSubject {
  return { label: options.label, options, operations: options.operations ?? 300, seed: options.seed ?? 1, skip: options.skip ?? {} };
}

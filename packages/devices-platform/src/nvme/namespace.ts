import type { BlockBackend } from '@polyvisor/core';
import type { NvmeConfig } from './config.ts';

/** The one namespace: a disk in logical blocks. */
export class Namespace {
  readonly backend: BlockBackend;
  /** Bytes of a logical block. */
  readonly blockSize: number;
  readonly blocks: number;
  readonly readOnly: boolean;
  readonly discard: boolean;

  constructor(config: NvmeConfig, backend: BlockBackend) {
    this.backend = backend;
    this.blockSize = Math.max(config.logical_block_size ?? backend.blockSize, backend.blockSize);
    this.blocks = Math.floor(backend.size / this.blockSize);
    this.readOnly = config['read-only'] || backend.readOnly;
    this.discard = config.discard && !this.readOnly;
  }
}

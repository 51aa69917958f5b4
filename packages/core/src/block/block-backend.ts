import { token } from '../di/token.ts';

/**
 * Where a disk's sectors are. Asynchronous: no vCPU waits in it. Offsets and lengths are bytes and multiples of
 * `blockSize`. A promise rejects with an `Error` for an I/O error, which the disk reports to the guest, for what does not lie within
 * the disk, and after `close`. A request leaves its buffer alone once it is done. `describeBlockBackend` of testkit checks all this.
 */
export interface BlockBackend {
  /** Bytes. It may change while the disk is used: see `onResized`. */
  readonly size: number;
  /** Smallest unit of access, a power of two, at least 512. */
  readonly blockSize: number;
  readonly readOnly: boolean;
  read(offset: number, into: Uint8Array): Promise<void>;
  write(offset: number, from: Uint8Array): Promise<void>;
  /** Resolves when everything written before is on stable storage. */
  flush(): Promise<void>;
  /** The contents may be forgotten; reads return anything that was or zeros. */
  discard(offset: number, length: number): Promise<void>;
  writeZeroes(offset: number, length: number): Promise<void>;
  close(): Promise<void>;
  /** Called after `size` changed. One listener: the disk that owns the backend. Who never changes it has no such property. */
  onResized?: (() => void) | undefined;
  /**
   * Makes the disk larger, or smaller where that is possible, while it is used; bytes that are new read as zeros. Who cannot has
   * no such function. `onResized` follows, then the promise resolves.
   */
  resize?(size: number): Promise<void>;
}

export const BlockBackendToken = token<BlockBackend>('core/BlockBackend');

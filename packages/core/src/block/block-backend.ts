import { token } from '../di/token.ts';

/**
 * Where a disk's sectors are. Asynchronous: no vCPU waits in it. Offsets and lengths are bytes and multiples of
 * `blockSize`. A promise rejects with an `Error` for an I/O error, which the disk reports to the guest.
 */
export interface BlockBackend {
  /** Bytes. */
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
}

export const BlockBackendToken = token<BlockBackend>('core/BlockBackend');

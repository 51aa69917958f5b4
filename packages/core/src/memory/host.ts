import type { HostOffset } from '../units/units.ts';
import type { CodeFrames } from './code-frames.ts';
import type { AddressSpace, AddressSpaceOptions } from './address-space.ts';

/**
 * The host: one shared WebAssembly memory. It begins with the engine's own state and tables; the rest is a pool of
 * 4 KiB machine frames. The memory is as large as it will ever be from the start (the operating system commits pages
 * when they are touched), so views of it stay valid.
 */
export interface Host {
  readonly memory: WebAssembly.Memory;
  /** Views over the whole memory. */
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly view: DataView<SharedArrayBuffer>;
  readonly frames: FrameAllocator;
  readonly code: CodeFrames;
  /**
   * Reserves bytes outside the frame pool for an engine's tables: zeroed, never moved, given back with `release`.
   * Throws a coded error when the Host is too small.
   */
  reserve(size: number, align: number, owner: string): HostOffset;
  release(offset: HostOffset): void;
  createAddressSpace(options: AddressSpaceOptions): AddressSpace;
  destroy(): void;
}

/** Machine frames with reference counts: a frame is free when its last holder releases it. */
export interface FrameAllocator {
  readonly total: number;
  readonly free: number;
  /** One zeroed frame with a count of one, or −1 when none is free. @hot */
  allocate(): number;
  /**
   * 512 contiguous zeroed frames, aligned to 2 MiB, each with a count of one; −1 when there is no such run. With a number,
   * that many runs in a row.
   */
  allocateRun(runs?: number): number;
  /** @hot */
  retain(mfn: number): void;
  /** @hot Returns the count that remains; at zero the frame is free again. */
  release(mfn: number): number;
  /** @hot How many hold this frame; 0 means free. */
  references(mfn: number): number;
  /** Byte offset of a frame in `Host.memory`. @hot */
  offset(mfn: number): number;
}


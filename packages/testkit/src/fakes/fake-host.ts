import {
  CodeFrames, FRAME_SIZE, PolyvisorError, RUN_FRAMES, hostOffset,
  type AddressSpace, type AddressSpaceOptions, type FrameAllocator, type Host, type HostOffset,
} from '@polyvisor/core';
import { testkitErrors } from '../errors/testkit-errors.ts';
import { FakeAddressSpace } from './fake-address-space.ts';

const WASM_PAGE = 65536;

export interface FakeHostOptions {
  /** Machine frames in the pool; default 1024 (4 MiB). */
  readonly frames?: number;
  /** Bytes for `reserve`; default 256 KiB. */
  readonly reserved?: number;
}

/** A host for tests: reservations from a bump pointer, frames from a list, address spaces as maps. */
export class FakeHost implements Host {
  readonly memory: WebAssembly.Memory;
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly view: DataView<SharedArrayBuffer>;
  readonly frames: FakeFrames;
  readonly code: CodeFrames;
  readonly #reservedEnd: number;
  #next = FRAME_SIZE;
  readonly #live = new Map<number, string>();

  constructor(options: FakeHostOptions = {}) {
    const reserved = Math.ceil((options.reserved ?? 0x40000) / FRAME_SIZE) * FRAME_SIZE;
    const frames = options.frames ?? 1024;
    const pages = Math.ceil((FRAME_SIZE + reserved + frames * FRAME_SIZE) / WASM_PAGE);
    this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    // The type of `buffer` does not know that a shared memory has a SharedArrayBuffer.
    const buffer = this.memory.buffer as unknown as SharedArrayBuffer;
    this.bytes = new Uint8Array(buffer);
    this.words = new Int32Array(buffer);
    this.view = new DataView(buffer);
    this.#reservedEnd = FRAME_SIZE + reserved;
    // The first page is never handed out.
    this.code = new CodeFrames(this.words, hostOffset(64));
    this.frames = new FakeFrames(this.bytes, this.#reservedEnd, frames);
  }

  /** Who holds a reservation now. */
  get owners(): readonly string[] {
    return [...this.#live.values()];
  }

  reserve(size: number, align: number, owner: string): HostOffset {
    const at = Math.ceil(this.#next / align) * align;
    if (at + size > this.#reservedEnd) {
      throw new PolyvisorError([testkitErrors['host-exhausted'](owner, { what: 'reservations', size })]);
    }
    this.#next = at + size;
    this.#live.set(at, owner);
    this.bytes.fill(0, at, at + size);
    return hostOffset(at);
  }
  release(offset: HostOffset): void {
    this.#live.delete(offset);
  }
  createAddressSpace(options: AddressSpaceOptions): AddressSpace {
    return new FakeAddressSpace(this, options);
  }
  destroy(): void {
    this.#live.clear();
  }
}

/** Machine frames with reference counts. Frame `n` lies at `base + n * 4096`. */
export class FakeFrames implements FrameAllocator {
  readonly total: number;
  readonly #counts: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #base: number;
  #free: number;
  /** Where the next free frame probably is. */
  #hint = 0;

  constructor(bytes: Uint8Array, base: number, total: number) {
    this.#bytes = bytes;
    this.#base = base;
    this.total = total;
    this.#free = total;
    this.#counts = new Int32Array(total);
  }

  get free(): number {
    return this.#free;
  }
  allocate(): number {
    const ahead = this.#counts.indexOf(0, this.#hint);
    const mfn = ahead >= 0 ? ahead : this.#counts.indexOf(0);
    if (mfn >= 0) this.#take(mfn);
    this.#hint = mfn + 1;
    return mfn;
  }
  allocateRun(): number {
    for (let first = 0; first + RUN_FRAMES <= this.total; first += RUN_FRAMES) {
      if (this.#counts.subarray(first, first + RUN_FRAMES).some((n) => n > 0)) continue;
      for (let i = 0; i < RUN_FRAMES; i += 1) this.#take(first + i);
      return first;
    }
    return -1;
  }
  retain(mfn: number): void {
    this.#counts[mfn] = this.references(mfn) + 1;
  }
  release(mfn: number): number {
    const left = this.references(mfn) - 1;
    if (left < 0) throw new Error(`frame ${mfn} was released more often than retained`);
    this.#counts[mfn] = left;
    if (left === 0) this.#free += 1;
    return left;
  }
  references(mfn: number): number {
    return this.#counts[mfn] ?? 0;
  }
  offset(mfn: number): number {
    return this.#base + mfn * FRAME_SIZE;
  }
  #take(mfn: number): void {
    this.#counts[mfn] = 1;
    this.#free -= 1;
    const at = this.offset(mfn);
    this.#bytes.fill(0, at, at + FRAME_SIZE);
  }
}

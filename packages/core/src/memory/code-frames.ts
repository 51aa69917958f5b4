import type { HostOffset } from '../units/units.ts';

/**
 * Which machine frames hold decoded or translated code. Engines mark them; an MMU gives no write access to a marked
 * frame without telling its engine; whoever writes past an MMU (DMA, the frame allocator) says so with `written`.
 *
 * The marks are a bitmap in the Host's memory, bit n of 32-bit word n/32 for frame n, so that WebAssembly reads them.
 */
export class CodeFrames {
  /** Byte offset of the bitmap. */
  readonly bitmap: HostOffset;
  readonly #words: Int32Array;
  readonly #first: number;
  readonly #listeners = new Set<(mfn: number) => void>();

  /** `bitmap` is a multiple of 4. */
  constructor(words: Int32Array, bitmap: HostOffset) {
    this.bitmap = bitmap;
    this.#words = words;
    this.#first = bitmap / 4;
  }

  /** Bytes of the bitmap of a Host with so many bytes of memory. */
  static size(bytes: number): number {
    return Math.ceil(bytes / 4096 / 32) * 4;
  }

  /** @hot */
  marked(mfn: number): boolean {
    return (this.#words[this.#first + (mfn >>> 5)]! & (1 << (mfn & 31))) !== 0;
  }
  /** After it the TLB entries that allow writing to the frame must go. */
  mark(mfn: number): void {
    this.#words[this.#first + (mfn >>> 5)]! |= 1 << (mfn & 31);
  }
  clear(mfn: number): void {
    this.#words[this.#first + (mfn >>> 5)]! &= ~(1 << (mfn & 31));
  }
  /** @hot The frame's bytes changed, or are about to. */
  written(mfn: number): void {
    if (this.marked(mfn)) this.#tell(mfn);
  }
  /** Called for each write to a marked frame; gives the function that ends it. */
  onWritten(listener: (mfn: number) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #tell(mfn: number): void {
    this.clear(mfn);
    for (const listener of this.#listeners) listener(mfn);
  }
}

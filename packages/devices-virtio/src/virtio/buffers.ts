const SMALLEST_SHIFT = 12;
const CLASSES = 14;
/** Bytes that wait to be used again. */
const KEPT = 16 * 2 ** 20;

/** Buffers of powers of two that are used again, so that a busy disk makes no garbage. */
export class BufferPool {
  readonly #free: Uint8Array[][] = Array.from({ length: CLASSES }, () => []);
  #kept = 0;

  /** @hot At least `length` bytes, up to 32 MiB. */
  take(length: number): Uint8Array {
    const size = classOf(length);
    const found = this.#free[size]!.pop();
    if (found === undefined) return make(size);
    this.#kept -= found.length;
    return found;
  }

  /** @hot */
  give(buffer: Uint8Array): void {
    if (this.#kept + buffer.length > KEPT) return;
    this.#kept += buffer.length;
    this.#free[classOf(buffer.length)]!.push(buffer);
  }
}

/** @hot */
function classOf(length: number): number {
  return Math.max(0, 32 - Math.clz32(Math.max(1, length) - 1) - SMALLEST_SHIFT);
}

function make(size: number): Uint8Array {
  return new Uint8Array(2 ** (size + SMALLEST_SHIFT));
}

import type { BlockBackend } from '@polyvisor/core';
import { Trace } from '../trace/trace.ts';

/** A disk in memory. Its promises settle in the next microtasks. */
export class FakeBlock implements BlockBackend {
  readonly bytes: Uint8Array;
  readonly blockSize = 512;
  readonly readOnly: boolean;
  /** Set: every request fails with it. */
  failWith: Error | undefined = undefined;
  readonly #trace: Trace;
  #closed = false;

  constructor(options: { readonly size?: number; readonly readOnly?: boolean; readonly trace?: Trace } = {}) {
    this.bytes = new Uint8Array(options.size ?? 64 * 512);
    this.readOnly = options.readOnly ?? false;
    this.#trace = options.trace ?? new Trace();
  }

  get size(): number {
    return this.bytes.length;
  }
  read(offset: number, into: Uint8Array): Promise<void> {
    return this.#request('read', offset, into.length, () => {
      into.set(this.bytes.subarray(offset, offset + into.length));
    });
  }
  write(offset: number, from: Uint8Array): Promise<void> {
    const copy = Uint8Array.from(from);
    return this.#request('write', offset, copy.length, () => {
      this.bytes.set(copy, offset);
    });
  }
  flush(): Promise<void> {
    return this.#request('flush', 0, 0, () => undefined);
  }
  discard(offset: number, length: number): Promise<void> {
    return this.writeZeroes(offset, length);
  }
  writeZeroes(offset: number, length: number): Promise<void> {
    return this.#request('zero', offset, length, () => {
      this.bytes.fill(0, offset, offset + length);
    });
  }
  close(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return this.#request('close', 0, 0, () => { this.#closed = true; });
  }
  /** The same contents as `other`. */
  takeOver(other: FakeBlock): void {
    this.bytes.set(other.bytes.subarray(0, this.bytes.length));
  }

  #request(what: string, offset: number, length: number, act: () => void): Promise<void> {
    this.#trace.tick();
    if (this.#trace.on) this.#trace.add(`block ${what} ${offset}+${length}`);
    const aligned = offset % this.blockSize === 0 && length % this.blockSize === 0;
    if (this.#closed) return Promise.reject(new Error('the disk is closed'));
    if (this.failWith) return Promise.reject(this.failWith);
    if (!aligned || offset < 0 || offset + length > this.size) {
      return Promise.reject(new RangeError(`block ${what} of ${length} bytes at ${offset} does not fit the disk`));
    }
    if (this.readOnly && (what === 'write' || what === 'zero')) return Promise.reject(new Error('the disk is read-only'));
    act();
    return Promise.resolve();
  }
}

import { blockErrors, refuse } from '../errors.ts';
import type { ByteStore } from './byte-store.ts';

const CHUNK = 2 ** 18;
const DONE = Promise.resolve();

/** Bytes in memory, in chunks that exist once they are written. */
export class MemoryStore implements ByteStore {
  readonly name: string;
  readonly readOnly: boolean;
  readonly #chunks = new Map<number, Uint8Array>();
  #size: number;

  constructor(options: { readonly name?: string; readonly bytes?: Uint8Array; readonly size?: number; readonly readOnly?: boolean } = {}) {
    this.name = options.name ?? 'memory';
    this.#size = options.size ?? 0;
    this.readOnly = options.readOnly ?? false;
    if (options.bytes) this.#put(0, options.bytes);
  }

  get size(): number {
    return this.#size;
  }

  /** A copy of all bytes. */
  bytes(): Uint8Array {
    const all = new Uint8Array(this.#size);
    this.#get(0, all);
    return all;
  }

  read(offset: number, into: Uint8Array): Promise<void> {
    this.#get(offset, into);
    return DONE;
  }

  write(offset: number, from: Uint8Array): Promise<void> {
    if (this.readOnly) return Promise.reject(refuse(blockErrors['read-only']('', { image: this.name })));
    this.#put(offset, from);
    return DONE;
  }

  flush(): Promise<void> {
    return DONE;
  }

  resize(size: number): Promise<void> {
    if (size < this.#size) {
      this.#zero(size, this.#size - size);
    }
    this.#size = size;
    return DONE;
  }

  punch(offset: number, length: number): Promise<void> {
    this.#zero(offset, Math.min(length, this.#size - offset));
    return DONE;
  }

  occupied(): Promise<number> {
    return Promise.resolve(this.#chunks.size * CHUNK);
  }

  close(): Promise<void> {
    return DONE;
  }

  #get(offset: number, into: Uint8Array): void {
    for (let done = 0; done < into.length; ) {
      const within = (offset + done) % CHUNK;
      const length = Math.min(into.length - done, CHUNK - within);
      const chunk = this.#chunks.get((offset + done - within) / CHUNK);
      if (chunk) into.set(chunk.subarray(within, within + length), done);
      else into.fill(0, done, done + length);
      done += length;
    }
  }

  #put(offset: number, from: Uint8Array): void {
    for (let done = 0; done < from.length; ) {
      const within = (offset + done) % CHUNK;
      const index = (offset + done - within) / CHUNK;
      const length = Math.min(from.length - done, CHUNK - within);
      let chunk = this.#chunks.get(index);
      if (!chunk) this.#chunks.set(index, (chunk = new Uint8Array(CHUNK)));
      chunk.set(length === from.length ? from : from.subarray(done, done + length), within);
      done += length;
    }
    if (offset + from.length > this.#size) this.#size = offset + from.length;
  }

  #zero(offset: number, length: number): void {
    for (let done = 0; done < length; ) {
      const within = (offset + done) % CHUNK;
      const index = (offset + done - within) / CHUNK;
      const part = Math.min(length - done, CHUNK - within);
      if (part === CHUNK) this.#chunks.delete(index);
      else this.#chunks.get(index)?.fill(0, within, within + part);
      done += part;
    }
  }
}

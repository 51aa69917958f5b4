import { blockErrors, ioError, refuse } from '../errors.ts';
import type { ByteStore } from '../store/byte-store.ts';
import type { AccessHandle } from './opfs.ts';

/** A file of the browser's own storage, in a worker: quick, and locked against other users. */
export class SyncOpfsStore implements ByteStore {
  readonly name: string;
  readonly readOnly: boolean;
  readonly #handle: AccessHandle;
  #size: number;

  constructor(name: string, handle: AccessHandle, readOnly: boolean) {
    this.name = name;
    this.#handle = handle;
    this.#size = handle.getSize();
    this.readOnly = readOnly;
  }

  get size(): number {
    return this.#size;
  }

  read(offset: number, into: Uint8Array): Promise<void> {
    return this.#do('reading', () => {
      const count = this.#handle.read(into, { at: offset });
      if (count < into.length) into.fill(0, count);
    });
  }

  write(offset: number, from: Uint8Array): Promise<void> {
    return this.#do('writing', () => {
      this.#checkWritable();
      const count = this.#handle.write(from, { at: offset });
      if (count < from.length) throw new Error(`only ${count} bytes of ${from.length} were written`);
      this.#size = Math.max(this.#size, offset + from.length);
    });
  }

  flush(): Promise<void> {
    return this.#do('flushing', () => {
      this.#handle.flush();
    });
  }

  resize(size: number): Promise<void> {
    return this.#do('resizing', () => {
      this.#checkWritable();
      this.#handle.truncate(size);
      this.#size = size;
    });
  }

  close(): Promise<void> {
    return this.#do('closing', () => {
      this.#handle.close();
    });
  }

  #checkWritable(): void {
    if (this.readOnly) throw refuse(blockErrors['read-only']('', { image: this.name }));
  }

  #do(action: string, act: () => void): Promise<void> {
    try {
      act();
      return Promise.resolve();
    } catch (error) {
      return Promise.reject(ioError(this.name, action, error));
    }
  }
}

import { blockErrors, ioError, refuse } from '../errors.ts';
import type { ByteStore } from '../store/byte-store.ts';
import type { OpfsFileHandle, StoredFile, WritableFile } from './opfs.ts';

interface Written {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/**
 * A file of the browser's own storage, outside of workers. There a file changes as a whole when its stream is closed:
 * writes are kept in memory until then, and `flush` closes the stream. Much slower than a `SyncOpfsStore`.
 */
export class AsyncOpfsStore implements ByteStore {
  readonly name: string;
  readonly readOnly: boolean;
  readonly #handle: OpfsFileHandle;
  #file: StoredFile;
  #size: number;
  /** In the order of the writes. */
  #written: Written[] = [];
  #cut: number | undefined;
  #flushing: Promise<void> = Promise.resolve();

  private constructor(handle: OpfsFileHandle, file: StoredFile, readOnly: boolean) {
    this.name = handle.name;
    this.#handle = handle;
    this.#file = file;
    this.#size = file.size;
    this.readOnly = readOnly;
  }

  static async open(handle: OpfsFileHandle, options: { readonly readOnly?: boolean } = {}): Promise<AsyncOpfsStore> {
    try {
      return new AsyncOpfsStore(handle, await handle.getFile(), options.readOnly ?? false);
    } catch (error) {
      throw ioError(handle.name, 'opening', error);
    }
  }

  get size(): number {
    return this.#size;
  }

  async read(offset: number, into: Uint8Array): Promise<void> {
    const there = Math.min(this.#file.size, this.#cut ?? Infinity);
    const inside = Math.max(0, Math.min(into.length, there - offset));
    // What is written meanwhile is a request of its own.
    const written = this.#written.slice();
    try {
      if (inside > 0) into.set(new Uint8Array(await this.#file.slice(offset, offset + inside).arrayBuffer()));
    } catch (error) {
      throw ioError(this.name, 'reading', error);
    }
    into.fill(0, inside);
    for (const { offset: at, bytes } of written) {
      const from = Math.max(at, offset);
      const to = Math.min(at + bytes.length, offset + into.length);
      if (from < to) into.set(bytes.subarray(from - at, to - at), from - offset);
    }
  }

  write(offset: number, from: Uint8Array): Promise<void> {
    if (this.readOnly) return this.#refused();
    this.#written.push({ offset, bytes: from.slice() });
    this.#size = Math.max(this.#size, offset + from.length);
    return Promise.resolve();
  }

  /** One flush at a time: each one writes what came before it. */
  flush(): Promise<void> {
    const next = this.#flushing.then(() => this.#flush());
    this.#flushing = next.catch(() => undefined);
    return next;
  }

  async #flush(): Promise<void> {
    const count = this.#written.length;
    if (count === 0 && this.#cut === undefined) return;
    const cut = this.#cut;
    const size = this.#size;
    let stream: WritableFile | undefined;
    try {
      stream = await this.#handle.createWritable({ keepExistingData: true });
      if (cut !== undefined) await stream.truncate(cut);
      for (const { offset, bytes } of this.#written.slice(0, count)) {
        await stream.write({ type: 'write', position: offset, data: bytes });
      }
      if (this.#size === size) await stream.truncate(size);
      await stream.close();
      this.#file = await this.#handle.getFile();
    } catch (error) {
      throw ioError(this.name, 'flushing', error);
    }
    if (this.#cut === cut) this.#cut = undefined;
    this.#written = this.#written.slice(count);
  }

  async resize(size: number): Promise<void> {
    if (this.readOnly) return this.#refused();
    await this.flush();
    this.#cut = size;
    this.#size = size;
    return this.flush();
  }

  close(): Promise<void> {
    return this.readOnly ? Promise.resolve() : this.flush();
  }

  #refused(): Promise<void> {
    return Promise.reject(refuse(blockErrors['read-only']('', { image: this.name })));
  }
}

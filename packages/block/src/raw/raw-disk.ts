import type { BlockBackend } from '@polyvisor/core';
import { blockErrors, ioError, refuse } from '../errors.ts';
import { isQcow2 } from '../qcow2/format.ts';
import { Pending } from '../qcow2/pending.ts';
import { checkRequest } from '../requests.ts';
import type { ByteStore } from '../store/byte-store.ts';

const ZEROS = new Uint8Array(2 ** 20);

export interface RawOptions {
  readonly readOnly?: boolean;
  /** 512, or 2048 for a CD. */
  readonly blockSize?: number;
  /**
   * Nobody said that the image is raw, its contents did. What would make them say something else the next time is not
   * written: a guest could so have any file of the host opened as a backing file.
   */
  readonly probed?: boolean;
}

/** The bytes of a store are those of the disk. What is behind the end, up to a whole block, reads as zeros. */
export class RawDisk implements BlockBackend {
  readonly blockSize: number;
  readonly readOnly: boolean;
  readonly store: ByteStore;
  onResized: (() => void) | undefined = undefined;
  readonly #probed: boolean;
  #size: number;
  #closed = false;

  constructor(store: ByteStore, options: RawOptions = {}) {
    this.store = store;
    this.readOnly = (options.readOnly ?? false) || store.readOnly;
    this.blockSize = options.blockSize ?? 512;
    this.#probed = options.probed ?? false;
    this.#size = Math.ceil(store.size / this.blockSize) * this.blockSize;
  }

  get name(): string {
    return this.store.name;
  }
  get size(): number {
    return this.#size;
  }

  async read(offset: number, into: Uint8Array): Promise<void> {
    this.#check('reading', offset, into.length, false);
    try {
      await this.store.read(offset, into);
    } catch (error) {
      throw ioError(this.name, 'reading', error);
    }
  }

  async write(offset: number, from: Uint8Array): Promise<void> {
    this.#check('writing', offset, from.length, true);
    if (this.#probed && offset === 0 && isQcow2(from)) throw refuse(blockErrors['format-unnamed']('', { image: this.name, format: 'qcow2' }));
    try {
      await this.store.write(offset, from);
    } catch (error) {
      throw ioError(this.name, 'writing', error);
    }
  }

  async flush(): Promise<void> {
    this.#check('flushing', 0, 0, false);
    if (this.readOnly) return;
    try {
      await this.store.flush();
    } catch (error) {
      throw ioError(this.name, 'flushing', error);
    }
  }

  async discard(offset: number, length: number): Promise<void> {
    this.#check('discarding', offset, length, true);
    try {
      await this.store.punch?.(offset, length);
    } catch (error) {
      throw ioError(this.name, 'discarding', error);
    }
  }

  async writeZeroes(offset: number, length: number): Promise<void> {
    this.#check('writing zeros', offset, length, true);
    try {
      if (this.store.punch) {
        await this.store.punch(offset, length);
        return;
      }
      const pending = new Pending();
      for (let done = 0; done < length; done += ZEROS.length) {
        pending.add(this.store.write(offset + done, ZEROS.subarray(0, Math.min(ZEROS.length, length - done))));
      }
      await pending.wait();
    } catch (error) {
      throw ioError(this.name, 'writing zeros', error);
    }
  }

  /** Cuts, or grows with zeros. */
  async resize(size: number): Promise<void> {
    this.#check('resizing', 0, 0, true);
    try {
      await this.store.resize(size);
    } catch (error) {
      throw ioError(this.name, 'resizing', error);
    }
    this.#size = Math.ceil(size / this.blockSize) * this.blockSize;
    this.onResized?.();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    if (!this.readOnly) await this.flush();
    this.#closed = true;
    await this.store.close();
  }

  #check(action: string, offset: number, length: number, changes: boolean): void {
    if (this.#closed) throw refuse(blockErrors.closed('', { image: this.name }));
    checkRequest(this, this.name, action, offset, length);
    if (changes && this.readOnly) throw refuse(blockErrors['read-only']('', { image: this.name }));
  }
}

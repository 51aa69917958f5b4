/** Node only. */
import { read, write } from 'node:fs';
import { open, realpath, type FileHandle } from 'node:fs/promises';
import { dirname, isAbsolute, resolve } from 'node:path';
import { blockErrors, ioError, refuse } from '../errors.ts';
import type { ByteStore, StoreOpener } from '../store/byte-store.ts';
import { sizeOf } from './size-of.ts';
import { isLocked, lockFile, type Unlock } from './file-lock.ts';

export interface FileOptions {
  readonly readOnly?: boolean;
  /** Makes the file when it is not there. */
  readonly create?: boolean;
  /**
   * Nobody else may open the file as long as this store is open, nor have it open in this process. For files to be written. Other
   * processes are kept out on Linux.
   */
  readonly alone?: boolean;
}

interface Uses {
  readers: number;
  writer: 'none' | 'shares' | 'alone';
}
/** Files that this process has open, by device and inode. */
const used = new Map<string, Uses>();
const BLOCK = 512;

/** A file or a block device of the host. */
export class FileStore implements ByteStore {
  readonly name: string;
  readonly readOnly: boolean;
  readonly #handle: FileHandle;
  readonly #fd: number;
  readonly #id: string;
  readonly #unlock: Unlock | undefined;
  #size: number;
  #open = true;

  private constructor(name: string, handle: FileHandle, id: string, size: number, readOnly: boolean, unlock: Unlock | undefined) {
    this.name = name;
    this.#handle = handle;
    this.#fd = handle.fd;
    this.#id = id;
    this.#size = size;
    this.readOnly = readOnly;
    this.#unlock = unlock;
  }

  /** Within this process a file is written by one store at a time, which others may read unless it wants it alone. */
  static async open(path: string, options: FileOptions = {}): Promise<FileStore> {
    const readOnly = options.readOnly ?? false;
    let handle: FileHandle | undefined;
    try {
      handle = await openHandle(path, readOnly, options.create ?? false);
      const stat = await handle.stat({ bigint: true });
      const { dev, ino } = stat;
      const size = await sizeOf(stat);
      const id = `${dev}:${ino}`;
      const name = await realpath(path);
      const alone = !readOnly && (options.alone ?? false);
      if (!claim(id, readOnly, alone)) throw refuse(blockErrors['in-use']('', { image: path }));
      const unlock = alone ? await lockFile(id) : undefined;
      // Whoever has it alone in this process would have been found above.
      if (alone ? unlock === undefined : await isLocked(id)) {
        release(id, readOnly);
        throw refuse(blockErrors['in-use']('', { image: path }));
      }
      return new FileStore(name, handle, id, size, readOnly, unlock);
    } catch (error) {
      await handle?.close();
      throw ioError(path, 'opening', error);
    }
  }

  get size(): number {
    return this.#size;
  }

  // Callbacks, not promises of the handle: twice as many small requests in a second.
  read(offset: number, into: Uint8Array): Promise<void> {
    return new Promise((resolved, rejected) => {
      const step = (done: number): void => {
        if (!this.#open) {
          rejected(refuse(blockErrors.closed('', { image: this.name })));
          return;
        }
        read(this.#fd, into, done, into.length - done, offset + done, (error, count) => {
          if (error) rejected(ioError(this.name, 'reading', error));
          else if (count === 0 || done + count === into.length) {
            if (count === 0) into.fill(0, done);
            resolved();
          } else step(done + count);
        });
      };
      if (into.length === 0) resolved();
      else step(0);
    });
  }

  write(offset: number, from: Uint8Array): Promise<void> {
    return new Promise((resolved, rejected) => {
      const step = (done: number): void => {
        if (!this.#open) {
          rejected(refuse(blockErrors.closed('', { image: this.name })));
          return;
        }
        write(this.#fd, from, done, from.length - done, offset + done, (error, count) => {
          if (error) {
            rejected(ioError(this.name, 'writing', error));
            return;
          }
          if (done + count < from.length) {
            step(done + count);
            return;
          }
          if (offset + from.length > this.#size) this.#size = offset + from.length;
          resolved();
        });
      };
      if (from.length === 0) resolved();
      else step(0);
    });
  }

  async flush(): Promise<void> {
    await this.#do('flushing', () => this.#handle.sync());
  }

  async resize(size: number): Promise<void> {
    await this.#do('resizing', () => this.#handle.truncate(size));
    this.#size = size;
  }

  async occupied(): Promise<number> {
    return (await this.#handle.stat()).blocks * BLOCK;
  }

  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    release(this.#id, this.readOnly);
    this.#unlock?.();
    await this.#do('closing', () => this.#handle.close());
  }

  async #do(action: string, act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      throw ioError(this.name, action, error);
    }
  }
}

/** Whether the file may be used so; then it is. */
function claim(id: string, readOnly: boolean, alone: boolean): boolean {
  const uses = used.get(id) ?? { readers: 0, writer: 'none' };
  const refused = readOnly ? uses.writer === 'alone' : uses.writer !== 'none' || (alone && uses.readers > 0);
  if (refused) return false;
  if (readOnly) uses.readers++;
  else uses.writer = alone ? 'alone' : 'shares';
  used.set(id, uses);
  return true;
}

function release(id: string, readOnly: boolean): void {
  const uses = used.get(id)!;
  if (readOnly) uses.readers--;
  else uses.writer = 'none';
  if (uses.readers === 0 && uses.writer === 'none') used.delete(id);
}

async function openHandle(path: string, readOnly: boolean, create: boolean): Promise<FileHandle> {
  if (readOnly) return open(path, 'r');
  try {
    return await open(path, 'r+');
  } catch (error) {
    if (!create || (error as { readonly code?: unknown }).code !== 'ENOENT') throw error;
    return open(path, 'wx+');
  }
}

/** Opens backing files beside the image that names them, or where their name says. It confines nothing. */
export const openBeside: StoreOpener = (name, relativeTo, { readOnly }) => {
  const path = name.replace(/^file:/, '');
  return FileStore.open(isAbsolute(path) ? path : resolve(dirname(relativeTo), path), { readOnly });
};

import { Errno } from '../errno.ts';
import type { Backing } from '../memory/backing.ts';
import type { BytePath } from './host-files.ts';
import { PollEvent, type OpenFile } from './open-file.ts';
import type { Stat } from './stat.ts';

/** Where a regular file's bytes come from. */
export interface Content {
  stat(): Stat;
  read(offset: number, into: Uint8Array): number;
  close(): void;
}

/** An open regular file. A mapping keeps its content open after the last descriptor is closed. */
export class RegularFile implements OpenFile {
  readonly path: BytePath;
  flags: number;
  readonly #content: Content;
  #position = 0;
  #mapped = false;

  constructor(path: BytePath, flags: number, content: Content) {
    this.path = path;
    this.flags = flags;
    this.#content = content;
  }

  stat(): Stat {
    return this.#content.stat();
  }

  read(into: Uint8Array): number {
    const got = this.#content.read(this.#position, into);
    if (got > 0) this.#position += got;
    return got;
  }

  write(): number {
    return -Errno.EBADF;
  }

  readAt(offset: number, into: Uint8Array): number {
    return this.#content.read(offset, into);
  }

  seek(offset: number, whence: number): number {
    const base = [0, this.#position, this.#content.stat().size][whence];
    if (base === undefined || base + offset < 0) return -Errno.EINVAL;
    this.#position = base + offset;
    return this.#position;
  }

  poll(events: number): number {
    return events & (PollEvent.input | PollEvent.output);
  }

  backing(): Backing {
    this.#mapped = true;
    const content = this.#content;
    return { read: (offset, into) => content.read(offset, into), size: content.stat().size, beyond: 'nothing' };
  }

  close(): void {
    if (!this.#mapped) this.#content.close();
  }
}

/** The content of a file that the kernel makes up. */
export function textContent(text: string, stat: Stat): Content {
  const bytes = Uint8Array.from(text, (c) => c.charCodeAt(0));
  return {
    stat: () => stat,
    read(offset, into) {
      const part = bytes.subarray(offset, offset + into.length);
      into.set(part);
      return part.length;
    },
    close: () => undefined,
  };
}

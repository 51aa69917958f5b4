import { FolderError, type FolderFile, type FolderPath } from './host-folder.ts';
import { MAX_FIDS } from './protocol.ts';
import type { P9State } from './state.ts';

/** What a client's fid stands for. */
export interface Fid {
  path: FolderPath;
  /** Flags that it was opened with; undefined before. */
  open: number | undefined;
  file: FolderFile | undefined;
  /** The names of a folder as they were when reading began, so that offsets stay true. */
  names: readonly string[] | undefined;
}

/** The fids of a session. */
export class Fids {
  readonly #fids = new Map<number, Fid>();

  constructor(saved?: P9State) {
    for (const { fid, path, open } of saved?.fids ?? []) this.#fids.set(fid, { path, open: open ?? undefined, file: undefined, names: undefined });
  }

  get(fid: number): Fid {
    const found = this.#fids.get(fid);
    if (!found) throw new FolderError('EBADF');
    return found;
  }

  add(fid: number, path: FolderPath): void {
    if (this.#fids.has(fid)) throw new FolderError('EBADF');
    if (this.#fids.size >= MAX_FIDS) throw new FolderError('EMFILE');
    this.#fids.set(fid, { path, open: undefined, file: undefined, names: undefined });
  }

  remove(fid: number): Fid {
    const found = this.get(fid);
    this.#fids.delete(fid);
    return found;
  }

  /** A path and what lies below it has another name now. */
  renamed(from: FolderPath, to: FolderPath): void {
    for (const fid of this.#fids.values()) {
      if (from.every((name, i) => fid.path[i] === name)) fid.path = [...to, ...fid.path.slice(from.length)];
    }
  }

  /** Forgets all; files that were open are closed. */
  clear(): void {
    for (const { file } of this.#fids.values()) if (file) closeQuietly(file);
    this.#fids.clear();
  }

  save(): P9State['fids'] {
    return [...this.#fids].map(([fid, { path, open }]) => ({ fid, path: [...path], open: open ?? null }));
  }
}

/** What closing reports cannot be told to anybody any more. */
export function closeQuietly(file: FolderFile): void {
  try {
    const closing = file.close();
    if (closing instanceof Promise) closing.catch(() => undefined);
  } catch {
    // As above.
  }
}

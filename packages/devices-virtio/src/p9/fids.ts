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
  /** What it stood for was removed. Its path is nobody's, or another file's; what it has open is there until it is closed. */
  gone: boolean;
  /** The fids that stood for the same then; those that are open stand for it still. */
  others: readonly Fid[];
}

/** The fids of a session. */
export class Fids {
  readonly #fids = new Map<number, Fid>();

  constructor(saved?: P9State) {
    for (const { fid, path, open, gone } of saved?.fids ?? []) this.#fids.set(fid, { path, open: open ?? undefined, file: undefined, names: undefined, gone, others: [] });
  }

  get(fid: number): Fid {
    const found = this.#fids.get(fid);
    if (!found) throw new FolderError('EBADF');
    return found;
  }

  /** Where a fid leads to. */
  pathOf(fid: number): FolderPath {
    return pathOf(this.get(fid));
  }

  add(fid: number, path: FolderPath): void {
    if (this.#fids.has(fid)) throw new FolderError('EBADF');
    if (this.#fids.size >= MAX_FIDS) throw new FolderError('EMFILE');
    this.#fids.set(fid, { path, open: undefined, file: undefined, names: undefined, gone: false, others: [] });
  }

  remove(fid: number): Fid {
    const found = this.get(fid);
    this.#fids.delete(fid);
    return found;
  }

  /** Whether some fid leads to a path. */
  has(path: FolderPath): boolean {
    return this.#on(path).length > 0;
  }

  /** What was at a path is there no longer. */
  removed(path: FolderPath): void {
    const all = this.#on(path);
    for (const fid of all) {
      fid.gone = true;
      fid.others = all;
    }
  }

  #on(path: FolderPath): readonly Fid[] {
    return [...this.#fids.values()].filter((fid) => !fid.gone && fid.path.length === path.length && path.every((name, i) => fid.path[i] === name));
  }

  /** A path and what lies below it has another name now. */
  renamed(from: FolderPath, to: FolderPath): void {
    for (const fid of this.#fids.values()) {
      if (!fid.gone && from.every((name, i) => fid.path[i] === name)) fid.path = [...to, ...fid.path.slice(from.length)];
    }
  }

  /** Forgets all; files that were open are closed. */
  clear(): void {
    for (const { file } of this.#fids.values()) if (file) closeQuietly(file);
    this.#fids.clear();
  }

  save(): P9State['fids'] {
    return [...this.#fids].map(([fid, { path, open, gone }]) => ({ fid, path: [...path], open: open ?? null, gone }));
  }
}

/** What is open of a fid, or of what it stood for; one that `fits`. */
export function openOf(fid: Fid, fits: (fid: Fid) => boolean = () => true): FolderFile | undefined {
  return [fid, ...fid.others].find((one) => one.file && fits(one))?.file;
}

/** What has to be closed with a fid. */
export function takeFile(fid: Fid): FolderFile | undefined {
  const { file } = fid;
  fid.file = undefined;
  return file;
}

export function pathOf({ path, gone }: Fid): FolderPath {
  if (gone) throw new FolderError('ENOENT');
  return path;
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

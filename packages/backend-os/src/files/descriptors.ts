import { Errno } from '../errno.ts';
import type { OpenFile } from './open-file.ts';

interface Descriptor {
  readonly file: OpenFile;
  closeOnExec: boolean;
}

/** As the usual RLIMIT_NOFILE. */
export const MOST_DESCRIPTORS = 1024;

/** A process's descriptor table: numbers to open file descriptions, which several numbers may share. */
export class Descriptors {
  readonly #table: (Descriptor | undefined)[] = [];
  readonly #uses = new Map<OpenFile, number>();

  get(fd: number): OpenFile | undefined {
    return this.#table[fd]?.file;
  }

  closesOnExec(fd: number): boolean {
    return this.#table[fd]?.closeOnExec ?? false;
  }

  setCloseOnExec(fd: number, on: boolean): void {
    const descriptor = this.#table[fd];
    if (descriptor) descriptor.closeOnExec = on;
  }

  /** Gives the file the lowest free number from `lowest` on; −EMFILE when there is none. */
  add(file: OpenFile, closeOnExec = false, lowest = 0): number {
    let fd = lowest;
    while (this.#table[fd] !== undefined) fd++;
    if (fd >= MOST_DESCRIPTORS) return -Errno.EMFILE;
    return this.set(fd, file, closeOnExec);
  }

  /** Gives the file this number, and closes what had it. */
  set(fd: number, file: OpenFile, closeOnExec: boolean): number {
    if (fd < 0 || fd >= MOST_DESCRIPTORS) return -Errno.EBADF;
    this.#uses.set(file, (this.#uses.get(file) ?? 0) + 1);
    this.close(fd);
    this.#table[fd] = { file, closeOnExec };
    return fd;
  }

  close(fd: number): number {
    const descriptor = this.#table[fd];
    if (descriptor === undefined) return -Errno.EBADF;
    this.#table[fd] = undefined;
    const left = this.#uses.get(descriptor.file)! - 1;
    if (left > 0) this.#uses.set(descriptor.file, left);
    else {
      this.#uses.delete(descriptor.file);
      descriptor.file.close();
    }
    return 0;
  }

  /** Open numbers, ascending. */
  numbers(): number[] {
    return [...this.#table.keys()].filter((fd) => this.#table[fd] !== undefined);
  }

  closeAll(): void {
    for (const fd of this.numbers()) this.close(fd);
  }
}

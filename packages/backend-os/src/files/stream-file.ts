import { BLOCKED, Errno } from '../errno.ts';
import type { BytePath } from './host-files.ts';
import { OpenFlag, PollEvent, type OpenFile } from './open-file.ts';
import { Mode, deviceNumber, syntheticStat, type Stat } from './stat.ts';
import type { InputStream, OutputStream, TerminalSize } from './streams.ts';

/** Number of a pseudo-terminal (Documentation/admin-guide/devices.txt: 136 are Unix98 slaves). */
const TERMINAL_DEVICE = deviceNumber(136, 0);

/** A stream of bytes: a terminal, or what looks like a pipe. A file of the host behind it looks like a pipe, too. */
export class StreamFile implements OpenFile {
  readonly path: BytePath;
  flags: number;
  readonly terminal: TerminalSize | undefined;
  readonly #input: InputStream | undefined;
  readonly #output: OutputStream | undefined;
  readonly #inode: number;

  constructor(path: BytePath, inode: number, ends: { readonly input?: InputStream | undefined; readonly output?: OutputStream | undefined }) {
    this.path = path;
    this.#inode = inode;
    this.#input = ends.input;
    this.#output = ends.output;
    this.terminal = ends.input?.terminal ?? ends.output?.terminal;
    this.flags = ends.output === undefined ? 0 : ends.input === undefined ? OpenFlag.writeOnly : OpenFlag.readWrite;
  }

  stat(): Stat {
    if (this.terminal === undefined) return syntheticStat(this.#inode, Mode.pipe | 0o600);
    return syntheticStat(this.#inode, Mode.character | 0o620, { special: TERMINAL_DEVICE });
  }

  read(into: Uint8Array): number {
    if (this.#input === undefined) return -Errno.EBADF;
    const got = this.#input.read(into);
    if (got >= 0) return got;
    return (this.flags & OpenFlag.nonBlock) !== 0 ? -Errno.EAGAIN : BLOCKED;
  }

  write(from: Uint8Array): number {
    return this.#output === undefined ? -Errno.EBADF : this.#output.write(from);
  }

  readAt(): number {
    return -Errno.ESPIPE;
  }
  seek(): number {
    return -Errno.ESPIPE;
  }

  poll(events: number): number {
    const input = (events & PollEvent.input) !== 0 && this.#input?.ready() === true ? PollEvent.input : 0;
    return input | (this.#output === undefined ? 0 : events & PollEvent.output);
  }

  backing(): undefined {
    return undefined;
  }
  close(): void {
    // The streams belong to whoever injected them.
  }
}

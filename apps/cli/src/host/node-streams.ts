import { fstatSync, read, readSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { Errno, type InputStream, type OutputStream, type Streams, type TerminalSize } from '@polyvisor/backend-os';
import { errorNumber } from './node-files.ts';

/** Bytes that one read of the host takes at most. */
const MOST = 65536;
/** How long to wait, in ms, when a descriptor that somebody made non-blocking has no room or no bytes. */
const RETRY = 5;

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** Writes everything; a descriptor that is not ready is waited for. 0, or a negated error number. */
function writeAll(fd: number, bytes: Uint8Array): number {
  let done = 0;
  while (done < bytes.length) {
    try {
      done += writeSync(fd, bytes, done);
    } catch (error) {
      const number = errorNumber(error);
      if (number !== -Errno.EAGAIN) return number;
      Atomics.wait(sleeper, 0, 0, RETRY);
    }
  }
  return done;
}

/** Text for people on standard error. */
export function writeError(text: string): void {
  writeAll(2, Buffer.from(text));
}

function sizeOf(stream: NodeJS.WriteStream): TerminalSize {
  return { rows: stream.rows, columns: stream.columns };
}

function output(fd: 1 | 2): OutputStream {
  const terminal = isatty(fd) ? sizeOf(fd === 1 ? process.stdout : process.stderr) : undefined;
  return { write: (bytes) => writeAll(fd, bytes), terminal };
}

/** A file is there at once. */
function fileInput(): InputStream {
  return {
    read(into) {
      try {
        return readSync(0, into, 0, into.length, null);
      } catch (error) {
        return error instanceof Error ? errorNumber(error) : 0;
      }
    },
    ready: () => true,
    onReady: undefined,
  };
}

/** Anything else is read when the program asks, on another thread, and never further than it asked. */
class WaitingInput implements InputStream {
  onReady: (() => void) | undefined = undefined;
  readonly terminal: TerminalSize | undefined;
  readonly #buffer = new Uint8Array(MOST);
  #start = 0;
  #end = 0;
  #over = false;
  #waiting = false;

  constructor() {
    this.terminal = isatty(0) ? { rows: 24, columns: 80, ...(process.stdout.isTTY ? sizeOf(process.stdout) : {}) } : undefined;
  }

  read(into: Uint8Array): number {
    if (into.length === 0) return 0;
    if (this.#start === this.#end) {
      if (this.#over) return this.#atEnd();
      this.#wait(into.length);
      return -1;
    }
    const length = Math.min(into.length, this.#end - this.#start);
    into.set(this.#buffer.subarray(this.#start, this.#start + length));
    this.#start += length;
    return length;
  }

  ready(): boolean {
    if (this.#start < this.#end || this.#over) return true;
    this.#wait(1);
    return false;
  }

  /** A terminal may give more after its end; a pipe gives its end again. */
  #atEnd(): number {
    this.#over = this.terminal === undefined;
    return 0;
  }

  #wait(length: number): void {
    if (this.#waiting) return;
    this.#waiting = true;
    read(0, this.#buffer, 0, Math.min(length, MOST), null, (error, got) => {
      if (error?.code === 'EAGAIN') {
        setTimeout(() => {
          this.#waiting = false;
          this.#wait(length);
        }, RETRY);
        return;
      }
      this.#waiting = false;
      this.#start = 0;
      this.#end = error === null ? got : 0;
      this.#over = this.#end === 0;
      this.onReady?.();
    });
  }
}

function isFile(fd: number): boolean {
  try {
    return fstatSync(fd).isFile();
  } catch {
    return true;
  }
}

/** Standard input, output and error of this process. */
export function nodeStreams(): Streams {
  return { input: isFile(0) ? fileInput() : new WaitingInput(), output: output(1), error: output(2) };
}

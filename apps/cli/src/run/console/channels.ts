import { closeSync, openSync, writeSync } from 'node:fs';
import type { ByteSink, ByteSource } from '@polyvisor/core';
import { PolyvisorError } from '@polyvisor/core';
import { runErrors } from '../errors.ts';

/** Bytes that go to a stream of this process, in pieces: a write for each would cost more than the guest does. */
export class StreamSink implements ByteSink {
  readonly #stream: NodeJS.WriteStream;
  #bytes: Buffer = Buffer.allocUnsafe(PIECE);
  #length = 0;
  #scheduled = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  /** @hot */
  write(byte: number): void {
    this.#bytes[this.#length++] = byte;
    if (this.#length === PIECE) this.flush();
    else if (!this.#scheduled) this.#schedule();
  }

  flush(): void {
    this.#scheduled = false;
    if (this.#length === 0) return;
    this.#stream.write(this.#bytes.subarray(0, this.#length));
    this.#bytes = Buffer.allocUnsafe(PIECE);
    this.#length = 0;
  }

  /** Resolves when everything has left the process. */
  finish(): Promise<void> {
    this.flush();
    return new Promise((resolve) => this.#stream.write('', () => { resolve(); }));
  }

  #schedule(): void {
    this.#scheduled = true;
    setImmediate(() => { this.flush(); });
  }
}

/** Bytes that go to a file. */
export class FileSink implements ByteSink {
  readonly #fd: number;
  readonly #bytes = Buffer.allocUnsafe(PIECE);
  #length = 0;

  constructor(option: string, path: string) {
    try {
      this.#fd = openSync(path, 'w');
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new PolyvisorError([runErrors['unwritable-file']('', { option, path, why }, cause)]);
    }
  }

  /** Lines reach the file at once, so that others can follow it. @hot */
  write(byte: number): void {
    this.#bytes[this.#length++] = byte;
    if (byte === NEWLINE || this.#length === PIECE) this.#flush();
  }

  close(): void {
    this.#flush();
    closeSync(this.#fd);
  }

  #flush(): void {
    writeSync(this.#fd, this.#bytes, 0, this.#length);
    this.#length = 0;
  }
}

const PIECE = 4096;
const NEWLINE = 10;

export const nowhere: ByteSink = { write: () => undefined };

/** Bytes that were typed, until the guest reads them. */
export class ByteQueue implements ByteSource {
  onAvailable: (() => void) | undefined = undefined;
  readonly #bytes: number[] = [];
  #first = 0;

  get available(): number {
    return this.#bytes.length - this.#first;
  }

  /** @hot */
  read(): number {
    if (this.#first === this.#bytes.length) return -1;
    const byte = this.#bytes[this.#first++]!;
    if (this.#first === this.#bytes.length) this.#bytes.length = this.#first = 0;
    return byte;
  }

  push(byte: number): void {
    const wasEmpty = this.available === 0;
    this.#bytes.push(byte);
    if (wasEmpty) this.onAvailable?.();
  }
}

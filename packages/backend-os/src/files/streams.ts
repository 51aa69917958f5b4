import { token } from '@polyvisor/core';

/** Size of a terminal in characters. */
export interface TerminalSize {
  readonly rows: number;
  readonly columns: number;
}

/** Where a program's input comes from. */
export interface InputStream {
  /**
   * Takes up to `into.length` bytes. 0 at the end of the input, −1 when nothing is there yet: the stream then waits for
   * input and calls `onReady`. It takes no more from its source than it was asked for.
   */
  read(into: Uint8Array): number;
  /** Whether `read` would give something other than −1. Asking when it would not makes the stream wait for input, too. */
  ready(): boolean;
  onReady: (() => void) | undefined;
  /** Set for a terminal. */
  readonly terminal?: TerminalSize | undefined;
}

/** Where a program's output goes. */
export interface OutputStream {
  /** Takes all bytes, or gives a negated error number (−EPIPE when nobody reads). The bytes are valid during the call only. */
  write(bytes: Uint8Array): number;
  readonly terminal?: TerminalSize | undefined;
}

/** What descriptors 0, 1 and 2 are when a program starts. */
export interface Streams {
  readonly input: InputStream;
  readonly output: OutputStream;
  readonly error: OutputStream;
}

export const StreamsToken = token<Streams>('backend-os/Streams');

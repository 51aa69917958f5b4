/** Standard input as a guest's console: raw where it is a terminal, as it comes where it is not. */
export class Terminal {
  readonly #input: NodeJS.ReadStream;
  readonly #listener: (bytes: Buffer) => void;
  readonly raw: boolean;

  constructor(input: NodeJS.ReadStream, typed: (bytes: Uint8Array) => void) {
    this.#input = input;
    this.#listener = typed;
    this.raw = input.isTTY;
    if (this.raw) input.setRawMode(true);
    input.on('data', this.#listener);
    // A console whose other end was closed is silent, which is no error.
    input.on('error', ignore);
    input.resume();
  }

  /** Line mode again; nothing is read any more. */
  close(): void {
    this.#input.off('data', this.#listener);
    this.#input.pause();
    if (this.raw) this.#input.setRawMode(false);
  }
}

function ignore(): void {
  // Nothing to do.
}

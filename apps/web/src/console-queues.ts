import type { ByteSink, ByteSource } from '@polyvisor/core';

/** Bytes that were typed, until the guest reads them. */
export class TypedBytes implements ByteSource {
  onAvailable: (() => void) | undefined = undefined;
  #bytes: number[] = [];
  #first = 0;

  get available(): number {
    return this.#bytes.length - this.#first;
  }

  /** @hot */
  read(): number {
    if (this.#first === this.#bytes.length) return -1;
    return this.#bytes[this.#first++]!;
  }

  type(text: string): void {
    const wasEmpty = this.available === 0;
    this.#bytes = [...this.#bytes.slice(this.#first), ...new TextEncoder().encode(text)];
    this.#first = 0;
    if (wasEmpty && this.#bytes.length > 0) this.onAvailable?.();
  }
}

/** Collects what the guest prints: a message for each byte would cost more than the guest does. */
export class PrintedBytes implements ByteSink {
  readonly #show: (bytes: Uint8Array) => void;
  #bytes: number[] = [];

  constructor(show: (bytes: Uint8Array) => void) {
    this.#show = show;
  }

  /** @hot */
  write(byte: number): void {
    this.#bytes.push(byte);
    if (this.#bytes.length === 1) this.#soon();
  }

  flush(): void {
    if (this.#bytes.length === 0) return;
    this.#show(Uint8Array.from(this.#bytes));
    this.#bytes = [];
  }

  #soon(): void {
    setTimeout(() => { this.flush(); }, 0);
  }
}

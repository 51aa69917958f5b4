/** A ring of bytes. */
export class ByteQueue {
  length = 0;
  readonly #bytes: Uint8Array;
  #first = 0;

  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity);
  }

  get room(): number {
    return this.#bytes.length - this.length;
  }

  /** @hot Without room the byte is lost. */
  push(byte: number): void {
    if (this.room === 0) return;
    this.#bytes[(this.#first + this.length) % this.#bytes.length] = byte;
    this.length += 1;
  }

  /** @hot The queue is not empty. */
  shift(): number {
    const byte = this.#bytes[this.#first]!;
    this.#first = (this.#first + 1) % this.#bytes.length;
    this.length -= 1;
    return byte;
  }

  /** @hot */
  clear(): void {
    this.length = 0;
  }

  save(): number[] {
    return Array.from({ length: this.length }, (_, i) => this.#bytes[(this.#first + i) % this.#bytes.length]!);
  }

  restore(bytes: readonly number[]): void {
    this.clear();
    for (const byte of bytes) this.push(byte);
  }
}

/** A ring of at most `capacity` entries of 16 bits. Nobody pushes into a full one or shifts an empty one. */
export class Fifo {
  readonly capacity: number;
  readonly #entries: Uint16Array;
  #head = 0;
  #length = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.#entries = new Uint16Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** @hot */
  push(entry: number): void {
    this.#entries[(this.#head + this.#length) % this.capacity] = entry;
    this.#length += 1;
  }

  /** @hot */
  shift(): number {
    const entry = this.#entries[this.#head]!;
    this.#head = (this.#head + 1) % this.capacity;
    this.#length -= 1;
    return entry;
  }

  /** @hot The entry at `index` from the head. */
  at(index: number): number {
    return this.#entries[(this.#head + index) % this.capacity]!;
  }

  /** @hot */
  replaceHead(entry: number): void {
    this.#entries[this.#head] = entry;
  }

  /** @hot */
  clear(): void {
    this.#length = 0;
  }

  toArray(): number[] {
    return Array.from({ length: this.#length }, (_, index) => this.at(index));
  }
}

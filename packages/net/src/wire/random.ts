/** A seeded source of numbers (xorshift32). The same seed gives the same numbers everywhere. */
export class SeededRandom {
  #state: number;

  constructor(seed: number) {
    // Zero is the one state that xorshift does not leave.
    this.#state = (seed | 0) === 0 ? 0x6d2b79f5 : seed | 0;
  }

  /** A signed 32-bit integer. */
  int32(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return Math.imul(x, 0x9e3779b1);
  }

  /** From 0 up to, but not, 1. */
  fraction(): number {
    return (this.int32() >>> 0) / 2 ** 32;
  }
}

/** A seed that nobody can guess, for sequence numbers. */
export function randomSeed(): number {
  return crypto.getRandomValues(new Int32Array(1))[0]!;
}

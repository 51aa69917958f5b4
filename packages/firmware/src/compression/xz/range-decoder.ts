/**
 * The range decoder of LZMA, and the bit trees on it. Values are signed 32-bit, because those stay small integers to V8;
 * comparisons of unsigned ones flip the sign.
 */
const SIGN = 1 << 31;
const PROBABILITY_BITS = 11;
/** A probability of one half. */
export const EVEN = 1 << (PROBABILITY_BITS - 1);
const ADAPTATION = 5;

export class RangeDecoder {
  at = 0;
  readonly #bytes: Uint8Array;
  #range = -1;
  #code = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Begins at `at`: a zero byte, then four of the code. */
  begin(at: number): void {
    this.at = at + 5;
    this.#range = -1;
    this.#code = 0;
    for (let i = 1; i < 5; i++) this.#code = (this.#code << 8) | (this.#bytes[at + i] ?? 0);
  }

  /** @hot One bit by an adaptive probability. Beyond the end of the data zeroes are read. */
  bit(probabilities: Uint16Array, index: number): number {
    const probability = probabilities[index]!;
    const bound = Math.imul(this.#range >>> PROBABILITY_BITS, probability);
    let bit = 0;
    if ((this.#code ^ SIGN) < (bound ^ SIGN)) {
      this.#range = bound;
      probabilities[index] = probability + ((2 * EVEN - probability) >> ADAPTATION);
    } else {
      this.#range = (this.#range - bound) | 0;
      this.#code = (this.#code - bound) | 0;
      probabilities[index] = probability - (probability >> ADAPTATION);
      bit = 1;
    }
    if (this.#range >>> 24 === 0) {
      this.#range <<= 8;
      this.#code = (this.#code << 8) | (this.#bytes[this.at++] ?? 0);
    }
    return bit;
  }

  /** @hot Bits that are as likely 0 as 1, highest first. */
  direct(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) {
      this.#range >>>= 1;
      const one = (this.#code ^ SIGN) >= (this.#range ^ SIGN);
      if (one) this.#code = (this.#code - this.#range) | 0;
      value = (value << 1) | (one ? 1 : 0);
      if (this.#range >>> 24 === 0) {
        this.#range <<= 8;
        this.#code = (this.#code << 8) | (this.#bytes[this.at++] ?? 0);
      }
    }
    return value;
  }

  /** @hot A number of `bits` bits from the tree at `base`, highest bit first. */
  tree(probabilities: Uint16Array, base: number, bits: number): number {
    let node = 1;
    for (let i = 0; i < bits; i++) node = (node << 1) | this.bit(probabilities, base + node);
    return node - (1 << bits);
  }

  /** @hot The same, lowest bit first. */
  reverseTree(probabilities: Uint16Array, base: number, bits: number): number {
    let node = 1;
    let value = 0;
    for (let i = 0; i < bits; i++) {
      const bit = this.bit(probabilities, base + node);
      node = (node << 1) | bit;
      value |= bit << i;
    }
    return value;
  }
}

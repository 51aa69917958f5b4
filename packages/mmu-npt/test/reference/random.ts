/** Seeded numbers (Marsaglia's xorshift), so that a failing case can be named by its seed. */
export class Random {
  #x: number;
  constructor(seed: number) {
    this.#x = Math.imul(seed + 1, 0x9e3779b1) || 1;
    for (let i = 0; i < 4; i++) this.word();
  }
  /** 32 random bits, unsigned. */
  word(): number {
    this.#x ^= this.#x << 13;
    this.#x ^= this.#x >>> 17;
    this.#x ^= this.#x << 5;
    return this.#x >>> 0;
  }
  below(n: number): number {
    return Math.floor((this.word() / 2 ** 32) * n);
  }
  chance(percent: number): boolean {
    return this.below(100) < percent;
  }
  of<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }
}

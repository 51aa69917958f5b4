/**
 * A seeded source of numbers (mulberry32). The same seed gives the same numbers everywhere, so a finding can be
 * repeated from the seed that its message names.
 */
export class Random {
  readonly seed: number;
  #state: number;

  constructor(seed: number) {
    this.seed = seed >>> 0;
    this.#state = this.seed;
  }

  /** A signed 32-bit integer. */
  int32(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) | 0;
  }

  /** An integer from 0 to `limit` − 1; `limit` up to 2^32. */
  below(limit: number): number {
    return limit <= 1 ? 0 : (this.int32() >>> 0) % limit;
  }

  /** True in `of` of `outOf` cases. */
  chance(of: number, outOf: number): boolean {
    return this.below(outOf) < of;
  }

  /** Throws on an empty list, which is a defect of the caller. */
  pick<T>(from: readonly T[]): T {
    const index = this.below(from.length);
    if (index >= from.length) throw new Error('cannot pick from an empty list');
    return from[index] as T;
  }

  /** A signed 32-bit integer of the kind that finds defects: extremes, single bits, small counts, plain noise. */
  value(): number {
    switch (this.below(6)) {
      case 0: return this.pick(EXTREMES);
      case 1: return 1 << this.below(32);
      case 2: return this.below(16);
      case 3: return this.below(0x10000);
      case 4: return this.below(0x100000);
      default: return this.int32();
    }
  }

  bytes(length: number): Uint8Array {
    const out = new Uint8Array(length);
    for (let i = 0; i < length; i += 1) out[i] = this.int32();
    return out;
  }

  /** An independent source, so that one use does not shift the numbers of another. */
  fork(label: number): Random {
    return new Random(Math.imul(this.seed ^ 0x9e3779b9, 2 * label + 1) ^ label);
  }
}

/** Values at which registers, lengths and addresses break. All are signed 32-bit. */
export const EXTREMES: readonly number[] = Object.freeze([
  0, 1, -1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, -0x80000000, 0x55555555, -0x55555556, -4096,
]);

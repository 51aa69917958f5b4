/** A set of 256 vectors: IRR, ISR and TMR (Intel SDM vol. 3A, 11.8.4). */
export class VectorSet {
  /** Bit v & 31 of word v >> 5; the register file shows them as they are. */
  readonly words = new Int32Array(8);

  /** @hot */
  has(vector: number): boolean {
    return (this.words[vector >> 5]! & (1 << (vector & 31))) !== 0;
  }
  /** @hot */
  add(vector: number): void {
    this.words[vector >> 5]! |= 1 << (vector & 31);
  }
  /** @hot */
  delete(vector: number): void {
    this.words[vector >> 5]! &= ~(1 << (vector & 31));
  }
  /** @hot The highest vector, which has the highest priority; −1 when the set is empty. */
  highest(): number {
    for (let i = 7; i >= 0; i--) {
      const word = this.words[i]!;
      if (word !== 0) return 32 * i + 31 - Math.clz32(word);
    }
    return -1;
  }
  clear(): void {
    this.words.fill(0);
  }
}

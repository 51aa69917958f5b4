/** More pieces than this are not remembered: what lies beyond is dropped and comes again. */
const MOST = 32;

/**
 * Which bytes beyond the next expected one have arrived: sorted, disjoint pieces of sequence space. Bounded, because
 * a peer chooses how many there are.
 */
export class Intervals {
  count = 0;
  readonly #from = new Int32Array(MOST);
  readonly #to = new Int32Array(MOST);

  /** Adds [from, to), joined with what it touches. False when there is no room for another piece. */
  add(from: number, to: number): boolean {
    const { count } = this;
    let first = 0;
    while (first < count && ((this.#to[first]! - from) | 0) < 0) first += 1;
    let past = first;
    let low = from;
    let high = to;
    while (past < count && ((this.#from[past]! - to) | 0) <= 0) {
      if (((this.#from[past]! - low) | 0) < 0) low = this.#from[past]!;
      if (((this.#to[past]! - high) | 0) > 0) high = this.#to[past]!;
      past += 1;
    }
    const joined = past - first;
    if (joined === 0 && count === MOST) return false;
    this.#from.copyWithin(first + 1, past, count);
    this.#to.copyWithin(first + 1, past, count);
    this.#from[first] = low;
    this.#to[first] = high;
    this.count = count - joined + 1;
    return true;
  }

  /** The end of the piece that `next` lies in or touches, which is taken out; `next` when there is none. */
  advance(next: number): number {
    let end = next;
    while (this.count > 0 && ((this.#from[0]! - end) | 0) <= 0) {
      if (((this.#to[0]! - end) | 0) > 0) end = this.#to[0]!;
      this.#from.copyWithin(0, 1, this.count);
      this.#to.copyWithin(0, 1, this.count);
      this.count -= 1;
    }
    return end;
  }

  clear(): void {
    this.count = 0;
  }
}

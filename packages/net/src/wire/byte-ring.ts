/** Who decides whether a buffer may grow: a sum over all connections. */
export interface ByteBudget {
  /** Takes `bytes`; false when there is not so much left. */
  take(bytes: number): boolean;
  give(bytes: number): void;
}

/** A sum that no number of connections can exceed. */
export class Budget implements ByteBudget {
  left: number;

  constructor(total: number) {
    this.left = total;
  }
  take(bytes: number): boolean {
    if (bytes > this.left) return false;
    this.left -= bytes;
    return true;
  }
  give(bytes: number): void {
    this.left += bytes;
  }
}

const NOTHING = new Uint8Array(0);

/**
 * A stream's bytes in a ring whose size is a power of two. It begins with no memory, takes `first` bytes when
 * something comes, and grows up to `most` as far as the budget allows.
 */
export class ByteRing {
  length = 0;
  #bytes: Uint8Array = NOTHING;
  #head = 0;
  #taken = 0;
  readonly #first: number;
  readonly most: number;
  readonly #budget: ByteBudget;

  /** `first` and `most` are powers of two. `first` is granted without asking. */
  constructor(first: number, most: number, budget: ByteBudget) {
    this.#first = first;
    this.most = most;
    this.#budget = budget;
  }

  get capacity(): number {
    return this.#bytes.length;
  }

  /** Makes room for `needed` bytes in all. False when that is beyond the limits. */
  reserve(needed: number): boolean {
    let size = this.#bytes.length;
    if (needed <= size) return true;
    if (needed > this.most) return false;
    size = Math.max(size, this.#first);
    while (size < needed) size *= 2;
    const more = size - Math.max(this.#first, this.#bytes.length);
    if (more > 0 && !this.#budget.take(more)) return false;
    this.#taken += more;
    const bytes = new Uint8Array(size);
    // All that was there, unread and placed ahead, keeps its distance from the head.
    const old = this.#bytes;
    bytes.set(old.subarray(this.#head), 0);
    bytes.set(old.subarray(0, this.#head), old.length - this.#head);
    this.#bytes = bytes;
    this.#head = 0;
    return true;
  }

  /** Room for `needed` bytes as far as possible; returns the capacity there is then. */
  reserveUpTo(needed: number): number {
    let wish = Math.min(needed, this.most);
    while (wish > this.#bytes.length && !this.reserve(wish)) wish = wish >> 1;
    return this.#bytes.length;
  }

  /** @hot Copies bytes to `offset` behind the head, without counting them. The room is there. */
  place(offset: number, from: Uint8Array, at: number, count: number): void {
    const ring = this.#bytes;
    const start = (this.#head + offset) & (ring.length - 1);
    const first = Math.min(count, ring.length - start);
    copy(from, at, ring, start, first);
    if (first < count) copy(from, at + first, ring, 0, count - first);
  }

  /** @hot Counts bytes that were placed. */
  extend(count: number): void {
    this.length += count;
  }

  /** Appends as much as fits and returns how much that was. */
  append(from: Uint8Array, at: number, count: number): number {
    const capacity = this.reserveUpTo(this.length + count);
    const taken = Math.min(count, capacity - this.length);
    if (taken > 0) {
      this.place(this.length, from, at, taken);
      this.length += taken;
    }
    return taken;
  }

  /** @hot Copies `count` bytes from `offset` behind the head. */
  copyTo(offset: number, count: number, to: Uint8Array, at: number): void {
    const ring = this.#bytes;
    const start = (this.#head + offset) & (ring.length - 1);
    const first = Math.min(count, ring.length - start);
    copy(ring, start, to, at, first);
    if (first < count) copy(ring, 0, to, at + first, count - first);
  }

  /** The bytes at the head that lie in one piece. They stay as they are until they are consumed. */
  peek(): Uint8Array {
    return this.#bytes.subarray(this.#head, Math.min(this.#head + this.length, this.#bytes.length));
  }

  /** @hot */
  consume(count: number): void {
    this.#head = (this.#head + count) & (this.#bytes.length - 1);
    this.length -= count;
  }

  /** Gives the memory back. What is in the ring is lost. */
  release(): void {
    this.#budget.give(this.#taken);
    this.#taken = 0;
    this.#bytes = NOTHING;
    this.#head = 0;
    this.length = 0;
  }
}

/** Below this a loop beats the call of `set` and the view it needs. */
const SHORT = 32;

/** Copies between byte arrays. */
export function copy(from: Uint8Array, at: number, to: Uint8Array, where: number, count: number): void {
  if (count <= SHORT) for (let i = 0; i < count; i += 1) to[where + i] = from[at + i]!;
  else to.set(from.subarray(at, at + count), where);
}

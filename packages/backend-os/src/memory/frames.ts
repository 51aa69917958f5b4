import { FRAME_SIZE, type Dma, type RamRange } from '@polyvisor/core';

const ZEROS = new Uint8Array(FRAME_SIZE);

/** Hands out the guest's frames: first those that were given back, then those that nobody had yet. */
export class FramePool {
  readonly total: number;
  readonly #memory: Dma;
  readonly #ranges: readonly RamRange[];
  readonly #returned: number[] = [];
  #range = 0;
  #taken = 0;
  #used = 0;

  constructor(memory: Dma, ranges: readonly RamRange[]) {
    this.#memory = memory;
    this.#ranges = ranges;
    this.total = ranges.reduce((sum, range) => sum + range.count, 0);
    // Frame 0 is never used: an entry of zeros means that there is none.
    if (ranges[0]?.gfn === 0) this.#fresh();
  }

  get free(): number {
    return this.total - this.#used;
  }

  /** A frame with `content` (a page), else of zeros; −1 when none is left. */
  allocate(content: Uint8Array = ZEROS): number {
    const returned = this.#returned.pop();
    const gfn = returned ?? this.#fresh();
    if (gfn < 0) return -1;
    if (returned !== undefined) this.#used++;
    this.#memory.write(gfn * FRAME_SIZE, content, 0, FRAME_SIZE);
    return gfn;
  }

  release(gfn: number): void {
    this.#returned.push(gfn);
    this.#used--;
  }

  #fresh(): number {
    let range = this.#ranges[this.#range];
    while (range !== undefined && this.#taken >= range.count) {
      this.#taken = 0;
      range = this.#ranges[++this.#range];
    }
    if (range === undefined) return -1;
    this.#used++;
    return range.gfn + this.#taken++;
  }
}

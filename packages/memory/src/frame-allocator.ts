import { FRAME_SIZE, RUN_FRAMES, type CodeFrames, type FrameAllocator } from '@polyvisor/core';

const NONE = -1;
/** Copying zeros takes a third of the time that `fill` takes on a shared memory (Node 26). */
const ZEROS = new Uint8Array(FRAME_SIZE);

/**
 * Hands out frames one by one or in 2 MiB runs. Free frames of a run form a list inside `#next`; runs that are
 * partly used form a doubly linked list, so that single frames fill partly used runs before they break open a whole
 * one, and every operation takes constant time.
 */
export class RunAllocator implements FrameAllocator {
  readonly total: number;
  free: number;
  readonly #bytes: Uint8Array;
  readonly #code: CodeFrames;
  readonly #firstMfn: number;
  /** By frame: reference count; next free frame in the run; whether it was ever handed out (and so needs zeroing). */
  readonly #refs: Uint32Array;
  readonly #next: Int32Array;
  readonly #used: Uint8Array;
  /** By run: free frames; head of its free list; frames at and above `#bump` were never split off. */
  readonly #runFree: Uint16Array;
  readonly #runHead: Int32Array;
  readonly #runBump: Uint16Array;
  readonly #runPrev: Int32Array;
  readonly #runNext: Int32Array;
  #partial = NONE;
  readonly #wholeRuns: Int32Array;
  /** Place of a whole run in `#wholeRuns`. */
  #wholeCount = 0;

  constructor(bytes: Uint8Array, code: CodeFrames, firstMfn: number, runs: number) {
    this.#bytes = bytes;
    this.#code = code;
    this.#firstMfn = firstMfn;
    this.total = runs * RUN_FRAMES;
    this.free = this.total;
    this.#refs = new Uint32Array(this.total);
    this.#next = new Int32Array(this.total);
    this.#used = new Uint8Array(this.total);
    this.#runFree = new Uint16Array(runs).fill(RUN_FRAMES);
    this.#runHead = new Int32Array(runs).fill(NONE);
    this.#runBump = new Uint16Array(runs);
    this.#runPrev = new Int32Array(runs).fill(NONE);
    this.#runNext = new Int32Array(runs).fill(NONE);
    this.#wholeRuns = new Int32Array(runs);
    for (let run = runs - 1; run >= 0; run--) this.#wholeRuns[this.#wholeCount++] = run;
  }

  /** @hot */
  allocate(): number {
    let run = this.#partial;
    if (run === NONE) {
      if (this.#wholeCount === 0) return NONE;
      run = this.#wholeRuns[--this.#wholeCount]!;
      this.#linkPartial(run);
    }
    let frame = this.#runHead[run]!;
    if (frame === NONE) frame = run * RUN_FRAMES + this.#runBump[run]!++;
    else this.#runHead[run] = this.#next[frame]!;
    if (--this.#runFree[run]! === 0) this.#unlinkPartial(run);
    this.free--;
    this.#refs[frame] = 1;
    this.#zero(frame);
    return this.#firstMfn + frame;
  }

  allocateRun(runs = 1): number {
    if (runs !== 1) return this.#allocateRow(runs);
    if (this.#wholeCount === 0) return NONE;
    return this.#takeRun(this.#wholeRuns[--this.#wholeCount]!);
  }

  /** Runs one after the other. Rare: for the memory of devices. */
  #allocateRow(runs: number): number {
    const whole = this.#wholeRuns.slice(0, this.#wholeCount).sort();
    const at = whole.findIndex((run, i) => i + runs <= whole.length && whole[i + runs - 1] === run + runs - 1);
    if (at < 0) return NONE;
    const first = whole[at]!;
    // Those that stay keep their order, lowest last, so that further runs are in a row too.
    const rest = this.#wholeRuns.slice(0, this.#wholeCount).filter((run) => run < first || run >= first + runs);
    this.#wholeRuns.set(rest);
    this.#wholeCount = rest.length;
    for (let run = first; run < first + runs; run++) this.#takeRun(run);
    return this.#firstMfn + first * RUN_FRAMES;
  }

  #takeRun(run: number): number {
    const first = run * RUN_FRAMES;
    this.#runFree[run] = 0;
    this.#runBump[run] = RUN_FRAMES;
    this.#refs.fill(1, first, first + RUN_FRAMES);
    for (let i = 0; i < RUN_FRAMES; i++) this.#zero(first + i);
    this.free -= RUN_FRAMES;
    return this.#firstMfn + first;
  }

  /** @hot */
  retain(mfn: number): void {
    const frame = mfn - this.#firstMfn;
    if (this.references(mfn) > 0) this.#refs[frame]!++;
  }

  /** @hot */
  release(mfn: number): number {
    const frame = mfn - this.#firstMfn;
    if (this.references(mfn) === 0) return 0;
    const left = --this.#refs[frame]!;
    if (left > 0) return left;
    this.#code.written(mfn);
    const run = (frame / RUN_FRAMES) | 0;
    this.#next[frame] = this.#runHead[run]!;
    this.#runHead[run] = frame;
    this.free++;
    const free = ++this.#runFree[run]!;
    if (free === 1) this.#linkPartial(run);
    if (free === RUN_FRAMES) {
      this.#unlinkPartial(run);
      this.#runHead[run] = NONE;
      this.#runBump[run] = 0;
      this.#wholeRuns[this.#wholeCount++] = run;
    }
    return 0;
  }

  /** @hot */
  references(mfn: number): number {
    const frame = mfn - this.#firstMfn;
    return frame >= 0 && frame < this.total ? this.#refs[frame]! : 0;
  }

  /** @hot */
  offset(mfn: number): number {
    return mfn * FRAME_SIZE;
  }

  /** Never-used frames are zero already, and touching them would make the operating system commit them. @hot */
  #zero(frame: number): void {
    if (this.#used[frame] === 0) {
      this.#used[frame] = 1;
      return;
    }
    this.#bytes.set(ZEROS, (this.#firstMfn + frame) * FRAME_SIZE);
  }

  #linkPartial(run: number): void {
    this.#runPrev[run] = NONE;
    this.#runNext[run] = this.#partial;
    if (this.#partial !== NONE) this.#runPrev[this.#partial] = run;
    this.#partial = run;
  }

  #unlinkPartial(run: number): void {
    const prev = this.#runPrev[run]!;
    const next = this.#runNext[run]!;
    if (prev === NONE) this.#partial = next;
    else this.#runNext[prev] = next;
    if (next !== NONE) this.#runPrev[next] = prev;
  }
}

import { FrameOffload } from '@polyvisor/core';

/** Numbers kept of a frame's offload, the first says whether there is one. */
const FIELDS = 7;

/**
 * Frames that wait, copied one behind the other into one piece of memory, so that a waiting frame makes no object.
 * Bounded by bytes and by count. Memory comes with the first frame.
 */
export class FrameRing {
  readonly #most: number;
  readonly #size: number;
  #bytes: Uint8Array | undefined;
  #offsets: Int32Array | undefined;
  #lengths: Int32Array | undefined;
  #offloads: Int32Array | undefined;
  readonly #offload = new FrameOffload();
  #first = 0;
  count = 0;
  /** Where the next frame goes, and where the oldest begins. */
  #tail = 0;

  /** `size` in bytes; `most` frames. */
  constructor(size: number, most: number) {
    this.#size = size;
    this.#most = most;
  }

  /** Takes a copy. False when there is no room: nothing was taken. */
  push(frame: Uint8Array, offload?: FrameOffload): boolean {
    const { length } = frame;
    if (this.count === this.#most || length > this.#size) return false;
    this.#bytes ??= new Uint8Array(this.#size);
    this.#offsets ??= new Int32Array(this.#most);
    this.#lengths ??= new Int32Array(this.#most);
    const at = this.#place(length);
    if (at < 0) return false;
    this.#bytes.set(frame, at);
    const slot = (this.#first + this.count) % this.#most;
    this.#offsets[slot] = at;
    this.#lengths[slot] = length;
    this.#keep(slot, offload);
    this.#tail = at + length;
    this.count += 1;
    return true;
  }

  /** The oldest frame, valid until it is dropped. */
  peek(): Uint8Array | undefined {
    if (this.count === 0) return undefined;
    const at = this.#offsets![this.#first]!;
    return this.#bytes!.subarray(at, at + this.#lengths![this.#first]!);
  }

  /** How the oldest frame is to be read, valid until the next call; `undefined` for an ordinary one. */
  peekOffload(): FrameOffload | undefined {
    const all = this.#offloads;
    const at = this.#first * FIELDS;
    if (all === undefined || this.count === 0 || all[at] === 0) return undefined;
    const offload = this.#offload;
    offload.flags = all[at + 1]!;
    offload.segmentation = all[at + 2]!;
    offload.headerBytes = all[at + 3]!;
    offload.segmentBytes = all[at + 4]!;
    offload.checksumStart = all[at + 5]!;
    offload.checksumOffset = all[at + 6]!;
    return offload;
  }

  /** Forgets the oldest frame. */
  shift(): void {
    if (this.count === 0) return;
    this.#first = (this.#first + 1) % this.#most;
    this.count -= 1;
    if (this.count === 0) this.#tail = 0;
  }

  clear(): void {
    this.count = 0;
    this.#first = 0;
    this.#tail = 0;
  }

  #keep(slot: number, offload: FrameOffload | undefined): void {
    if (offload === undefined) {
      if (this.#offloads !== undefined) this.#offloads[slot * FIELDS] = 0;
      return;
    }
    const all = (this.#offloads ??= new Int32Array(this.#most * FIELDS));
    const at = slot * FIELDS;
    all[at] = 1;
    all[at + 1] = offload.flags;
    all[at + 2] = offload.segmentation;
    all[at + 3] = offload.headerBytes;
    all[at + 4] = offload.segmentBytes;
    all[at + 5] = offload.checksumStart;
    all[at + 6] = offload.checksumOffset;
  }

  /** Where a frame of this length fits in one piece; −1 when nowhere. */
  #place(length: number): number {
    if (this.count === 0) return 0;
    const oldest = this.#offsets![this.#first]!;
    if (this.#tail > oldest) {
      if (this.#tail + length <= this.#size) return this.#tail;
      return length <= oldest ? 0 : -1;
    }
    return this.#tail + length <= oldest ? this.#tail : -1;
  }
}

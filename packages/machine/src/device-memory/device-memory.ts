import { Access, FRAME_SIZE, RUN_FRAMES, type AddressSpace, type DeviceMemory, type Host } from '@polyvisor/core';
import { Wanted } from '../dispatch/movable.ts';

/** Frames that the guest sees, by their index in the memory. */
interface Shown {
  readonly index: number;
  readonly gfn: number;
  readonly count: number;
}

const RIGHTS = Access.read | Access.write;
const LIMIT = 2 ** 48;

/** One device's memory: frames of the Host that lie together, shown to the guest where the device places them. */
export class MappedMemory extends Wanted implements DeviceMemory {
  readonly bytes: Uint8Array;
  readonly frames: number;
  shown: Shown[] = [];
  readonly #host: Host;
  readonly #space: AddressSpace;
  readonly #first: number;
  /** Written, by frame; shown no longer, not harvested yet. */
  readonly #left: Int32Array;

  /** `first` is the first of the frames, each held once by this memory. */
  constructor(host: Host, space: AddressSpace, first: number, frames: number) {
    super(frames * FRAME_SIZE, LIMIT, FRAME_SIZE);
    this.frames = frames;
    this.#host = host;
    this.#space = space;
    this.#first = first;
    this.#left = new Int32Array(Math.ceil(frames / 32));
    const offset = host.frames.offset(first);
    this.bytes = host.bytes.subarray(offset, offset + frames * FRAME_SIZE);
  }

  harvestWritten(bitmap: Int32Array): number {
    this.#harvest();
    let found = 0;
    for (let i = 0; i < this.#left.length; i++) {
      const word = this.#left[i]!;
      for (let rest = word; rest !== 0; rest &= rest - 1) found++;
      bitmap[i] = word;
    }
    this.#left.fill(0);
    return found;
  }

  hide(): void {
    this.#harvest();
    for (const { gfn, count } of this.shown) this.#space.unmap(gfn, count);
    this.shown = [];
  }

  /** Shows the frames whose places `free` leaves: neither RAM nor a device is there. */
  show(free: (gfn: number) => boolean): void {
    if (this.base === undefined) return;
    const start = this.base / FRAME_SIZE;
    let index = 0;
    while (index < this.frames) {
      const first = index;
      while (index < this.frames && free(start + index)) index++;
      if (index > first) this.#map(first, start + first, index - first);
      while (index < this.frames && !free(start + index)) index++;
    }
  }

  release(): void {
    this.hide();
    for (let i = 0; i < this.frames; i++) this.#host.frames.release(this.#first + i);
  }

  #map(index: number, gfn: number, count: number): void {
    // What answered there until now was the open bus.
    this.#space.unmap(gfn, count);
    for (let i = 0; i < count; i++) this.#host.frames.retain(this.#first + index + i);
    this.#space.map(gfn, this.#first + index, count, RIGHTS);
    this.shown.push({ index, gfn, count });
  }

  #harvest(): void {
    for (const { index, gfn, count } of this.shown) {
      const bits = new Int32Array(Math.ceil(count / 32));
      if (this.#space.harvestDirty(gfn, count, bits) === 0) continue;
      for (let i = 0; i < count; i++) {
        if ((bits[i >> 5]! & (1 << (i & 31))) !== 0) this.#left[(index + i) >> 5]! |= 1 << ((index + i) & 31);
      }
    }
  }
}

/** 2 MiB runs that a memory of this size takes. */
export function runsOf(size: number): number {
  return Math.ceil(size / (RUN_FRAMES * FRAME_SIZE));
}

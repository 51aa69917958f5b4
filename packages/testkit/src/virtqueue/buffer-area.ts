import { DmaStatus, PolyvisorError, type Dma } from '@polyvisor/core';
import { testkitErrors } from '../errors/testkit-errors.ts';
import type { PlacedSegment, Segment } from './driver-queue.ts';

/** Where a driver's buffers lie. */
export class BufferArea {
  readonly memory: Dma;
  readonly #start: number;
  readonly #bytes: number;
  #next: number;

  /** With `bytes`, room is given out again from the start when so much of it was used. */
  constructor(memory: Dma, start: number, bytes = Infinity) {
    this.memory = memory;
    this.#start = Math.ceil(start / 16) * 16;
    this.#bytes = bytes;
    this.#next = this.#start;
  }

  allocate(length: number): number {
    const size = Math.ceil(Math.max(1, length) / 16) * 16;
    if (this.#next + size > this.#start + this.#bytes) this.#next = this.#start;
    const at = this.#next;
    this.#next += size;
    return at;
  }

  place(segment: Segment): PlacedSegment {
    const length = 'read' in segment ? segment.read.length : segment.write;
    const address = this.allocate(length);
    if ('read' in segment) this.check(this.memory.write(address, segment.read, 0, length));
    return { address, length, writable: 'write' in segment };
  }

  /** `written` bytes of what the device may write to. */
  contents(segments: readonly PlacedSegment[], written: number): Uint8Array {
    const writable = segments.filter((segment) => segment.writable);
    const out = new Uint8Array(Math.min(written, writable.reduce((sum, { length }) => sum + length, 0)));
    let done = 0;
    for (const { address, length } of writable) {
      const step = Math.min(length, out.length - done);
      if (step > 0) this.check(this.memory.read(address, out, done, step));
      done += step;
    }
    return out;
  }

  store(at: number, size: 2 | 4, value: number): void {
    this.check(this.memory.store(at, size, value | 0));
  }
  load(at: number, size: 2 | 4): number {
    const value = this.memory.load(at, size);
    this.check(this.memory.status);
    return value;
  }

  check(status: DmaStatus): void {
    if (status !== DmaStatus.ok) throw misuse(`the queue or a buffer lies where there is no memory (status ${status})`);
  }
}

export function misuse(why: string): PolyvisorError {
  return new PolyvisorError([testkitErrors['queue-misuse']('virtqueue', { why })]);
}

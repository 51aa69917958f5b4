import type { Dma, DmaStatus } from '@polyvisor/core';
import { hex, type Trace } from '../../trace/trace.ts';

/** Passes accesses on and records the writes. */
export class RecordingDma implements Dma {
  readonly #inner: Dma;
  readonly #trace: Trace;

  constructor(inner: Dma, trace: Trace) {
    this.#inner = inner;
    this.#trace = trace;
  }

  get status(): DmaStatus {
    return this.#inner.status;
  }
  read(address: number, into: Uint8Array, at: number, length: number): DmaStatus {
    this.#trace.tick(length);
    return this.#inner.read(address, into, at, length);
  }
  write(address: number, from: Uint8Array, at: number, length: number): DmaStatus {
    this.#trace.tick(length);
    this.#trace.add(`memory write ${hex(address)}+${length}`);
    return this.#inner.write(address, from, at, length);
  }
  load(address: number, size: 1 | 2 | 4): number {
    this.#trace.tick(size);
    return this.#inner.load(address, size);
  }
  store(address: number, size: 1 | 2 | 4, value: number): DmaStatus {
    this.#trace.tick(size);
    this.#trace.add(`memory store ${hex(address)}/${size} = ${hex(value)}`);
    return this.#inner.store(address, size, value);
  }
}

import type { Dma } from '@polyvisor/core';
import type { DriverQueue } from '@polyvisor/testkit';

/** A buffer of a chain that a bench uses again and again. */
export interface Buffer {
  readonly address: number;
  readonly length: number;
  readonly writable: boolean;
}

/** Publishes chains that were written once: what is measured is the device, not its driver. */
export class BenchQueue {
  readonly queue: DriverQueue;
  readonly #memory: Dma;
  readonly #heads: number[] = [];
  #avail = 0;
  #used = 0;

  constructor(queue: DriverQueue) {
    this.queue = queue;
    this.#memory = queue.memory;
  }

  /** Makes a chain of its own descriptors and returns its number. */
  prepare(buffers: readonly Buffer[]): number {
    const indexes = buffers.map(() => this.queue.take());
    for (const [i, { address, length, writable }] of buffers.entries()) {
      const next = indexes[i + 1];
      this.queue.writeDescriptor(indexes[i]!, { address, length, flags: (writable ? 2 : 0) | (next === undefined ? 0 : 1), next: next ?? 0 });
    }
    this.#heads.push(indexes[0]!);
    return this.#heads.length - 1;
  }

  publish(chain: number): void {
    const { avail } = this.queue.at;
    this.#memory.store(avail + 4 + 2 * (this.#avail % this.queue.size), 2, this.#heads[chain]!);
    this.#avail = (this.#avail + 1) & 0xffff;
  }
  /** Shows the device what was published. */
  commit(): void {
    this.#memory.store(this.queue.at.avail + 2, 2, this.#avail);
  }
  /** How many chains came back since the last call. */
  takeUsed(): number {
    const index = this.#memory.load(this.queue.at.used + 2, 2) & 0xffff;
    const fresh = (index - this.#used) & 0xffff;
    this.#used = index;
    return fresh;
  }
}

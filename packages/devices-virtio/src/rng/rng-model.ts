import type { Timer } from '@polyvisor/core';
import type { Services, VirtioHost, VirtioModel } from '../virtio/model.ts';
import type { EntropySource } from './rng.ts';
import type { RngState } from './state.ts';

export interface RngSetup {
  readonly source: EntropySource;
  /** Bytes in a period, and the period in nanoseconds. */
  readonly maxBytes: number;
  readonly period: number;
}

/** A buffer that is longer is filled in part, which the driver has to expect (§5.4.6.1). */
const PIECE = 65536;

/** The entropy device (VIRTIO 1.2 §5.4). */
export class RngModel implements VirtioModel<RngState> {
  readonly features: readonly number[] = [];
  readonly config = new Uint8Array(0);
  readonly #host: VirtioHost<Services>;
  readonly #setup: RngSetup;
  readonly #timer: Timer;
  readonly #bytes = new Uint8Array(PIECE);
  #left: number;

  constructor(host: VirtioHost<Services>, setup: RngSetup, saved: RngState | undefined) {
    this.#host = host;
    this.#setup = setup;
    this.#left = saved?.left ?? setup.maxBytes;
    this.#timer = host.timer(() => this.#renew());
    if (saved && saved.renewsAt !== null) this.#timer.arm(saved.renewsAt);
  }

  /** @hot */
  handleQueue(index: number): void {
    const queue = this.#host.queues[index]!;
    while (this.#left > 0) {
      const chain = queue.pop();
      if (chain === undefined) break;
      const length = Math.min(chain.writable, this.#left, PIECE);
      if (length === 0) {
        this.#host.fail('a buffer for random bytes cannot be written');
        return;
      }
      this.#fill(length);
      if (!chain.write(0, this.#bytes, 0, length)) return;
      queue.push(chain, length);
      this.#left -= length;
      if (!this.#timer.armed && Number.isSafeInteger(this.#setup.maxBytes + 1)) this.#timer.arm(this.#host.clock.now() + this.#setup.period);
    }
    queue.flush();
  }

  reset(): void {
    this.#timer.cancel();
    this.#left = this.#setup.maxBytes;
  }

  save(): RngState {
    return { left: this.#left, renewsAt: this.#timer.armed ? this.#timer.deadline : null };
  }

  destroy(): void {
    this.#timer.cancel();
  }

  #fill(length: number): void {
    this.#setup.source.fill(this.#bytes.subarray(0, length));
  }

  #renew(): void {
    this.#left = this.#setup.maxBytes;
    this.#host.queues[0]!.beginPass();
    this.handleQueue(0);
  }
}

import type { Dma } from '@polyvisor/core';
import { Segments } from './prp.ts';
import { SQE_BYTES, Sqe } from './registers.ts';
import type { SubmissionQueue } from './queue.ts';

/** A larger buffer is not kept when the command is over. */
const KEPT = 64 * 1024;

/** A command from when it is fetched until it completes. Jobs are used again. */
export class Job {
  /** Set while the command is under way. */
  queue: SubmissionQueue | undefined;
  /** The submission queue entry. */
  readonly bytes = new Uint8Array(SQE_BYTES);
  readonly command = new DataView(this.bytes.buffer);
  readonly segments: Segments;
  /** Bytes of data, counted while the backend works at it. */
  length = 0;
  /** Made once, so that waiting makes no closures. */
  readonly done: () => void;
  readonly failed: (reason: unknown) => void;
  #buffer = new Uint8Array(0);

  constructor(dma: Dma, onDone: (job: Job) => void, onFailed: (job: Job, reason: unknown) => void) {
    this.segments = new Segments(dma);
    this.done = () => onDone(this);
    this.failed = (reason) => onFailed(this, reason);
  }

  /** @hot */
  get opcode(): number {
    return this.bytes[Sqe.OPCODE]!;
  }

  /** @hot */
  get id(): number {
    return this.command.getUint16(Sqe.CID, true);
  }

  /** Room for the command's data, with whatever is in it. */
  buffer(): Uint8Array {
    if (this.#buffer.length < this.length) this.#buffer = new Uint8Array(2 ** Math.ceil(Math.log2(this.length)));
    return this.#buffer.length === this.length ? this.#buffer : this.#buffer.subarray(0, this.length);
  }

  release(): void {
    this.queue = undefined;
    this.length = 0;
    if (this.#buffer.length > KEPT) this.#buffer = new Uint8Array(0);
  }
}

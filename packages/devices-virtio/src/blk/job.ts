import type { Chain } from '../queue/chain.ts';
import type { Virtqueue } from '../queue/virtqueue.ts';
import { Type } from './registers.ts';


/** What is asked of the backend at once: one request, or neighbouring ones that were merged. Jobs are used again. */
export class Job {
  type: number = Type.IN;
  /** On the disk, in bytes. */
  offset = 0;
  length = 0;
  buffer: Uint8Array | undefined;
  /** The driver had reset the device when the backend answered: nothing is touched. */
  generation = 0;
  readonly chains: Chain[] = [];
  readonly queues: Virtqueue[] = [];
  readonly lengths: number[] = [];
  /** Made once, so that waiting makes no closures. */
  readonly done: () => void;
  readonly failed: (reason: unknown) => void;

  constructor(onDone: (job: Job) => void, onFailed: (job: Job, reason: unknown) => void) {
    this.done = () => onDone(this);
    this.failed = (reason) => onFailed(this, reason);
  }

  /** @hot */
  begin(type: number, offset: number, generation: number): void {
    this.type = type;
    this.offset = offset;
    this.length = 0;
    this.buffer = undefined;
    this.generation = generation;
    this.chains.length = 0;
    this.queues.length = 0;
    this.lengths.length = 0;
  }

  /** @hot */
  add(chain: Chain, queue: Virtqueue, length: number): void {
    this.chains.push(chain);
    this.queues.push(queue);
    this.lengths.push(length);
    this.length += length;
  }
}

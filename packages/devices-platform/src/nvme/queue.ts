import { CQE_BYTES, SQE_BYTES } from './registers.ts';

/** A completion queue (4.1): the controller writes at the tail, the driver says by the doorbell how far it has read. */
export class CompletionQueue {
  readonly id: number;
  readonly base: number;
  readonly size: number;
  readonly vector: number;
  readonly interrupts: boolean;
  head = 0;
  tail = 0;
  /** The phase tag of the entries that are written now (4.6). */
  phase: 0 | 1 = 1;
  /** The driver is to be interrupted for entries that were written. */
  dirty = false;
  /** Submission queues that complete here. */
  users = 0;
  /** Completions without room: command-specific dword, SQ head and identifier, command identifier and status, each. */
  readonly waiting: number[] = [];

  constructor(id: number, base: number, size: number, vector: number, interrupts: boolean) {
    this.id = id;
    this.base = base;
    this.size = size;
    this.vector = vector;
    this.interrupts = interrupts;
  }

  /** @hot */
  get full(): boolean {
    return (this.tail + 1 === this.size ? 0 : this.tail + 1) === this.head;
  }

  /** @hot */
  get empty(): boolean {
    return this.head === this.tail;
  }

  /** @hot Where the next entry goes, in bytes. */
  get address(): number {
    return this.base + CQE_BYTES * this.tail;
  }

  /** @hot */
  advance(): void {
    this.tail += 1;
    if (this.tail < this.size) return;
    this.tail = 0;
    this.phase = this.phase === 1 ? 0 : 1;
  }

  /** @hot The driver cannot have read more than was written. */
  accepts(head: number): boolean {
    if (head < 0 || head >= this.size) return false;
    const written = (this.tail - this.head + this.size) % this.size;
    return (head - this.head + this.size) % this.size <= written;
  }
}

/** A submission queue: the driver writes at the tail, the controller fetches at the head. */
export class SubmissionQueue {
  readonly id: number;
  readonly base: number;
  readonly size: number;
  readonly completions: CompletionQueue;
  head = 0;
  tail = 0;
  /** False once it was deleted or the controller was reset: what is under way for it is forgotten. */
  alive = true;

  constructor(id: number, base: number, size: number, completions: CompletionQueue) {
    this.id = id;
    this.base = base;
    this.size = size;
    this.completions = completions;
    completions.users += 1;
  }

  /** @hot */
  get address(): number {
    return this.base + SQE_BYTES * this.head;
  }

  /** @hot */
  advance(): void {
    this.head = this.head + 1 === this.size ? 0 : this.head + 1;
  }
}

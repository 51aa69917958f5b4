import { DmaStatus, type Dma, type MessagePort } from '@polyvisor/core';
import { MsixCapability } from '../pci/msix.ts';
import type { PciConfigSpace } from '../pci/config-space.ts';
import { CompletionQueue, SubmissionQueue } from './queue.ts';
import { CQE_BYTES, DNR, Offset, Status } from './registers.ts';
import type { QueuesState } from './state.ts';

/** The phase tag and the status share the upper half of the entry's last dword (4.6). */
const PHASE = 0x1_0000;

/** All queues, what is written to them, and the interrupts that tell of it (7.5). */
export class Queues {
  readonly completion: (CompletionQueue | undefined)[];
  readonly submission: (SubmissionQueue | undefined)[];
  readonly msix: MsixCapability;
  /** INTMS and INTMC: vectors that do not reach INTx#. */
  mask = 0;
  /** A completion could not be written. */
  lost = false;
  readonly #dma: Dma;
  readonly #space: PciConfigSpace;
  readonly #entry = new Uint8Array(CQE_BYTES);
  readonly #view = new DataView(this.#entry.buffer);

  /** `count` pairs beside the admin queues. */
  constructor(count: number, dma: Dma, space: PciConfigSpace, port: MessagePort) {
    this.completion = Array<CompletionQueue | undefined>(count + 1).fill(undefined);
    this.submission = Array<SubmissionQueue | undefined>(count + 1).fill(undefined);
    this.#dma = dma;
    this.#space = space;
    this.msix = new MsixCapability(space, port, { count: count + 1, bar: 0, table: Offset.MSIX_TABLE, pending: Offset.MSIX_PENDING });
  }

  get active(): boolean {
    return this.submission.some((queue, id) => id > 0 && queue) || this.completion.some((queue, id) => id > 0 && queue);
  }

  addCompletion(id: number, base: number, size: number, vector: number, interrupts: boolean): CompletionQueue {
    return (this.completion[id] = new CompletionQueue(id, base, size, vector, interrupts));
  }

  addSubmission(id: number, base: number, size: number, completions: CompletionQueue): SubmissionQueue {
    return (this.submission[id] = new SubmissionQueue(id, base, size, completions));
  }

  removeSubmission(queue: SubmissionQueue): void {
    queue.alive = false;
    queue.completions.users -= 1;
    this.submission[queue.id] = undefined;
  }

  removeCompletion(queue: CompletionQueue): void {
    this.completion[queue.id] = undefined;
    this.drive();
  }

  /** @hot Completes a command. Where the driver has left no room, the completion waits for it. */
  complete(queue: SubmissionQueue, command: number, status: number, result: number): void {
    const { completions } = queue;
    const wire = worthRetrying(status) ? status : status | DNR;
    const where = queue.head | (queue.id << 16);
    const what = command | (wire << 17);
    if (completions.full || completions.waiting.length > 0) completions.waiting.push(result, where, what);
    else this.#put(completions, result, where, what);
  }

  /** @hot The driver has read up to `head`. */
  release(queue: CompletionQueue, head: number): void {
    queue.head = head;
    if (queue.waiting.length > 0) this.#putWaiting(queue);
    this.notify();
    this.drive();
  }

  /** @hot Interrupts for what was written since the last time: one for each queue. */
  notify(): void {
    for (let id = 0; id < this.completion.length; id++) {
      const queue = this.completion[id];
      if (queue === undefined || !queue.dirty) continue;
      queue.dirty = false;
      if (!queue.interrupts) continue;
      if (this.msix.enabled) this.msix.send(queue.vector);
      else this.drive();
    }
  }

  /** @hot INTx# is asserted while a queue that interrupts has entries to read (7.5.1.1). */
  drive(): void {
    let asserted = false;
    for (let id = 0; id < this.completion.length; id++) {
      const queue = this.completion[id];
      if (queue === undefined || !queue.interrupts || queue.empty || queue.dirty) continue;
      if ((this.mask & (1 << queue.vector)) === 0) asserted = true;
    }
    this.#space.interrupt(asserted && !this.msix.enabled);
  }

  reset(): void {
    for (const queue of this.submission) if (queue) queue.alive = false;
    this.submission.fill(undefined);
    this.completion.fill(undefined);
    this.mask = 0;
    this.lost = false;
    this.drive();
  }

  save(): QueuesState {
    return {
      completionQueues: this.completion.filter((queue) => queue !== undefined).map(
        ({ id, base, size, vector, interrupts, head, tail, phase, dirty, waiting }) => ({ id, base, size, vector, interrupts, head, tail, phase, dirty, waiting: [...waiting] }),
      ),
      submissionQueues: this.submission.filter((queue) => queue !== undefined).map(
        ({ id, base, size, head, tail, completions }) => ({ id, base, size, head, tail, completions: completions.id }),
      ),
    };
  }

  restore({ completionQueues, submissionQueues }: QueuesState): void {
    for (const { id, base, size, vector, interrupts, head, tail, phase, dirty, waiting } of completionQueues) {
      const queue = this.addCompletion(id, base, size, vector, interrupts);
      Object.assign(queue, { head: head % size, tail: tail % size, phase, dirty });
      queue.waiting.push(...waiting);
    }
    for (const { id, base, size, head, tail, completions } of submissionQueues) {
      const target = this.completion[completions];
      if (target) Object.assign(this.addSubmission(id, base, size, target), { head: head % size, tail: tail % size });
    }
  }

  #putWaiting(queue: CompletionQueue): void {
    let at = 0;
    for (; at < queue.waiting.length && !queue.full; at += 3) this.#put(queue, queue.waiting[at]!, queue.waiting[at + 1]!, queue.waiting[at + 2]!);
    queue.waiting.splice(0, at);
  }

  /** @hot The dword with the phase tag goes last: a driver that sees the tag finds the rest written. */
  #put(queue: CompletionQueue, result: number, where: number, what: number): void {
    this.#view.setInt32(0, result, true);
    this.#view.setInt32(8, where, true);
    const { address } = queue;
    const written = this.#dma.write(address, this.#entry, 0, CQE_BYTES - 4);
    if (written !== DmaStatus.ok || this.#dma.store(address + CQE_BYTES - 4, 4, what | (queue.phase * PHASE)) !== DmaStatus.ok) this.lost = true;
    queue.advance();
    queue.dirty = true;
  }
}

/** @hot */
function worthRetrying(status: number): boolean {
  switch (status) {
    case Status.SUCCESS:
    case Status.ABORT_REQUESTED:
    case Status.ABORTED_SQ_DELETION:
    case Status.INTERNAL_ERROR:
    case Status.WRITE_FAULT:
    case Status.UNRECOVERED_READ_ERROR:
      return true;
    default:
      return false;
  }
}

import { DmaStatus, type Clock, type DeviceLog, type Dma, type MessagePort, type Region, type Timer } from '@polyvisor/core';
import type { PciConfigSpace } from '../pci/config-space.ts';
import { AdminCommands } from './admin.ts';
import type { NvmeConfig } from './config.ts';
import { NvmeCounters } from './counters.ts';
import { AsyncEvents } from './events.ts';
import { Features } from './features.ts';
import { Job } from './job.ts';
import type { Namespace } from './namespace.ts';
import { NvmCommands } from './nvm-commands.ts';
import type { SubmissionQueue } from './queue.ts';
import { Queues } from './queues.ts';
import {
  AsyncEvent, CAP_HIGH, CAP_LOW, Cc, Csts, FLAGS_UNSUPPORTED, LATER, Nvm, Offset, PAGE, SQE_BYTES, Sqe, Status, VERSION,
} from './registers.ts';
import type { NvmeState } from './state.ts';

/** Commands that the backend works at, and their data in bytes; further ones wait in their queues. */
const MAX_COMMANDS = 256;
const MAX_IN_FLIGHT = 8 * 2 ** 20;
/** One turn does so much and goes on at the next occasion, so that no queue holds the machine up. */
const TURN_COMMANDS = 256;
const TURN_BYTES = 2 * 2 ** 20;

export interface ControllerParts {
  readonly config: NvmeConfig;
  readonly disk: Namespace;
  readonly dma: Dma;
  readonly clock: Clock;
  readonly log: DeviceLog;
  readonly msi: MessagePort;
  readonly space: PciConfigSpace;
  readonly timer: (fire: () => void) => Timer;
}

/**
 * The controller: registers, doorbells, and the way of each command from its queue to its completion.
 *
 *     disabled --CC.EN--> ready --CC.SHN--> shutting down --flushed--> shut down
 *        ^                  |  queue out of memory -> fatal                |
 *        +-------- CC.EN = 0, from everywhere ----------------------------+
 */
export class Controller implements Region {
  readonly queues: Queues;
  readonly #parts: ControllerParts;
  readonly #counters = new NvmeCounters();
  readonly #features: Features;
  readonly #events: AsyncEvents;
  readonly #admin: AdminCommands;
  readonly #nvm: NvmCommands;
  readonly #timer: Timer;
  #cc = 0;
  #csts = 0;
  #aqa = 0;
  /** ASQ and ACQ in halves. */
  readonly #adminBases = new Int32Array(4);
  /** Commands under way, and those that are to be used again. */
  readonly #active: Job[] = [];
  readonly #free: Job[] = [];
  /** What the backend works at, forgotten commands included. */
  #working = 0;
  #inFlight = 0;
  /** Queues wait until less is under way. */
  #stalled = false;
  /** A turn of the event loop that tells of completions will come. */
  #telling = false;
  /** Counts resets, so that a shutdown's flush knows whether it is still asked for. */
  #epoch = 0;
  readonly #tell = (): void => this.#tellDriver();

  constructor(parts: ControllerParts, saved: NvmeState | undefined) {
    const { config, disk, dma, space, msi, clock } = parts;
    this.#parts = parts;
    this.queues = new Queues(config.queues, dma, space, msi);
    this.#features = new Features(config.queues);
    this.#events = new AsyncEvents((command, event) => {
      const admin = this.queues.submission[0];
      if (admin) this.queues.complete(admin, command, Status.SUCCESS, event);
    });
    this.#nvm = new NvmCommands(disk, this.#counters);
    this.#admin = new AdminCommands({
      config, disk, clock, queues: this.queues, features: this.#features, events: this.#events, counters: this.#counters,
      configuration: () => this.#cc,
      cancel: (queue) => this.#cancel(queue),
    });
    this.#timer = parts.timer(() => this.#serve());
    if (saved) this.#restore(saved);
  }

  /** @hot */
  read(offset: number, size: 1 | 2 | 4): number {
    const { msix } = this.queues;
    if (offset >= Offset.MSIX_PENDING) return offset + size <= Offset.MSIX_PENDING + 8 ? msix.pending.read(offset - Offset.MSIX_PENDING, size) : 0;
    if (offset >= Offset.MSIX_TABLE) return offset + size <= Offset.MSIX_TABLE + msix.tableSize ? msix.table.read(offset - Offset.MSIX_TABLE, size) : 0;
    return this.#register(offset & ~3) >> (8 * (offset & 3));
  }

  /** @hot */
  write(offset: number, size: 1 | 2 | 4, value: number): void {
    if (offset >= Offset.MSIX_TABLE) {
      const { msix } = this.queues;
      if (offset + size <= Offset.MSIX_TABLE + msix.tableSize) msix.table.write(offset - Offset.MSIX_TABLE, size, value);
      return;
    }
    if (size !== 4 || (offset & 3) !== 0) this.#parts.log.guestError('a register was not written as a whole');
    else if (offset >= Offset.DOORBELLS) this.#doorbell((offset - Offset.DOORBELLS) >> 2, value & 0xffff);
    else this.#writeRegister(offset, value | 0);
  }

  /** @hot MSI-X was enabled or disabled, or a vector unmasked. */
  configurationWritten(): void {
    this.queues.msix.flush();
    this.queues.drive();
  }

  reset(): void {
    this.#disable();
    this.#cc = 0;
    this.#aqa = 0;
    this.#adminBases.fill(0);
    this.#counters.reset();
  }

  destroy(): void {
    this.#disable();
  }

  save(): Omit<NvmeState, 'space' | 'msix'> {
    return {
      cc: this.#cc, csts: this.#csts, mask: this.queues.mask, aqa: this.#aqa,
      adminQueues: [this.#adminBases[0]!, this.#adminBases[1]!, this.#adminBases[2]!, this.#adminBases[3]!],
      ...this.queues.save(),
      commands: this.#active.map((job) => ({ queue: job.queue!.id, entry: Uint8Array.from(job.bytes) })),
      events: this.#events.save(), features: this.#features.save(), counters: this.#counters.save(),
      resumesAt: this.#timer.armed ? this.#timer.deadline : null,
    };
  }

  /** Commands that were under way are made again in the next turn: a restored device is silent at first. */
  #restore(saved: NvmeState): void {
    this.#cc = saved.cc;
    this.#csts = saved.csts;
    this.#aqa = saved.aqa;
    this.#adminBases.set(saved.adminQueues);
    this.queues.mask = saved.mask;
    this.queues.restore(saved);
    this.#events.restore(saved.events);
    this.#features.restore(saved.features);
    this.#counters.restore(saved.counters);
    this.#nvm.writeCache = this.#features.writeCache;
    // What else waits in the queues waits for room.
    if (saved.resumesAt === null) this.#stalled = true;
    else this.#timer.arm(saved.resumesAt);
    for (const { queue, entry } of saved.commands) {
      const found = this.queues.submission[queue];
      if (!found) continue;
      const job = this.#take(found);
      job.bytes.set(entry);
      this.#active.push(job);
    }
    const again = [...this.#active];
    if (again.length > 0) void Promise.resolve().then(() => again.forEach((job) => this.#again(job)));
    if ((this.#csts & Csts.SHST) === Csts.SHST_OCCURRING) this.#shutDown();
    this.#later();
  }

  #again(job: Job): void {
    const { queue } = job;
    if (!queue) {
      this.#giveBack(job);
      return;
    }
    const status = this.#nvm.prepare(job);
    if (status === LATER) this.#submit(job);
    else {
      this.#active.splice(this.#active.indexOf(job), 1);
      this.#complete(queue, job, status, 0);
      this.#giveBack(job);
      this.#later();
    }
  }

  /** @hot */
  #register(offset: number): number {
    switch (offset) {
      case Offset.CAP:
        return CAP_LOW;
      case Offset.CAP_HIGH:
        return CAP_HIGH;
      case Offset.VS:
        return VERSION;
      case Offset.INTMS:
      case Offset.INTMC:
        return this.queues.mask;
      case Offset.CC:
        return this.#cc;
      case Offset.CSTS:
        return this.#csts;
      case Offset.AQA:
        return this.#aqa;
      case Offset.ASQ:
      case Offset.ASQ_HIGH:
      case Offset.ACQ:
      case Offset.ACQ_HIGH:
        return this.#adminBases[(offset - Offset.ASQ) >> 2]!;
      default:
        return 0;
    }
  }

  /** @hot */
  #writeRegister(offset: number, value: number): void {
    const { queues } = this;
    switch (offset) {
      case Offset.INTMS:
        queues.mask |= value;
        queues.drive();
        break;
      case Offset.INTMC:
        queues.mask &= ~value;
        queues.drive();
        break;
      case Offset.CC:
        this.#configure(value & Cc.WRITABLE);
        break;
      case Offset.AQA:
        if (this.#settable()) this.#aqa = value & 0x0fff_0fff;
        break;
      case Offset.ASQ:
      case Offset.ACQ:
        if (this.#settable()) this.#adminBases[(offset - Offset.ASQ) >> 2] = value & -PAGE;
        break;
      case Offset.ASQ_HIGH:
      case Offset.ACQ_HIGH:
        if (this.#settable()) this.#adminBases[(offset - Offset.ASQ) >> 2] = value;
        break;
      default:
        this.#parts.log.guestError('a register was written that cannot be');
        break;
    }
  }

  /** @hot The admin queues are set up while the controller is disabled (3.1.8). */
  #settable(): boolean {
    if ((this.#cc & Cc.EN) === 0) return true;
    this.#parts.log.guestError('the admin queues were changed while the controller was enabled');
    return false;
  }

  #configure(value: number): void {
    const before = this.#cc;
    this.#cc = value;
    if ((value & Cc.EN) === 0 && (before & Cc.EN) !== 0) this.#disable();
    if ((value & Cc.EN) !== 0 && (before & Cc.EN) === 0) this.#enable();
    if ((value & Cc.SHN) !== 0 && (before & Cc.SHN) === 0) this.#shutDown();
    if ((value & Cc.SHN) === 0 && (before & Cc.SHN) !== 0) this.#csts &= ~Csts.SHST;
  }

  #enable(): void {
    const submission = (this.#aqa & 0xfff) + 1;
    const completion = (this.#aqa >>> 16) + 1;
    const wrong = (this.#cc & (Cc.CSS | Cc.MPS | Cc.AMS)) !== 0 || submission < 2 || completion < 2;
    if (wrong) {
      this.#fatal('the controller was enabled with a configuration that it cannot have');
      return;
    }
    const completions = this.queues.addCompletion(0, this.#adminBase(2), completion, 0, true);
    this.queues.addSubmission(0, this.#adminBase(0), submission, completions);
    this.#csts = Csts.RDY;
  }

  #adminBase(half: number): number {
    return (this.#adminBases[half + 1]! >>> 0) * 0x1_0000_0000 + (this.#adminBases[half]! >>> 0);
  }

  /** A controller reset (7.3.2): all but the admin queues' registers. */
  #disable(): void {
    this.#epoch += 1;
    for (const job of this.#active) job.queue = undefined;
    this.#active.length = 0;
    this.queues.reset();
    this.#events.reset();
    this.#features.reset();
    this.#nvm.writeCache = true;
    this.#timer.cancel();
    this.#stalled = false;
    this.#csts = 0;
  }

  /** Shutdown notification (7.6.2): what was written goes to stable storage. */
  #shutDown(): void {
    const epoch = this.#epoch;
    this.#csts = (this.#csts & ~Csts.SHST) | Csts.SHST_OCCURRING;
    const flushed = (): void => {
      if (epoch === this.#epoch && (this.#csts & Csts.SHST) === Csts.SHST_OCCURRING) this.#csts = (this.#csts & ~Csts.SHST) | Csts.SHST_COMPLETE;
    };
    void Promise.resolve().then(() => this.#parts.disk.backend.flush()).then(flushed, flushed);
  }

  #fatal(why: string): void {
    this.#parts.log.guestError(why);
    this.#csts |= Csts.CFS;
  }

  /** @hot Even doorbells are tails of submission queues, odd ones heads of completion queues (3.1.24). */
  #doorbell(index: number, value: number): void {
    if ((this.#csts & (Csts.RDY | Csts.CFS)) !== Csts.RDY) {
      this.#parts.log.guestError('a doorbell was rung while the controller was not ready');
      return;
    }
    const id = index >> 1;
    if ((index & 1) === 0) this.#submitted(this.queues.submission[id], value);
    else this.#consumed(id, value);
    this.queues.notify();
  }

  /** @hot */
  #submitted(queue: SubmissionQueue | undefined, tail: number): void {
    if (queue === undefined) this.#badDoorbell(AsyncEvent.INVALID_DOORBELL);
    else if (tail >= queue.size) this.#badDoorbell(AsyncEvent.INVALID_DOORBELL_VALUE);
    else {
      queue.tail = tail;
      this.#serve();
    }
  }

  /** @hot */
  #consumed(id: number, head: number): void {
    const queue = this.queues.completion[id];
    if (queue === undefined) this.#badDoorbell(AsyncEvent.INVALID_DOORBELL);
    else if (!queue.accepts(head)) this.#badDoorbell(AsyncEvent.INVALID_DOORBELL_VALUE);
    else {
      const waited = queue.waiting.length > 0;
      this.queues.release(queue, head);
      if (waited) this.#serve();
    }
  }

  /** @hot */
  #badDoorbell(event: number): void {
    this.#parts.log.guestError('a doorbell was rung that is not there, or with a value that cannot be');
    this.#events.raise(event);
  }

  /** @hot Fetches commands, one from each queue in turn (round robin, 4.13.1). */
  #serve(): void {
    const { submission } = this.queues;
    let commands = 0;
    let bytes = 0;
    let more = true;
    while (more) {
      more = false;
      for (let id = 0; id < submission.length; id++) {
        const queue = submission[id];
        if (queue === undefined || queue.head === queue.tail || queue.completions.waiting.length > 0) continue;
        if (this.#working >= MAX_COMMANDS || this.#inFlight >= MAX_IN_FLIGHT) {
          this.#stalled = true;
          more = false;
          break;
        }
        if (commands >= TURN_COMMANDS || bytes >= TURN_BYTES) {
          this.#timer.arm(this.#parts.clock.now());
          more = false;
          break;
        }
        if ((this.#csts & Csts.CFS) !== 0) {
          more = false;
          break;
        }
        bytes += this.#fetch(queue);
        commands += 1;
        more = true;
      }
    }
    if (this.queues.lost) this.#completionLost();
    this.queues.notify();
  }

  /** @hot Takes the next command of a queue; returns how many bytes were moved for it. */
  #fetch(queue: SubmissionQueue): number {
    const job = this.#take(queue);
    if (this.#parts.dma.read(queue.address, job.bytes, 0, SQE_BYTES) !== DmaStatus.ok) {
      this.#fatal('a submission queue is not in memory');
      this.#giveBack(job);
      return 0;
    }
    queue.advance();
    const status = this.#execute(queue, job);
    const { length } = job;
    if (status !== LATER || queue.id === 0) {
      if (status !== LATER) this.#complete(queue, job, status, queue.id === 0 ? this.#admin.result : 0);
      this.#giveBack(job);
      return length;
    }
    const moved = job.opcode === Nvm.READ ? 0 : length;
    this.#active.push(job);
    this.#submit(job);
    return moved;
  }

  /** @hot */
  #execute(queue: SubmissionQueue, job: Job): number {
    this.#admin.result = 0;
    if ((job.bytes[Sqe.FLAGS]! & FLAGS_UNSUPPORTED) !== 0) return Status.INVALID_FIELD;
    if (queue.id !== 0) return this.#nvm.prepare(job);
    const status = this.#admin.execute(job);
    this.#nvm.writeCache = this.#features.writeCache;
    return status;
  }

  /** @hot */
  #complete(queue: SubmissionQueue, job: Job, status: number, result: number): void {
    if (status !== Status.SUCCESS) this.#counters.failed(queue.id, job.id, status);
    this.queues.complete(queue, job.id, status, result);
  }

  /** @hot */
  #take(queue: SubmissionQueue): Job {
    const job = this.#free.pop() ?? this.#make();
    job.queue = queue;
    return job;
  }

  #make(): Job {
    return new Job(this.#parts.dma, (job) => this.#done(job, true), (job, reason) => this.#failed(job, reason));
  }

  #giveBack(job: Job): void {
    job.release();
    this.#free.push(job);
  }

  /** Hands a command to the backend. What the backend throws at once is an I/O error, too. */
  #submit(job: Job): void {
    this.#working += 1;
    this.#inFlight += job.length;
    try {
      this.#nvm.start(job).then(job.done, job.failed);
    } catch (reason) {
      job.failed(reason);
    }
  }

  #failed(job: Job, reason: unknown): void {
    this.#parts.log.warn(`the disk's backend failed a command: ${String(reason)}`);
    this.#done(job, false);
  }

  #done(job: Job, good: boolean): void {
    const { queue } = job;
    this.#working -= 1;
    this.#inFlight -= job.length;
    if (queue) {
      this.#active.splice(this.#active.indexOf(job), 1);
      this.#complete(queue, job, good ? this.#nvm.finish(job) : this.#nvm.failure(job), 0);
    }
    this.#giveBack(job);
    this.#later();
  }

  /** The queue goes away: its commands end, and what the backend still does for them is forgotten (5.6). */
  #cancel(queue: SubmissionQueue): void {
    for (let i = this.#active.length - 1; i >= 0; i--) {
      const job = this.#active[i]!;
      if (job.queue !== queue) continue;
      this.#active.splice(i, 1);
      job.queue = undefined;
      this.queues.complete(queue, job.id, Status.ABORTED_SQ_DELETION, 0);
    }
  }

  /** Commands that end in the same turn share an interrupt. */
  #later(): void {
    if (this.#telling) return;
    this.#telling = true;
    void Promise.resolve().then(this.#tell);
  }

  #tellDriver(): void {
    this.#telling = false;
    if (this.queues.lost) this.#completionLost();
    this.queues.notify();
    if (!this.#stalled || this.#working > MAX_COMMANDS / 2 || this.#inFlight > MAX_IN_FLIGHT / 2) return;
    this.#stalled = false;
    this.#serve();
  }

  #completionLost(): void {
    this.queues.lost = false;
    this.#fatal('a completion queue is not in memory');
  }
}

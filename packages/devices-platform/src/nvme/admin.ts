import type { Clock } from '@polyvisor/core';
import type { NvmeConfig } from './config.ts';
import type { NvmeCounters } from './counters.ts';
import type { AsyncEvents } from './events.ts';
import type { Features } from './features.ts';
import { activeNamespaces, identifyController, identifyNamespace, namespaceDescriptors } from './identify.ts';
import type { Job } from './job.ts';
import { logPage } from './logs.ts';
import type { Namespace } from './namespace.ts';
import type { SubmissionQueue } from './queue.ts';
import type { Queues } from './queues.ts';
import {
  ALL_NAMESPACES, Admin, AsyncEvent, CQE_SHIFT, Cc, LATER, MAX_ENTRIES, MAX_TRANSFER, NSID, PAGE, SQE_SHIFT, Sqe, Status,
} from './registers.ts';

/** Of the controller or namespace structure (figure 244). */
const Cns = { NAMESPACE: 0, CONTROLLER: 1, ACTIVE: 2, DESCRIPTORS: 3 } as const;
/** CDW11 of the commands that make queues (5.3, 5.4). */
const CONTIGUOUS = 1, INTERRUPTS = 2;
/** CDW10 of Get Log Page (5.14): the asynchronous event is retained. */
const RETAIN = 0x8000;
/** CDW10 of Get Features and Set Features (5.15, 5.21): which value, and whether it is to be saved. */
const SELECT = 0x700, SAVE = -0x8000_0000;
/** The command was not aborted (5.1.1). */
const NOT_ABORTED = 1;

export interface AdminParts {
  readonly config: NvmeConfig;
  readonly disk: Namespace;
  readonly clock: Clock;
  readonly queues: Queues;
  readonly features: Features;
  readonly events: AsyncEvents;
  readonly counters: NvmeCounters;
  /** CC, for the sizes of entries. */
  readonly configuration: () => number;
  /** Ends the commands of a queue that goes away. */
  readonly cancel: (queue: SubmissionQueue) => void;
}

/** The admin command set (5). All but Asynchronous Event Request are over at once. */
export class AdminCommands {
  /** What the completion's first dword says of the last command. */
  result = 0;
  readonly #parts: AdminParts;

  constructor(parts: AdminParts) {
    this.#parts = parts;
  }

  /** A status, or LATER. */
  execute(job: Job): number {
    this.result = 0;
    const { command } = job;
    const cdw10 = command.getInt32(Sqe.CDW10, true);
    const cdw11 = command.getInt32(Sqe.CDW11, true);
    switch (job.opcode) {
      case Admin.DELETE_SQ:
        return this.#deleteSubmission(cdw10 & 0xffff);
      case Admin.CREATE_SQ:
        return this.#createSubmission(job, cdw10, cdw11);
      case Admin.DELETE_CQ:
        return this.#deleteCompletion(cdw10 & 0xffff);
      case Admin.CREATE_CQ:
        return this.#createCompletion(job, cdw10, cdw11);
      case Admin.GET_LOG_PAGE:
        return this.#getLogPage(job, cdw10, cdw11);
      case Admin.IDENTIFY:
        return this.#identify(job, cdw10 & 0xff);
      case Admin.ABORT:
        return this.#abort(cdw10);
      case Admin.GET_FEATURES:
        return this.#getFeatures(cdw10, cdw11);
      case Admin.SET_FEATURES:
        return this.#setFeatures(cdw10, cdw11);
      case Admin.ASYNC_EVENT_REQUEST:
        return this.#parts.events.request(job.id) ? LATER : Status.ASYNC_LIMIT_EXCEEDED;
      default:
        return Status.INVALID_OPCODE;
    }
  }

  /** Create I/O Completion Queue (5.3). */
  #createCompletion(job: Job, cdw10: number, cdw11: number): number {
    const { queues, configuration } = this.#parts;
    const id = cdw10 & 0xffff;
    const size = (cdw10 >>> 16) + 1;
    const vector = cdw11 >>> 16;
    if (id === 0 || id >= queues.completion.length || queues.completion[id]) return Status.INVALID_QUEUE_ID;
    if (size < 2 || size > MAX_ENTRIES) return Status.INVALID_QUEUE_SIZE;
    if ((cdw11 & CONTIGUOUS) === 0 || ((configuration() >>> Cc.IOCQES_SHIFT) & 15) !== CQE_SHIFT) return Status.INVALID_FIELD;
    if (vector >= (queues.msix.enabled ? queues.completion.length : 1)) return Status.INVALID_VECTOR;
    const base = baseOf(job);
    if (base % PAGE !== 0) return Status.PRP_OFFSET_INVALID;
    queues.addCompletion(id, base, size, vector, (cdw11 & INTERRUPTS) !== 0);
    return Status.SUCCESS;
  }

  /** Create I/O Submission Queue (5.4). */
  #createSubmission(job: Job, cdw10: number, cdw11: number): number {
    const { queues, configuration } = this.#parts;
    const id = cdw10 & 0xffff;
    const size = (cdw10 >>> 16) + 1;
    const target = cdw11 >>> 16;
    const completions = target === 0 ? undefined : queues.completion[target];
    if (!completions) return target === 0 || target >= queues.completion.length ? Status.INVALID_QUEUE_ID : Status.COMPLETION_QUEUE_INVALID;
    if (id === 0 || id >= queues.submission.length || queues.submission[id]) return Status.INVALID_QUEUE_ID;
    if (size < 2 || size > MAX_ENTRIES) return Status.INVALID_QUEUE_SIZE;
    if ((cdw11 & CONTIGUOUS) === 0 || ((configuration() >>> Cc.IOSQES_SHIFT) & 15) !== SQE_SHIFT) return Status.INVALID_FIELD;
    const base = baseOf(job);
    if (base % PAGE !== 0) return Status.PRP_OFFSET_INVALID;
    queues.addSubmission(id, base, size, completions);
    return Status.SUCCESS;
  }

  /** Delete I/O Submission Queue (5.6): what is under way ends before. */
  #deleteSubmission(id: number): number {
    const { queues, cancel } = this.#parts;
    const queue = id === 0 ? undefined : queues.submission[id];
    if (!queue) return Status.INVALID_QUEUE_ID;
    cancel(queue);
    queues.removeSubmission(queue);
    return Status.SUCCESS;
  }

  /** Delete I/O Completion Queue (5.5): after the submission queues that use it. */
  #deleteCompletion(id: number): number {
    const { queues } = this.#parts;
    const queue = id === 0 ? undefined : queues.completion[id];
    if (!queue) return Status.INVALID_QUEUE_ID;
    if (queue.users > 0) return Status.INVALID_QUEUE_DELETION;
    queues.removeCompletion(queue);
    return Status.SUCCESS;
  }

  /** Identify (5.15). */
  #identify(job: Job, cns: number): number {
    const { config, disk } = this.#parts;
    const nsid = job.command.getUint32(Sqe.NSID, true);
    switch (cns) {
      case Cns.NAMESPACE:
        return nsid === NSID ? this.#send(job, identifyNamespace(config, disk)) : Status.INVALID_NAMESPACE;
      case Cns.CONTROLLER:
        return this.#send(job, identifyController(config, disk));
      case Cns.ACTIVE:
        return nsid < 0xffff_fffe ? this.#send(job, activeNamespaces(nsid)) : Status.INVALID_NAMESPACE;
      case Cns.DESCRIPTORS:
        return nsid === NSID ? this.#send(job, namespaceDescriptors(config)) : Status.INVALID_NAMESPACE;
      default:
        return Status.INVALID_FIELD;
    }
  }

  /** Get Log Page (5.14). What lies behind the page's end reads as zeros. */
  #getLogPage(job: Job, cdw10: number, cdw11: number): number {
    const { counters, features, events, clock } = this.#parts;
    const { command } = job;
    const id = cdw10 & 0xff;
    const page = logPage(id, counters, features, clock.now());
    if (!page) return Status.INVALID_LOG_PAGE;
    const nsid = command.getInt32(Sqe.NSID, true);
    if (nsid !== 0 && nsid !== NSID && nsid !== ALL_NAMESPACES) return Status.INVALID_NAMESPACE;
    const length = 4 * ((cdw10 >>> 16) + (cdw11 & 0xffff) * 0x1_0000 + 1);
    const offset = command.getUint32(Sqe.CDW12, true) + command.getUint32(Sqe.CDW13, true) * 0x1_0000_0000;
    if (length > MAX_TRANSFER || offset % 4 !== 0 || offset >= page.length) return Status.INVALID_FIELD;
    const part = new Uint8Array(length);
    part.set(page.subarray(offset, offset + length));
    const status = this.#send(job, part);
    if (status === Status.SUCCESS && (cdw10 & RETAIN) === 0) events.logRead(id);
    return status;
  }

  /** Abort (5.1) is a best effort: it takes Asynchronous Event Requests back, and leaves to the disk what the disk has. */
  #abort(cdw10: number): number {
    const { events, queues } = this.#parts;
    const admin = queues.submission[0];
    const command = cdw10 >>> 16;
    this.result = NOT_ABORTED;
    if ((cdw10 & 0xffff) !== 0 || !admin || !events.abort(command)) return Status.SUCCESS;
    queues.complete(admin, command, Status.ABORT_REQUESTED, 0);
    this.result = 0;
    return Status.SUCCESS;
  }

  #getFeatures(cdw10: number, cdw11: number): number {
    if ((cdw10 & SELECT) !== 0) return Status.INVALID_FIELD;
    const { status, value } = this.#parts.features.get(cdw10 & 0xff, cdw11);
    this.result = value;
    return status;
  }

  #setFeatures(cdw10: number, cdw11: number): number {
    const { features, queues, events } = this.#parts;
    if ((cdw10 & SAVE) !== 0) return Status.FEATURE_NOT_SAVEABLE;
    const { status, value } = features.set(cdw10 & 0xff, cdw11, queues.active);
    this.result = value;
    if ((features.criticalWarning & features.healthEvents) !== 0) events.raise(AsyncEvent.TEMPERATURE);
    return status;
  }

  #send(job: Job, bytes: Uint8Array): number {
    const status = job.segments.map(job.command, Sqe.PRP1, Sqe.PRP2, bytes.length);
    if (status !== Status.SUCCESS) return status;
    job.length = bytes.length;
    return job.segments.scatter(bytes) ? Status.SUCCESS : Status.DATA_TRANSFER_ERROR;
  }
}

function baseOf({ command }: Job): number {
  return command.getUint32(Sqe.PRP1 + 4, true) * 0x1_0000_0000 + command.getUint32(Sqe.PRP1, true);
}

import type { NvmeCounters } from './counters.ts';
import type { Job } from './job.ts';
import type { Namespace } from './namespace.ts';
import { ALL_NAMESPACES, DEALLOCATE, FUA, LATER, MAX_TRANSFER, NSID, Nvm, RANGE_BYTES, Sqe, Status } from './registers.ts';

/** The NVM command set (6): what a command asks is checked, then the backend works, then the data goes to memory. */
export class NvmCommands {
  /** The volatile write cache is on (5.21.1.6): writes are stable after a flush only. */
  writeCache = true;
  readonly #disk: Namespace;
  readonly #counters: NvmeCounters;

  constructor(disk: Namespace, counters: NvmeCounters) {
    this.#disk = disk;
    this.#counters = counters;
  }

  /** @hot Checks a command and brings the data it has from memory. LATER when `start` is to be called. */
  prepare(job: Job): number {
    const nsid = job.command.getInt32(Sqe.NSID, true);
    const { opcode } = job;
    if (opcode === Nvm.FLUSH) return nsid === NSID || nsid === ALL_NAMESPACES ? LATER : Status.INVALID_NAMESPACE;
    switch (opcode) {
      case Nvm.READ:
      case Nvm.WRITE:
      case Nvm.COMPARE:
      case Nvm.WRITE_ZEROES:
      case Nvm.DATASET_MANAGEMENT:
        break;
      default:
        return Status.INVALID_OPCODE;
    }
    if (nsid !== NSID) return Status.INVALID_NAMESPACE;
    if (opcode === Nvm.DATASET_MANAGEMENT) return this.#prepareRanges(job);
    if (this.#disk.readOnly && (opcode === Nvm.WRITE || opcode === Nvm.WRITE_ZEROES)) return Status.WRITE_PROTECTED;
    const bytes = blocksOf(job) * this.#disk.blockSize;
    if (opcode !== Nvm.WRITE_ZEROES && bytes > MAX_TRANSFER) return Status.INVALID_FIELD;
    if (firstOf(job) + blocksOf(job) > this.#disk.blocks) return Status.LBA_OUT_OF_RANGE;
    return opcode === Nvm.WRITE_ZEROES ? LATER : this.#prepareData(job, bytes);
  }

  /** The work of the backend. */
  start(job: Job): Promise<void> {
    const { backend, blockSize } = this.#disk;
    const offset = firstOf(job) * blockSize;
    switch (job.opcode) {
      case Nvm.FLUSH:
        return backend.flush();
      case Nvm.READ:
        return backend.read(offset, job.buffer());
      case Nvm.COMPARE:
        return backend.read(offset, job.buffer());
      case Nvm.WRITE:
        return this.#stable(job, backend.write(offset, job.buffer()));
      case Nvm.WRITE_ZEROES:
        return this.#stable(job, backend.writeZeroes(offset, blocksOf(job) * blockSize));
      default:
        return this.#deallocate(job);
    }
  }

  /** What is left to do after the backend is done; a status. */
  finish(job: Job): number {
    switch (job.opcode) {
      case Nvm.READ:
        this.#counters.read(job.length);
        return job.segments.scatter(job.buffer()) ? Status.SUCCESS : Status.DATA_TRANSFER_ERROR;
      case Nvm.COMPARE:
        this.#counters.read(job.length);
        return compare(job);
      case Nvm.WRITE:
        this.#counters.wrote(job.length);
        return Status.SUCCESS;
      default:
        return Status.SUCCESS;
    }
  }

  /** The status of a command that the backend could not do. */
  failure(job: Job): number {
    switch (job.opcode) {
      case Nvm.READ:
      case Nvm.COMPARE:
        return Status.UNRECOVERED_READ_ERROR;
      case Nvm.WRITE:
      case Nvm.WRITE_ZEROES:
        return Status.WRITE_FAULT;
      default:
        return Status.INTERNAL_ERROR;
    }
  }

  /** @hot */
  #prepareData(job: Job, bytes: number): number {
    const status = job.segments.map(job.command, Sqe.PRP1, Sqe.PRP2, bytes);
    if (status !== Status.SUCCESS) return status;
    job.length = bytes;
    if (job.opcode === Nvm.WRITE && !job.segments.gather(job.buffer())) return Status.DATA_TRANSFER_ERROR;
    return LATER;
  }

  /** Dataset Management (6.7): up to 256 ranges. Only deallocation does anything; the rest are hints. */
  #prepareRanges(job: Job): number {
    const { discard, blocks, readOnly } = this.#disk;
    const count = job.bytes[Sqe.CDW10]! + 1;
    if ((job.command.getInt32(Sqe.CDW11, true) & DEALLOCATE) === 0) return Status.SUCCESS;
    if (readOnly) return Status.WRITE_PROTECTED;
    const status = job.segments.map(job.command, Sqe.PRP1, Sqe.PRP2, count * RANGE_BYTES);
    if (status !== Status.SUCCESS) return status;
    job.length = count * RANGE_BYTES;
    if (!job.segments.gather(job.buffer())) return Status.DATA_TRANSFER_ERROR;
    const ranges = rangesOf(job);
    if (ranges.some(({ first, count: length }) => first + length > blocks)) return Status.LBA_OUT_OF_RANGE;
    return discard ? LATER : Status.SUCCESS;
  }

  async #deallocate(job: Job): Promise<void> {
    const { backend, blockSize } = this.#disk;
    for (const { first, count } of rangesOf(job)) if (count > 0) await backend.discard(first * blockSize, count * blockSize);
    if (!this.writeCache) await backend.flush();
  }

  #stable(job: Job, written: Promise<void>): Promise<void> {
    const forced = (job.command.getInt32(Sqe.CDW12, true) & FUA) !== 0;
    return forced || !this.writeCache ? written.then(() => this.#disk.backend.flush()) : written;
  }
}

/** @hot The starting LBA, 64 bits. */
function firstOf(job: Job): number {
  return job.command.getUint32(Sqe.CDW11, true) * 0x1_0000_0000 + job.command.getUint32(Sqe.CDW10, true);
}

/** @hot The number of logical blocks, which counts from zero. */
function blocksOf(job: Job): number {
  return job.command.getUint16(Sqe.CDW12, true) + 1;
}

/** Range definitions (figure 358): attributes, length and first block. */
function rangesOf(job: Job): { first: number; count: number }[] {
  const bytes = job.buffer();
  const view = new DataView(bytes.buffer, bytes.byteOffset, job.length);
  return Array.from({ length: job.length / RANGE_BYTES }, (_, i) => ({
    first: view.getUint32(RANGE_BYTES * i + 12, true) * 0x1_0000_0000 + view.getUint32(RANGE_BYTES * i + 8, true),
    count: view.getUint32(RANGE_BYTES * i + 4, true),
  }));
}

function compare(job: Job): number {
  const here = job.buffer();
  const there = new Uint8Array(here.length);
  if (!job.segments.gather(there)) return Status.DATA_TRANSFER_ERROR;
  return here.every((byte, i) => byte === there[i]) ? Status.SUCCESS : Status.COMPARE_FAILURE;
}

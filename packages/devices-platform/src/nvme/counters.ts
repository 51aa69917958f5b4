import { Status } from './registers.ts';
import type { Counters } from './state.ts';

/** What the health log tells (5.14.1.2), and the last error for the error log (5.14.1.1). */
export class NvmeCounters implements Counters {
  bytesRead = 0;
  bytesWritten = 0;
  reads = 0;
  writes = 0;
  mediaErrors = 0;
  errors = 0;
  lastError = { queue: 0, command: 0, status: 0 };

  /** Commands in the sense of the health log are reads and compares, and writes. */
  read(bytes: number): void {
    this.reads += 1;
    this.bytesRead += bytes;
  }
  wrote(bytes: number): void {
    this.writes += 1;
    this.bytesWritten += bytes;
  }

  failed(queue: number, command: number, status: number): void {
    this.errors += 1;
    // Data that differ are no error of the medium, whatever the type of their status.
    if (status >> 8 === 2 && status !== Status.COMPARE_FAILURE) this.mediaErrors += 1;
    const last = this.lastError;
    last.queue = queue;
    last.command = command;
    last.status = status;
  }

  reset(): void {
    this.restore({ bytesRead: 0, bytesWritten: 0, reads: 0, writes: 0, mediaErrors: 0, errors: 0, lastError: { queue: 0, command: 0, status: 0 } });
  }

  save(): Counters {
    const { bytesRead, bytesWritten, reads, writes, mediaErrors, errors, lastError } = this;
    return { bytesRead, bytesWritten, reads, writes, mediaErrors, errors, lastError: { ...lastError } };
  }

  restore(saved: Counters): void {
    Object.assign(this, saved, { lastError: { ...saved.lastError } });
  }
}

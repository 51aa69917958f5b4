import { Descriptors } from '../files/descriptors.ts';
import type { BytePath } from '../files/host-files.ts';
import type { FileTree } from '../files/tree.ts';
import type { PageTables } from '../memory/page-tables.ts';
import type { ProcessMemory } from '../memory/process-memory.ts';
import type { UserDescriptor } from './segments.ts';
import { Handler, SignalState } from './signals.ts';

/** How a process came to its end. */
export type End =
  | { readonly kind: 'exit'; readonly status: number }
  | {
      readonly kind: 'signal';
      readonly signal: number;
      readonly why: string;
      /** Not what its author meant: its own instruction failed, or it has a handler that was not called. */
      readonly unexpected: boolean;
    };

/** Who runs a program. */
export interface Identity {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** A running program. */
export class Process {
  readonly identity: Identity;
  readonly bits: 32 | 64;
  readonly executable: BytePath;
  readonly argv: readonly string[];
  readonly memory: ProcessMemory;
  readonly tables: PageTables;
  readonly descriptors = new Descriptors();
  readonly signals = new SignalState();
  readonly files: FileTree;
  workingDirectory: BytePath;
  umask = 0o022;
  /** What prctl calls it, at most 15 bytes. */
  name: string;
  /** Entries of set_thread_area. */
  readonly threadAreas: (UserDescriptor | undefined)[] = [undefined, undefined, undefined];
  /** Guest time until which the blocked call waits. */
  deadline: number | undefined;
  /** Set when the program is at its end. */
  end: End | undefined;

  constructor(parts: Pick<Process, 'identity' | 'bits' | 'executable' | 'argv' | 'memory' | 'tables' | 'files' | 'workingDirectory'>) {
    this.identity = parts.identity;
    this.bits = parts.bits;
    this.executable = parts.executable;
    this.argv = parts.argv;
    this.memory = parts.memory;
    this.tables = parts.tables;
    this.files = parts.files;
    this.workingDirectory = parts.workingDirectory;
    this.name = parts.executable.slice(parts.executable.lastIndexOf('/') + 1, 255).slice(0, 15);
  }

  /** Sends a signal; `why` is for the report. */
  raise(signal: number, why: string): void {
    const { signals } = this;
    if (signals.ignores(signal)) return;
    if (signals.blocks(signal)) signals.pending.add(signal);
    else this.#die(signal, why, false);
  }

  /** A signal that the program's own instruction caused: it can be neither blocked nor ignored. */
  fail(signal: number, why: string): void {
    this.#die(signal, why, true);
  }

  /** After the mask changed: what waited and is not blocked any more takes effect. */
  raisePending(): void {
    for (const signal of [...this.signals.pending]) {
      if (this.signals.blocks(signal)) continue;
      this.signals.pending.delete(signal);
      this.raise(signal, 'it was sent while it was blocked');
    }
  }

  #die(signal: number, why: string, failed: boolean): void {
    const handled = this.signals.action(signal).handler > Handler.ignore;
    const note = handled ? `${why}; the program has a handler for it, and handlers are not called yet` : why;
    this.end ??= { kind: 'signal', signal, why: note, unexpected: failed || handled };
  }
}

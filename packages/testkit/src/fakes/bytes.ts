import type { ByteSink, ByteSource } from '@polyvisor/core';
import { hex, Trace } from '../trace/trace.ts';

/** Keeps the bytes that a device sends. */
export class RecordingSink implements ByteSink {
  readonly name: string;
  readonly bytes: number[] = [];
  readonly #trace: Trace;

  constructor(name = 'sink', trace: Trace = new Trace()) {
    this.name = name;
    this.#trace = trace;
  }

  write(byte: number): void {
    this.#trace.tick();
    if (!this.#trace.on) return;
    this.bytes.push(byte);
    this.#trace.add(`sink ${this.name} ${hex(byte)}`);
  }

  /** The bytes as text, one character for each. */
  get text(): string {
    return String.fromCharCode(...this.bytes);
  }
}

/** Gives the bytes that a test feeds it. */
export class ScriptedSource implements ByteSource {
  onAvailable: (() => void) | undefined = undefined;
  readonly name: string;
  #queue: number[] = [];
  readonly #trace: Trace;

  constructor(name = 'source', trace: Trace = new Trace()) {
    this.name = name;
    this.#trace = trace;
  }

  get available(): number {
    return this.#queue.length;
  }

  read(): number {
    this.#trace.tick();
    const byte = this.#queue.shift() ?? -1;
    if (this.#trace.on) this.#trace.add(`source ${this.name} read ${byte}`);
    return byte;
  }

  /** Appends bytes (a string as UTF-8) and tells the listener when there were none. */
  feed(bytes: Iterable<number> | string): void {
    const before = this.#queue.length;
    const more = typeof bytes === 'string' ? [...new TextEncoder().encode(bytes)] : [...bytes];
    this.#queue.push(...more);
    if (before === 0 && more.length > 0) this.onAvailable?.();
  }

  /** What waits, without taking it. */
  get waiting(): readonly number[] {
    return this.#queue;
  }
  /** Has what `other` has, without telling anybody. */
  takeOver(other: ScriptedSource): void {
    this.#queue = [...other.#queue];
  }
  /** Forgets what waits, without telling anybody. */
  clear(): void {
    this.#queue = [];
  }
}

import { Driver } from './driver.ts';
import type { Host } from './host.ts';
import { type Case, comparedStatus, OPERATIONS, type Operation, readCase, RECORD, showCase, showOutput, writeCase } from './records.ts';

/** A difference between our result and the host's. */
export interface Difference {
  readonly op: Operation;
  readonly text: string;
}

const CAPACITY = 65536;
const STATUS = OPERATIONS.map(comparedStatus);
/** Operations with two results. */
const SECOND = OPERATIONS.map((op) => op === 'extract' || op === 'fsincos');

/** Runs inputs here and on the host and collects what differs in any compared bit. */
export class Comparison {
  readonly #driver = new Driver(CAPACITY);
  readonly #host: Host;
  readonly differences: Difference[] = [];
  readonly counts = new Map<Operation, number>();
  cases = 0;
  #pending = 0;

  constructor(host: Host) {
    this.#host = host;
  }

  add(c: Case): void {
    writeCase(this.#driver.input, this.#pending * RECORD, c);
    if (++this.#pending === CAPACITY) this.flush();
  }

  flush(): void {
    const count = this.#pending;
    this.#pending = 0;
    if (count === 0) return;
    const { input, output } = this.#driver;
    const theirs = this.#host.run(new Uint8Array(input.buffer, input.byteOffset, count * RECORD));
    this.#driver.run(count);
    this.cases += count;
    for (let at = 0; at < count * RECORD; at += RECORD) {
      const mask = STATUS[input.getUint16(at + 22, true)] ?? 0;
      const status = (output.getUint16(at + 10, true) ^ theirs.getUint16(at + 10, true)) & mask;
      const same = status === 0 && output.getUint16(at + 8, true) === theirs.getUint16(at + 8, true) &&
        output.getBigUint64(at, true) === theirs.getBigUint64(at, true) &&
        (!SECOND[input.getUint16(at + 22, true)] || (output.getUint16(at + 12, true) === theirs.getUint16(at + 12, true) &&
          output.getBigUint64(at + 16, true) === theirs.getBigUint64(at + 16, true)));
      if (!same) this.#differ(readCase(input, at), at, theirs);
    }
  }

  #differ(c: Case, at: number, theirs: DataView): void {
    this.counts.set(c.op, (this.counts.get(c.op) ?? 0) + 1);
    const text = `${showCase(c)}\n  ours ${showOutput(this.#driver.output, at)}\n  host ${showOutput(theirs, at)}`;
    if (this.differences.length < 2000) this.differences.push({ op: c.op, text });
  }
}

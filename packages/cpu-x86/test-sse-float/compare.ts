import { Driver, type Form } from './driver.ts';
import { fill, type Generator } from './generate.ts';
import type { Host } from './host.ts';
import type { TestOperation } from './operations.ts';
import { A_AT, B_AT, C_AT, FAULT_AT, INPUT, MXCSR_AT, OUTPUT } from './records.ts';

const CAPACITY = 32768;

/** Counts of a comparison. */
export interface Outcome {
  cases: number;
  faults: number;
  differing: number;
  /** The first differences as text. */
  readonly shown: string[];
}

/** Runs inputs here, in both forms, and on the host and compares every bit of results and MXCSR. */
export class Comparison {
  readonly #driver = new Driver(CAPACITY);
  readonly #host: Host;

  constructor(host: Host) {
    this.#host = host;
  }

  run(op: TestOperation, generator: Generator, count: number): Outcome {
    const outcome: Outcome = { cases: 0, faults: 0, differing: 0, shown: [] };
    for (let left = count; left > 0; left -= CAPACITY) {
      const size = Math.min(left, CAPACITY);
      const { input, output } = this.#driver;
      fill(generator, input, op, size);
      const theirs = this.#host.run(new Uint8Array(input.buffer, input.byteOffset, size * INPUT));
      for (const form of ['func', 'emit'] as const) {
        this.#driver.run(size, form);
        for (let i = 0; i < size; i++) compareOne(op, form, input, output, theirs, i, outcome);
      }
      outcome.cases += size;
    }
    return outcome;
  }
}

function compareOne(op: TestOperation, form: Form, input: DataView, output: DataView, theirs: DataView, i: number, outcome: Outcome): void {
  const at = i * OUTPUT;
  const fault = theirs.getUint32(at + FAULT_AT, true);
  if (form === 'func') outcome.faults += fault;
  let same = output.getUint32(at + FAULT_AT, true) === fault && output.getUint32(at + MXCSR_AT, true) === theirs.getUint32(at + MXCSR_AT, true);
  // After a fault the host's destination must be what it was.
  const [expected, from] = fault === 0 ? [output, at] : [input, i * INPUT + A_AT];
  if (fault === 0 || op.after === undefined) {
    for (let k = 0; k < op.bytes; k += 4) same &&= bytesAt(expected, from + k, op.bytes) === bytesAt(theirs, at + k, op.bytes);
  }
  if (same) return;
  outcome.differing++;
  if (outcome.shown.length < 6) outcome.shown.push(show(op, form, input, i * INPUT, output, theirs, at));
}

const bytesAt = (view: DataView, at: number, bytes: number): number => bytes < 4 ? view.getUint16(at, true) : view.getUint32(at, true);

const hex = (n: number, digits = 8): string => (n >>> 0).toString(16).padStart(digits, '0');
const words = (view: DataView, at: number, bytes: number): string => {
  const list: string[] = [];
  for (let k = 0; k < bytes; k += 4) list.unshift(hex(view.getUint32(at + k, true)));
  return list.join('_');
};
const show = (op: TestOperation, form: Form, input: DataView, from: number, output: DataView, theirs: DataView, at: number): string => {
  const imm = input.getUint32(from, true) & 255;
  const width = Math.max(op.bytes, 4);
  const given = ['a', 'b', 'c'].map((name, k) => `${name}=${words(input, from + ([A_AT, B_AT, C_AT][k] ?? 0), width)}`).join(' ');
  const side = (view: DataView): string =>
    `${words(view, at, width)} mxcsr=${hex(view.getUint32(at + MXCSR_AT, true), 4)} fault=${view.getUint32(at + FAULT_AT, true)}`;
  return `${op.name} ${form} imm=${hex(imm, 2)} mxcsr=${hex(input.getUint32(from + 4, true), 4)} ${given}\n  ours ${side(output)}\n  host ${side(theirs)}`;
};

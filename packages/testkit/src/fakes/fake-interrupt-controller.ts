import type { InterruptController } from '@polyvisor/core';
import { hex, Trace } from '../trace/trace.ts';

/**
 * An interrupt controller without priorities or masks: a rising edge or a pulse on input `n` makes vector `base + n`
 * pending, a message its data's low byte; the lowest pending vector is acknowledged first.
 */
export class FakeInterruptController implements InterruptController {
  readonly inputs: number;
  readonly levels: boolean[];
  /** Called when something is pending, or no longer: what a vCPU's INTR is wired to. */
  onPending: ((pending: boolean) => void) | undefined = undefined;
  readonly #pending = new Set<number>();
  readonly #base: number;
  readonly #trace: Trace;

  constructor(options: { readonly inputs?: number; readonly base?: number; readonly trace?: Trace } = {}) {
    this.inputs = options.inputs ?? 24;
    this.levels = Array.from({ length: this.inputs }, () => false);
    this.#base = options.base ?? 0x20;
    this.#trace = options.trace ?? new Trace();
  }

  get pending(): readonly number[] {
    return [...this.#pending].sort((a, b) => a - b);
  }

  setLevel(gsi: number, asserted: boolean): void {
    this.#record(`level gsi${gsi} ${asserted ? 'asserted' : 'deasserted'}`);
    if (asserted && this.levels[gsi] !== true) this.#raise(this.#base + gsi);
    this.levels[gsi] = asserted;
  }
  pulse(gsi: number): void {
    this.#record(`pulse gsi${gsi}`);
    this.#raise(this.#base + gsi);
  }
  importLevel(gsi: number, asserted: boolean): void {
    this.#record(`level gsi${gsi} imported ${asserted ? 'asserted' : 'deasserted'}`);
    this.levels[gsi] = asserted;
  }
  message(address: number, data: number): void {
    this.#record(`message ${hex(address)} = ${hex(data)}`);
    this.#raise(data & 0xff);
  }
  acknowledge(cpu: number): number {
    const vector = this.pending[0] ?? -1;
    this.#record(`acknowledge cpu${cpu} ${vector}`);
    this.#pending.delete(vector);
    if (this.#pending.size === 0) this.onPending?.(false);
    return vector;
  }
  /** The levels and pending vectors of `other`. */
  takeOver(other: FakeInterruptController): void {
    this.levels.splice(0, this.levels.length, ...other.levels);
    this.#pending.clear();
    for (const vector of other.#pending) this.#pending.add(vector);
  }

  #raise(vector: number): void {
    this.#pending.add(vector);
    this.onPending?.(true);
  }
  #record(entry: string): void {
    this.#trace.tick();
    if (this.#trace.on) this.#trace.add(entry);
  }
}

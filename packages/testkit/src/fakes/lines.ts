import type { EdgeLine, LevelLine, MessagePort } from '@polyvisor/core';
import { hex, Trace } from '../trace/trace.ts';

/** A level line that records its transitions. */
export class RecordingLevelLine implements LevelLine {
  readonly name: string;
  asserted = false;
  readonly #trace: Trace;

  constructor(name: string, trace: Trace = new Trace()) {
    this.name = name;
    this.#trace = trace;
  }

  set(asserted: boolean): void {
    this.#trace.tick();
    if (asserted === this.asserted) return;
    this.asserted = asserted;
    if (this.#trace.on) this.#trace.add(`level ${this.name} ${asserted ? 'asserted' : 'deasserted'}`);
  }
}

/** An edge line that counts its pulses. */
export class RecordingEdgeLine implements EdgeLine {
  readonly name: string;
  pulses = 0;
  readonly #trace: Trace;

  constructor(name: string, trace: Trace = new Trace()) {
    this.name = name;
    this.#trace = trace;
  }

  pulse(): void {
    this.#trace.tick();
    this.pulses += 1;
    if (this.#trace.on) this.#trace.add(`pulse ${this.name}`);
  }
}

/** A message port that keeps what was sent. */
export class RecordingMessagePort implements MessagePort {
  readonly sent: { readonly address: number; readonly data: number }[] = [];
  readonly #trace: Trace;

  constructor(trace: Trace = new Trace()) {
    this.#trace = trace;
  }

  send(address: number, data: number): void {
    this.#trace.tick();
    this.#trace.given(address);
    this.#trace.given(data);
    if (!this.#trace.on) return;
    this.sent.push({ address, data });
    this.#trace.add(`message ${hex(address)} = ${hex(data)}`);
  }
}

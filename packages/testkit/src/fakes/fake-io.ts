import type { IoAccess } from '@polyvisor/core';
import { hex, Trace } from '../trace/trace.ts';

/**
 * The machine's ports and MMIO without devices. Reads give what `answer` says (all ones by default), and everything
 * is recorded.
 */
export class FakeIo implements IoAccess {
  answer: (space: 'port' | 'memory', address: number, size: number) => number = () => -1;
  /** Vectors to be acknowledged, in order. */
  readonly vectors: number[] = [];
  readonly #trace: Trace;

  constructor(trace: Trace = new Trace()) {
    this.#trace = trace;
  }

  pioRead(port: number, size: 1 | 2 | 4): number {
    return this.#read('port', port, size);
  }
  pioWrite(port: number, size: 1 | 2 | 4, value: number): void {
    this.#record(`port ${hex(port)}/${size} <- ${hex(value)}`);
  }
  mmioRead(gpa: number, size: 1 | 2 | 4): number {
    return this.#read('memory', gpa, size);
  }
  mmioWrite(gpa: number, size: 1 | 2 | 4, value: number): void {
    this.#record(`memory ${hex(gpa)}/${size} <- ${hex(value)}`);
  }
  acknowledgeInterrupt(cpu: number): number {
    const vector = this.vectors.shift() ?? -1;
    this.#record(`acknowledge cpu${cpu} ${vector}`);
    return vector;
  }

  #read(space: 'port' | 'memory', address: number, size: number): number {
    const value = this.answer(space, address, size);
    this.#record(`${space} ${hex(address)}/${size} -> ${hex(value)}`);
    return value;
  }
  #record(entry: string): void {
    this.#trace.tick();
    if (this.#trace.on) this.#trace.add(entry);
  }
}

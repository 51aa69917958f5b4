import type { CpuPins, DeviceLog, PowerControl } from '@polyvisor/core';
import { Trace } from '../trace/trace.ts';

/** Keeps what a device wanted to do with the power. */
export class RecordingPower implements PowerControl {
  readonly actions: ({ readonly kind: 'power-off'; readonly status: number } | { readonly kind: 'reset' })[] = [];
  readonly #trace: Trace;

  constructor(trace: Trace = new Trace()) {
    this.#trace = trace;
  }

  powerOff(status: number): void {
    this.#trace.tick();
    if (!this.#trace.on) return;
    this.actions.push({ kind: 'power-off', status });
    this.#trace.add(`power off ${status}`);
  }
  reset(): void {
    this.#trace.tick();
    if (!this.#trace.on) return;
    this.actions.push({ kind: 'reset' });
    this.#trace.add('power reset');
  }
}

/** Keeps log messages. They are for people, so they do not enter the trace. */
export class RecordingLog implements DeviceLog {
  readonly messages: { readonly level: 'info' | 'warn' | 'guest-error'; readonly message: string }[] = [];
  readonly #trace: Trace;

  constructor(trace: Trace = new Trace()) {
    this.#trace = trace;
  }

  info(message: string): void {
    this.#keep('info', message);
  }
  warn(message: string): void {
    this.#keep('warn', message);
  }
  guestError(message: string): void {
    this.#keep('guest-error', message);
  }
  #keep(level: 'info' | 'warn' | 'guest-error', message: string): void {
    this.#trace.tick();
    if (this.#trace.on) this.messages.push({ level, message });
  }
}

/** Records what drives the pins of `count` vCPUs. */
export class RecordingPins implements CpuPins {
  readonly count: number;
  readonly intr: boolean[];
  readonly #trace: Trace;

  constructor(count = 1, trace: Trace = new Trace()) {
    this.count = count;
    this.intr = Array.from({ length: count }, () => false);
    this.#trace = trace;
  }

  setIntr(cpu: number, asserted: boolean): void {
    this.#trace.tick();
    if (this.intr[cpu] === asserted) return;
    this.intr[cpu] = asserted;
    if (this.#trace.on) this.#trace.add(`level cpu${cpu}.intr ${asserted ? 'asserted' : 'deasserted'}`);
  }
  nmi(cpu: number): void {
    this.#record('nmi', cpu);
  }
  smi(cpu: number): void {
    this.#record('smi', cpu);
  }
  init(cpu: number): void {
    this.#record('init', cpu);
  }
  sipi(cpu: number, vector: number): void {
    this.#record('sipi', cpu, ` ${vector}`);
  }
  /** The pins are as in `other`. */
  takeOver(other: RecordingPins): void {
    this.intr.splice(0, this.intr.length, ...other.intr);
  }
  #record(pin: string, cpu: number, more = ''): void {
    this.#trace.tick();
    if (this.#trace.on) this.#trace.add(`pin cpu${cpu}.${pin}${more}`);
  }
}

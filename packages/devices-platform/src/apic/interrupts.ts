import type { InterruptController } from '@polyvisor/core';
import type { PicPair } from '../pic8259/pic-pair.ts';
import type { ApicBus } from './apic-bus.ts';
import type { IoApic } from './io-apic.ts';
import { IOAPIC_PINS } from './registers.ts';

/** Inputs that are ISA interrupts: they go to the 8259 pair as well. */
const ISA = 16;
/** The I/O APIC's pin of the timer, which is ISA interrupt 0, and of nothing else that is ISA. */
const TIMER_PIN = 2;

/**
 * The inputs (GSIs) as a PC wires them:
 *
 *     0 ─────────┬─▶ 8259 IR0             INT of the 8259 pair ─▶ LINT0 of the bootstrap processor
 *     2 ──(or)───┼─▶ I/O APIC pin 2
 *     1, 3 … 15 ─┴─▶ 8259, and the pin of the same number
 *     16 … 23 ─────▶ the pin of the same number
 */
export class PcInterrupts implements InterruptController {
  readonly inputs = IOAPIC_PINS;
  readonly #pic: PicPair;
  readonly #io: IoApic;
  readonly #bus: ApicBus;
  #lines: number;

  constructor(pic: PicPair, io: IoApic, bus: ApicBus, lines: number) {
    this.#pic = pic;
    this.#io = io;
    this.#bus = bus;
    this.#lines = lines;
  }

  get lines(): number {
    return this.#lines;
  }

  /** @hot */
  setLevel(gsi: number, asserted: boolean): void {
    this.#set(gsi, asserted, true);
  }

  importLevel(gsi: number, asserted: boolean): void {
    this.#set(gsi, asserted, false);
  }

  /** @hot */
  pulse(gsi: number): void {
    if (gsi < ISA) this.#pic.pulse(gsi);
    this.#io.pulse(gsi === 0 ? TIMER_PIN : gsi);
  }

  /** @hot */
  message(address: number, data: number): void {
    this.#bus.message(address, data);
  }

  /** @hot */
  acknowledge(cpu: number): number {
    return this.#bus.locals[cpu]?.acknowledge() ?? -1;
  }

  reset(): void {
    this.#lines = 0;
  }

  /** @hot */
  #set(gsi: number, asserted: boolean, edge: boolean): void {
    const bit = 1 << gsi;
    this.#lines = asserted ? this.#lines | bit : this.#lines & ~bit;
    if (gsi < ISA) this.#pic.setLine(gsi, asserted, edge);
    if (gsi === 0 || gsi === TIMER_PIN) this.#io.setPin(TIMER_PIN, (this.#lines & (1 | (1 << TIMER_PIN))) !== 0, edge);
    else this.#io.setPin(gsi, asserted, edge);
  }
}

import type { DeviceLog, IoAccess } from '@polyvisor/core';

/** What firmware would choose: where devices go, and what the tables for the operating system say too. */
export interface PciChoices {
  /** First port for BARs. */
  readonly ports: number;
  /** Memory for BARs, in bytes. */
  readonly window: { readonly start: number; readonly end: number };
  /** Base of configuration space in memory, where the host bridge has it. */
  readonly ecam: number;
  /** First port of power management. */
  readonly power: number;
}

const ADDRESS = 0xcf8, DATA = 0xcfc, ENABLE = -0x8000_0000;
const NOBODY = -1;
const At = { VENDOR: 0, COMMAND: 4, CLASS: 8, HEADER_TYPE: 12, BARS: 16, INTERRUPT: 0x3c } as const;
const BARS = 6;
const COMMAND_IO = 1, COMMAND_MEMORY = 2;
const MULTIFUNCTION = 0x80_0000;
/** Inputs of the 8259 pair for PIRQA to PIRQD, which the tables name too. */
export const PIRQ_INPUTS = [10, 10, 11, 11] as const;
const PIRQ_ROUTES = 0x60;
/** Base class, subclass and interface of a display that is compatible with a VGA (PCI Code and ID Assignment 1.11). */
const VGA_CLASS = 0x03_0000;

/** Vendor and device of the functions that need more than BARs. */
const Q35 = 0x29c0_8086, ICH9 = 0x2918_8086, PIIX3 = 0x7000_8086, PIIX4_POWER = 0x7113_8086;

interface Bar {
  readonly slot: number;
  readonly at: number;
  readonly kind: 'io' | 'memory';
  readonly wide: boolean;
  readonly size: number;
}

/** Sets the PCI functions of bus 0 up, as firmware does before an operating system runs (PCI 3.0, 6.1 and 6.2.5). */
export class PciSetup {
  readonly #io: IoAccess;
  readonly #log: DeviceLog;

  constructor(io: IoAccess, log: DeviceLog) {
    this.#io = io;
    this.#log = log;
  }

  /** Whether there is a VGA. */
  run(choices: PciChoices): boolean {
    const slots = this.#functions();
    for (const slot of slots) this.#chip(slot, choices);
    // Larger ones first: each is aligned to its size, so no gap is left between them.
    const bars = slots.flatMap((slot) => this.#bars(slot)).sort((a, b) => b.size - a.size);
    const next = { io: choices.ports, memory: choices.window.start };
    const end = { io: 0x1_0000, memory: choices.window.end };
    for (const bar of bars) {
      const base = Math.ceil(next[bar.kind] / bar.size) * bar.size;
      if (base + bar.size > end[bar.kind]) {
        this.#log.warn(`PCI: a BAR of ${bar.size} bytes of 0:${bar.slot >> 3}.${bar.slot & 7} finds no room and gets no address`);
        continue;
      }
      next[bar.kind] = base + bar.size;
      this.#write(bar.slot, bar.at, base | 0);
      if (bar.wide) this.#write(bar.slot, bar.at + 4, 0);
    }
    for (const slot of slots) this.#finish(slot);
    return slots.some((slot) => this.#read(slot, At.CLASS) >>> 8 === VGA_CLASS);
  }

  #functions(): number[] {
    const found: number[] = [];
    for (let device = 0; device < 32; device++) {
      const first = device << 3;
      if (this.#read(first, At.VENDOR) === NOBODY) continue;
      const count = (this.#read(first, At.HEADER_TYPE) & MULTIFUNCTION) === 0 ? 1 : 8;
      for (let fn = 0; fn < count; fn++) if (this.#read(first + fn, At.VENDOR) !== NOBODY) found.push(first + fn);
    }
    return found;
  }

  #chip(slot: number, { ecam, power }: PciChoices): void {
    const identity = this.#read(slot, At.VENDOR);
    if (identity === Q35) this.#write(slot, 0x60, ecam | 1);
    if (identity === ICH9 || identity === PIIX4_POWER) this.#write(slot, 0x40, power | 1);
    if (identity === ICH9) this.#write(slot, 0x44, 0x80);
    if (identity === PIIX4_POWER) this.#write(slot, 0x80, 1);
    if (identity === ICH9 || identity === PIIX3) {
      this.#write(slot, PIRQ_ROUTES, PIRQ_INPUTS.reduce((word, input, i) => word | (input << (8 * i)), 0));
    }
  }

  #bars(slot: number): Bar[] {
    const bars: Bar[] = [];
    for (let i = 0; i < BARS; i++) {
      const at = At.BARS + 4 * i;
      this.#write(slot, at, -1);
      const mask = this.#read(slot, at);
      this.#write(slot, at, 0);
      if (mask === 0) continue;
      const io = (mask & 1) !== 0;
      const wide = !io && (mask & 4) !== 0;
      if (wide) i++;
      // A BAR of 4 GiB and more has no writable bits in its lower half: it stays where nothing is.
      const size = -(mask & (io ? ~3 : ~15));
      if (size !== 0) bars.push({ slot, at, kind: io ? 'io' : 'memory', wide, size: size >>> 0 });
    }
    return bars;
  }

  #finish(slot: number): void {
    const interrupt = this.#read(slot, At.INTERRUPT);
    const pin = (interrupt >> 8) & 0xff;
    const input = PIRQ_INPUTS[((slot >> 3) + pin - 1) & 3];
    if (pin !== 0 && input !== undefined) this.#write(slot, At.INTERRUPT, (interrupt & ~0xff) | input);
    // The upper half is the status register, in which ones clear.
    this.#write(slot, At.COMMAND, (this.#read(slot, At.COMMAND) & 0xffff) | COMMAND_IO | COMMAND_MEMORY);
  }

  #read(slot: number, register: number): number {
    this.#io.pioWrite(ADDRESS, 4, ENABLE | (slot << 8) | register);
    return this.#io.pioRead(DATA, 4);
  }

  #write(slot: number, register: number, value: number): void {
    this.#io.pioWrite(ADDRESS, 4, ENABLE | (slot << 8) | register);
    this.#io.pioWrite(DATA, 4, value);
  }
}

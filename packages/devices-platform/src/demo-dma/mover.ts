import { DmaStatus, type Clock, type Dma, type Timer } from '@polyvisor/core';
import { ADDRESS_LIMIT, BUFFER_SIZE, Command, Fault, Irq, Status } from './registers.ts';
import type { DemoInterrupts } from './interrupts.ts';
import type { DemoDmaState } from './state.ts';

/** What a bus master's failure is called in `DMA_STATUS`, by `DmaStatus`. */
const BUS_FAULTS = [Fault.NONE, Fault.NO_MEMORY, Fault.DENIED, Fault.BLOCKED] as const;

export interface MoverWiring {
  readonly dma: Dma;
  readonly clock: Clock;
  readonly latency: number;
  readonly interrupts: DemoInterrupts;
  timer(fire: () => void): Timer;
}

/** The DMA half: its registers, the 4 KiB buffer, and at most one transfer under way. */
export class DemoMover {
  readonly #wiring: MoverWiring;
  readonly #timer: Timer;
  readonly #buffer = new Uint8Array(BUFFER_SIZE);
  sourceLow = 0;
  sourceHigh = 0;
  destinationLow = 0;
  destinationHigh = 0;
  length = 0;
  /** BUSY is not kept here: it is `command` not being 0. */
  #status = 0;
  #command = 0;

  constructor(wiring: MoverWiring, saved: DemoDmaState | undefined) {
    this.#wiring = wiring;
    this.#timer = wiring.timer(() => this.#move());
    if (!saved) return;
    this.sourceLow = saved.sourceLow;
    this.sourceHigh = saved.sourceHigh;
    this.destinationLow = saved.destinationLow;
    this.destinationHigh = saved.destinationHigh;
    this.length = saved.length;
    this.#status = saved.status & ~Status.BUSY;
    this.#command = saved.command;
    this.#buffer.set(saved.buffer);
    if (saved.movesAt !== null) this.#timer.arm(saved.movesAt);
  }

  get busy(): boolean {
    return this.#command !== 0;
  }

  get status(): number {
    return this.busy ? this.#status | Status.BUSY : this.#status;
  }

  /** @hot Write 1 to clear; the fault's code goes with ERROR. */
  clearStatus(bits: number): void {
    if ((bits & Status.DONE) !== 0) this.#status &= ~Status.DONE;
    if ((bits & Status.ERROR) !== 0) this.#status &= Status.DONE;
  }

  /** @hot */
  command(value: number): void {
    if (value === Command.ABORT) {
      this.#command = 0;
      this.#timer.cancel();
      return;
    }
    if (this.busy) return;
    this.#status = 0;
    const fault = this.#check(value);
    if (fault !== Fault.NONE) {
      this.#finish(fault);
      return;
    }
    this.#command = value;
    if (this.#wiring.latency > 0) this.#timer.arm(this.#wiring.clock.now() + this.#wiring.latency);
    else this.#move();
  }

  reset(): void {
    this.sourceLow = 0;
    this.sourceHigh = 0;
    this.destinationLow = 0;
    this.destinationHigh = 0;
    this.length = 0;
    this.#status = 0;
    this.#command = 0;
    this.#buffer.fill(0);
    this.#timer.cancel();
  }

  save() {
    return {
      sourceLow: this.sourceLow,
      sourceHigh: this.sourceHigh,
      destinationLow: this.destinationLow,
      destinationHigh: this.destinationHigh,
      length: this.length,
      command: this.#command === Command.LOAD || this.#command === Command.STORE ? this.#command : (0 as const),
      movesAt: this.#timer.armed ? this.#timer.deadline : null,
      status: this.status,
      buffer: this.#buffer.slice(),
    };
  }

  /** @hot What can be said before the transfer: the bus itself answers when it happens. */
  #check(command: number): number {
    if (command !== Command.LOAD && command !== Command.STORE) return Fault.COMMAND;
    const length = this.length >>> 0;
    if (length === 0 || length > BUFFER_SIZE) return Fault.LENGTH;
    const inside = command === Command.LOAD ? this.#destination() : this.#source();
    const outside = command === Command.LOAD ? this.#source() : this.#destination();
    if (inside > BUFFER_SIZE - length) return Fault.LENGTH;
    return outside > ADDRESS_LIMIT - length ? Fault.ADDRESS : Fault.NONE;
  }

  /** @hot The registers stand still while the transfer is under way, so it is the one that was checked. */
  #move(): void {
    const { dma } = this.#wiring;
    const length = this.length >>> 0;
    const result =
      this.#command === Command.LOAD
        ? dma.read(this.#source(), this.#buffer, this.#destination(), length)
        : dma.write(this.#destination(), this.#buffer, this.#source(), length);
    this.#command = 0;
    this.#finish(result === DmaStatus.ok ? Fault.NONE : BUS_FAULTS[result]);
  }

  /** @hot */
  #finish(fault: number): void {
    this.#status = fault === Fault.NONE ? Status.DONE : Status.ERROR | (fault << Status.CODE_SHIFT);
    this.#wiring.interrupts.raise(fault === Fault.NONE ? Irq.DMA_DONE : Irq.DMA_ERROR);
  }

  /** @hot */
  #source(): number {
    return (this.sourceHigh >>> 0) * 2 ** 32 + (this.sourceLow >>> 0);
  }

  /** @hot */
  #destination(): number {
    return (this.destinationHigh >>> 0) * 2 ** 32 + (this.destinationLow >>> 0);
  }
}

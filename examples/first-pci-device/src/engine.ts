import type { Clock, Dma, Region, Timer } from '@polyvisor/core';
import { PciRegisters, type PciConfigSpace } from '@polyvisor/devices-platform';
import { crc32 } from './crc32.ts';
import { ADDRESS_HIGH_MASK, Control, ID_VALUE, MOST_BYTES, Register, Status } from './registers.ts';
import type { ChecksumState } from './state.ts';

export interface EngineParts {
  readonly space: PciConfigSpace;
  readonly dma: Dma;
  readonly clock: Clock;
  /** In ns. */
  readonly latency: number;
  timer(fire: () => void): Timer;
}

type Registers = Omit<ChecksumState, 'space'>;

const POWER_ON: Registers = { sum: 0, addressLow: 0, addressHigh: 0, length: 0, interrupts: false, outcome: 0, endsAt: null };

/** What lies behind BAR 0. */
export class Engine implements Region {
  readonly #parts: EngineParts;
  readonly #timer: Timer;
  readonly #buffer = new Uint8Array(MOST_BYTES);
  #registers: Registers;

  constructor(parts: EngineParts, saved: ChecksumState | undefined) {
    this.#parts = parts;
    this.#timer = parts.timer(() => this.#fetch());
    const { space: _, ...registers } = saved ?? { space: undefined, ...POWER_ON };
    this.#registers = registers;
    if (registers.endsAt !== null) this.#timer.arm(registers.endsAt);
  }

  /** @hot Narrow accesses read a part of the register. */
  read(offset: number, _size: 1 | 2 | 4): number {
    return this.#read(offset & ~3) >> (8 * (offset & 3));
  }

  /** @hot */
  write(offset: number, size: 1 | 2 | 4, value: number): void {
    if (offset === Register.data) this.#add(size, value);
    // Registers other than the data are written as a whole.
    else if (size === 4) this.#write(offset, value);
  }

  reset(): void {
    this.#timer.cancel();
    this.#registers = { ...POWER_ON };
    this.interrupt();
  }

  save(): Registers {
    return { ...this.#registers };
  }

  destroy(): void {
    this.#timer.cancel();
    this.#parts.space.interrupt(false);
  }

  /** @hot The line is a level: asserted as long as there is something to tell. */
  interrupt(): void {
    const { interrupts, outcome } = this.#registers;
    this.#parts.space.interrupt(interrupts && outcome !== 0);
  }

  /** @hot */
  #read(register: number): number {
    const { sum, addressLow, addressHigh, length, interrupts, outcome, endsAt } = this.#registers;
    switch (register) {
      case Register.id:
        return ID_VALUE;
      case Register.sum:
        return sum;
      case Register.addressLow:
        return addressLow;
      case Register.addressHigh:
        return addressHigh;
      case Register.length:
        return length;
      case Register.control:
        return interrupts ? Control.INTERRUPT : 0;
      case Register.status:
        return endsAt === null ? outcome : Status.BUSY;
      default:
        return 0;
    }
  }

  /** @hot */
  #write(register: number, value: number): void {
    const registers = this.#registers;
    const busy = registers.endsAt !== null;
    switch (register) {
      case Register.sum:
        registers.sum = 0;
        break;
      case Register.addressLow:
        if (!busy) registers.addressLow = value;
        break;
      case Register.addressHigh:
        if (!busy) registers.addressHigh = value & ADDRESS_HIGH_MASK;
        break;
      case Register.length:
        if (!busy) registers.length = value;
        break;
      case Register.control:
        registers.interrupts = (value & Control.INTERRUPT) !== 0;
        if ((value & Control.START) !== 0 && !busy) this.#start();
        this.interrupt();
        break;
      case Register.status:
        if ((value & registers.outcome) !== 0) registers.outcome = 0;
        this.interrupt();
        break;
    }
  }

  /** @hot */
  #add(size: number, value: number): void {
    for (let i = 0; i < size; i++) this.#registers.sum = crc32(this.#registers.sum, value >> (8 * i));
  }

  /** @hot */
  #start(): void {
    const endsAt = this.#parts.clock.now() + this.#parts.latency;
    this.#registers.outcome = 0;
    this.#registers.endsAt = endsAt;
    this.#timer.arm(endsAt);
  }

  /** @hot The end of a transfer. */
  #fetch(): void {
    const { addressLow, addressHigh, length } = this.#registers;
    const { space, dma } = this.#parts;
    // A function must not touch memory before its driver allowed it to be a bus master (PCI 3.0, 6.2.2).
    const allowed = (space.command & PciRegisters.PciCommand.MASTER) !== 0 && length > 0 && length <= MOST_BYTES;
    const address = addressHigh * 2 ** 32 + (addressLow >>> 0);
    const fetched = allowed && dma.read(address, this.#buffer, 0, length) === 0;
    if (fetched) for (let i = 0; i < length; i++) this.#registers.sum = crc32(this.#registers.sum, this.#buffer[i]!);
    this.#registers.endsAt = null;
    this.#registers.outcome = fetched ? Status.DONE : Status.FAILED;
    this.interrupt();
  }
}

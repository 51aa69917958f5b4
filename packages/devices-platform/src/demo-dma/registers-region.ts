import type { DeviceLog, Region } from '@polyvisor/core';
import type { DemoInterrupts } from './interrupts.ts';
import type { DemoMover } from './mover.ts';
import { FACTORIAL_MAX, ID_VALUE, Offset } from './registers.ts';
import type { DemoDmaState } from './state.ts';

/** The register file: decodes offsets and hands the work to the two halves. Takes aligned 32-bit accesses only. */
export class DemoRegisters implements Region {
  readonly #mover: DemoMover;
  readonly #interrupts: DemoInterrupts;
  readonly #log: DeviceLog;
  #scratch = 0;
  #factorial = 1;

  constructor(mover: DemoMover, interrupts: DemoInterrupts, log: DeviceLog, saved: DemoDmaState | undefined) {
    this.#mover = mover;
    this.#interrupts = interrupts;
    this.#log = log;
    if (!saved) return;
    this.#scratch = saved.scratch;
    this.#factorial = saved.factorial;
  }

  /** @hot */
  read(offset: number, size: 1 | 2 | 4): number {
    if (size !== 4 || (offset & 3) !== 0) {
      this.#log.guestError('an access that is not 4 bytes at a multiple of 4 reads as 0');
      return 0;
    }
    const mover = this.#mover;
    const interrupts = this.#interrupts;
    switch (offset) {
      case Offset.ID:
        return ID_VALUE;
      case Offset.SCRATCH:
        return ~this.#scratch;
      case Offset.FACTORIAL:
        return this.#factorial;
      case Offset.DMA_SRC_LO:
        return mover.sourceLow;
      case Offset.DMA_SRC_HI:
        return mover.sourceHigh;
      case Offset.DMA_DST_LO:
        return mover.destinationLow;
      case Offset.DMA_DST_HI:
        return mover.destinationHigh;
      case Offset.DMA_LENGTH:
        return mover.length;
      case Offset.DMA_STATUS:
        return mover.status;
      case Offset.IRQ_STATUS:
        return interrupts.status;
      case Offset.IRQ_ENABLE:
        return interrupts.enable;
      case Offset.MSI_ADDR_LO:
        return interrupts.messageLow;
      case Offset.MSI_ADDR_HI:
        return interrupts.messageHigh;
      case Offset.MSI_DATA:
        return interrupts.messageData;
      case Offset.MSI_CONTROL:
        return interrupts.control;
      default:
        return 0;
    }
  }

  /** @hot */
  write(offset: number, size: 1 | 2 | 4, value: number): void {
    if (size !== 4 || (offset & 3) !== 0) {
      this.#log.guestError('an access that is not 4 bytes at a multiple of 4 is ignored');
      return;
    }
    const word = value | 0;
    if (offset >= Offset.DMA_SRC_LO && offset <= Offset.DMA_LENGTH) {
      if (this.#mover.busy) this.#log.guestError('a DMA register was written while a transfer was under way');
      else this.#writeMover(offset, word);
      return;
    }
    const interrupts = this.#interrupts;
    switch (offset) {
      case Offset.SCRATCH:
        this.#scratch = word;
        break;
      case Offset.FACTORIAL:
        this.#factorial = factorial(word >>> 0);
        break;
      case Offset.DMA_COMMAND:
        this.#mover.command(word);
        break;
      case Offset.DMA_STATUS:
        this.#mover.clearStatus(word);
        break;
      case Offset.IRQ_ENABLE:
        interrupts.setEnable(word);
        break;
      case Offset.IRQ_RAISE:
        interrupts.raise(word);
        break;
      case Offset.IRQ_ACK:
        interrupts.acknowledge(word);
        break;
      case Offset.MSI_ADDR_LO:
        interrupts.messageLow = word;
        break;
      case Offset.MSI_ADDR_HI:
        interrupts.messageHigh = word;
        break;
      case Offset.MSI_DATA:
        interrupts.messageData = word;
        break;
      case Offset.MSI_CONTROL:
        interrupts.setControl(word);
        break;
      default:
        break;
    }
  }

  reset(): void {
    this.#scratch = 0;
    this.#factorial = 1;
    this.#mover.reset();
    this.#interrupts.reset();
  }

  /** Quiet for good: no transfer under way and the line released. What else it holds goes with it. */
  destroy(): void {
    this.reset();
  }

  save(): DemoDmaState {
    return { scratch: this.#scratch, factorial: this.#factorial, ...this.#mover.save(), ...this.#interrupts.save() };
  }

  /** @hot */
  #writeMover(offset: number, word: number): void {
    const mover = this.#mover;
    switch (offset) {
      case Offset.DMA_SRC_LO:
        mover.sourceLow = word;
        break;
      case Offset.DMA_SRC_HI:
        mover.sourceHigh = word;
        break;
      case Offset.DMA_DST_LO:
        mover.destinationLow = word;
        break;
      case Offset.DMA_DST_HI:
        mover.destinationHigh = word;
        break;
      default:
        mover.length = word;
        break;
    }
  }
}

/** @hot */
function factorial(n: number): number {
  if (n > FACTORIAL_MAX) return 0;
  let product = 1;
  for (let i = 2; i <= n; i++) product = Math.imul(product, i);
  return product;
}

import type { MessagePort } from '@polyvisor/core';
import { MsixCapability, type PciConfigSpace } from '@polyvisor/devices-platform';
import { Isr } from '../virtio/constants.ts';
import type { Interrupts } from '../virtio/core.ts';
import { Bar, Msix, NO_VECTOR } from './registers.ts';

/** Interrupts of a virtio function: a vector for each queue by MSI-X, or INTx# through the ISR status (§4.1.4.5, §4.1.5.1.2). */
export class PciInterrupts implements Interrupts {
  readonly msix: MsixCapability;
  isr = 0;
  configVector = NO_VECTOR;
  readonly queueVectors: Uint16Array;
  readonly #space: PciConfigSpace;
  readonly #vectors: number;

  constructor(space: PciConfigSpace, port: MessagePort, queues: number, vectors: number) {
    this.#space = space;
    this.#vectors = vectors;
    this.msix = new MsixCapability(space, port, { count: vectors, bar: Bar.MSIX, table: Msix.TABLE, pending: Msix.PENDING });
    this.queueVectors = new Uint16Array(queues).fill(NO_VECTOR);
  }

  /** @hot */
  queueInterrupt(queue: number): void {
    if (this.msix.enabled) this.msix.send(this.queueVectors[queue]!);
    else this.#raise(Isr.QUEUE);
  }

  /** @hot */
  configInterrupt(): void {
    if (this.msix.enabled) this.msix.send(this.configVector);
    else this.#raise(Isr.CONFIG);
  }

  /** @hot Reading the ISR status clears it and takes INTx# back. */
  readIsr(): number {
    const value = this.isr;
    this.isr = 0;
    this.drive();
    return value;
  }

  /** @hot */
  drive(): void {
    this.#space.interrupt(this.isr !== 0 && !this.msix.enabled);
  }

  /** @hot A vector that is not there reads back as NO_VECTOR (§4.1.5.1.2.1). */
  usable(vector: number): number {
    const low = vector & 0xffff;
    return low < this.#vectors ? low : NO_VECTOR;
  }

  /** The driver reset the device; the table of MSI-X is not part of it. */
  resetDevice(): void {
    this.isr = 0;
    this.configVector = NO_VECTOR;
    this.queueVectors.fill(NO_VECTOR);
    this.drive();
  }

  /** @hot */
  #raise(bit: number): void {
    this.isr |= bit;
    this.drive();
  }
}

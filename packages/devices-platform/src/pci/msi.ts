import type { MessagePort } from '@polyvisor/core';
import type { PciConfigSpace } from './config-space.ts';
import { Capability, MsiControl } from './registers.ts';

/** In the capability. */
const At = { CONTROL: 2, ADDRESS: 4, ADDRESS_HIGH: 8, DATA: 12 } as const;

/** The MSI capability (PCI 3.0, 6.8.1) with a 64-bit address and one message. */
export class MsiCapability {
  readonly #space: PciConfigSpace;
  readonly #port: MessagePort;
  readonly #at: number;

  constructor(space: PciConfigSpace, port: MessagePort) {
    this.#space = space;
    this.#port = port;
    const body = [MsiControl.WIDE, 0, ...Array<number>(10).fill(0)];
    const writable = [MsiControl.ENABLE, 0, 0xfc, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    this.#at = space.addCapability(Capability.MSI, body, writable);
  }

  /** @hot The function uses messages, and INTx no more. */
  get enabled(): boolean {
    return (this.#space.bytes[this.#at + At.CONTROL]! & MsiControl.ENABLE) !== 0;
  }

  /** @hot Nothing while it is not enabled. */
  send(): void {
    if (!this.enabled) return;
    const low = this.#space.read(this.#at + At.ADDRESS, 4) >>> 0;
    const high = this.#space.read(this.#at + At.ADDRESS_HIGH, 4) >>> 0;
    this.#port.send(high * 0x1_0000_0000 + low, this.#space.read(this.#at + At.DATA, 2));
  }
}

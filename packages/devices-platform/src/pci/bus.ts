import { PolyvisorError, token } from '@polyvisor/core';

/** A function's configuration space, as a host bridge reaches it. */
export interface PciFunction {
  /** @hot Offset 0 to 255 (to 4095 by ECAM); an access lies within a 32-bit register. */
  read(offset: number, size: 1 | 2 | 4): number;
  /** @hot */
  write(offset: number, size: 1 | 2 | 4, value: number): void;
}

/** Bus 0. A device that is a PCI function asks for it and attaches itself in `create`. */
export interface PciBus {
  /** Throws `pci/slot-taken` when another function is there. `owner` is for the message. */
  attach(owner: string, device: number, fn: number, what: PciFunction): void;
}
export const PciBusToken = token<PciBus>('devices-platform/PciBus');

const DEVICES = 32;
const FUNCTIONS = 8;
/** The extended part of configuration space, which conventional functions do not have. */
const CONVENTIONAL = 256;

/** The functions of bus 0. What nobody answers reads as ones. */
export class PciFunctions implements PciBus {
  readonly #functions = Array<PciFunction | undefined>(DEVICES * FUNCTIONS).fill(undefined);
  readonly #owners = new Map<number, string>();

  attach(owner: string, device: number, fn: number, what: PciFunction): void {
    const at = device * FUNCTIONS + fn;
    const other = this.#owners.get(at);
    if (other !== undefined || device < 0 || device >= DEVICES || fn < 0 || fn >= FUNCTIONS) {
      const slot = `0:${device}.${fn}`;
      const message = other === undefined ? `there is no place ${slot} on a PCI bus` : `"${other}" is at ${slot} already`;
      throw new PolyvisorError([{ code: 'pci/slot-taken', thing: slot, place: owner, message, remedy: 'Give the function another device number.' }]);
    }
    this.#owners.set(at, owner);
    this.#functions[at] = what;
  }

  /** @hot `slot` is bus, device and function as CONFIG_ADDRESS has them in bits 23–8. */
  read(slot: number, offset: number, size: 1 | 2 | 4): number {
    const found = slot < DEVICES * FUNCTIONS ? this.#functions[slot] : undefined;
    if (found === undefined) return -1;
    return offset < CONVENTIONAL ? found.read(offset, size) : 0;
  }

  /** @hot */
  write(slot: number, offset: number, size: 1 | 2 | 4, value: number): void {
    const found = slot < DEVICES * FUNCTIONS ? this.#functions[slot] : undefined;
    if (found !== undefined && offset < CONVENTIONAL) found.write(offset, size, value);
  }
}

import { PolyvisorError, token } from '@polyvisor/core';

/** A function's configuration space, as a host bridge reaches it. */
export interface PciFunction {
  /** @hot Offset 0 to 255 (to 4095 by ECAM); an access lies within a 32-bit register. */
  read(offset: number, size: 1 | 2 | 4): number;
  /** @hot */
  write(offset: number, size: 1 | 2 | 4, value: number): void;
  /** INTA# to INTD# are 1 to 4; without it, or with 0, it has none. */
  readonly interruptPin?: number;
  /** Set by the bus: where the function drives its pin. Level; asserted only after the function was attached. */
  onInterrupt?: ((asserted: boolean) => void) | undefined;
}

/** Bus 0. A device that is a PCI function asks for it and attaches itself in `create`. */
export interface PciBus {
  /** Throws `pci/slot-taken` when another function is there. `owner` is for the message. */
  attach(owner: string, device: number, fn: number, what: PciFunction): void;
}
export const PciBusToken = token<PciBus>('devices-platform/PciBus');

const DEVICES = 32;
const FUNCTIONS = 8;
const PIRQS = 4;
/** The extended part of configuration space, which conventional functions do not have. */
const CONVENTIONAL = 256;

/** The functions of bus 0. What nobody answers reads as ones. */
export class PciFunctions implements PciBus {
  readonly #functions = Array<PciFunction | undefined>(DEVICES * FUNCTIONS).fill(undefined);
  readonly #owners = new Map<number, string>();
  readonly #asserts = new Uint8Array(DEVICES * FUNCTIONS);
  /** How many functions assert each PIRQ. */
  readonly #counts = new Uint16Array(PIRQS);
  readonly #onPirq: (pirq: number, asserted: boolean) => void;

  constructor(onPirq: (pirq: number, asserted: boolean) => void = () => undefined) {
    this.#onPirq = onPirq;
  }

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
    const pin = what.interruptPin ?? 0;
    if (pin === 0) return;
    // The pins of neighbouring devices are wired one further (PCI 3.0, 2.2.6), so that single-pin devices spread.
    const pirq = (device + pin - 1) % PIRQS;
    what.onInterrupt = (asserted) => {
      this.#drive(at, pirq, asserted ? 1 : 0);
    };
  }

  /** @hot */
  #drive(at: number, pirq: number, level: 0 | 1): void {
    const change = level - this.#asserts[at]!;
    if (change === 0) return;
    this.#asserts[at] = level;
    const count = (this.#counts[pirq]! += change);
    if (count === level) this.#onPirq(pirq, level === 1);
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

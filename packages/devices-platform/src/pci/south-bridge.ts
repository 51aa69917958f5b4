import { token, type LevelLine } from '@polyvisor/core';
import type { Chip } from './chips.ts';
import type { PciFunctions } from './bus.ts';
import { PciConfigSpace } from './config-space.ts';

/** Where the chip set's registers say that the block of power management registers is. */
export interface PowerBase {
  readonly base: number | undefined;
  /** One listener: the device that has the block. */
  onMove: ((base: number | undefined) => void) | undefined;
}
export const PowerBaseToken = token<PowerBase>('devices-platform/PowerBase');

/** Inputs of the 8259 pair to which a PIRQ can be routed and which no legacy device has. */
export const ISA_INPUTS = [5, 10, 11] as const;
const PIRQS = 4;
/** PIRQRC (PIIX4, 4.1.10; ICH9, 13.1.13): routing disabled, and the input. */
const ROUTE_OFF = 0x80, ROUTE = 0x0f;
/** A write of any value to the SMI command port would enter system management mode; firmware sees that it is set up. */
const PIIX4_DEVACTB = 0x58, APMC_ENABLED = 0x02;

export interface BridgeLines {
  /** Inputs of the I/O APIC for PIRQA to PIRQD; none when there is no I/O APIC. */
  readonly pirq: readonly LevelLine[];
  readonly isa: readonly LevelLine[];
}

/** The bridge to ISA: routes PCI interrupts, and says where power management is. */
export class SouthBridge implements PowerBase {
  base: number | undefined = undefined;
  onMove: ((base: number | undefined) => void) | undefined = undefined;
  readonly isa: PciConfigSpace;
  readonly power: PciConfigSpace;
  readonly #chip: Chip;
  readonly #lines: BridgeLines;
  /** Level of each PIRQ. */
  readonly #levels = new Uint8Array(PIRQS);

  constructor(chip: Chip, lines: BridgeLines) {
    this.#chip = chip;
    this.#lines = lines;
    this.isa = new PciConfigSpace(chip.isa.identity);
    this.power = chip.power ? new PciConfigSpace(chip.power.identity) : this.isa;
    this.isa.addRegisters(chip.pirq, Array(PIRQS).fill(ROUTE_OFF), Array(PIRQS).fill(ROUTE_OFF | ROUTE));
    const { at, size, enable, bit } = chip.pmBase;
    // Bit 0 tells that it is a range of ports.
    this.power.addRegisters(at, [1, 0, 0, 0], [-size & 0xff, 0xff, 0, 0]);
    this.power.addRegisters(enable, [0], [bit]);
    if (chip.power) this.power.addRegisters(PIIX4_DEVACTB, [0, 0, 0, APMC_ENABLED], [0xff, 0xff, 0xff, 0xff]);
    this.isa.onWritten = () => this.#written();
    this.power.onWritten = () => this.#written();
  }

  attach(owner: string, bus: PciFunctions): void {
    const { isa, power } = this.#chip;
    bus.attach(owner, isa.device, isa.fn, this.isa);
    if (power) bus.attach(owner, power.device, power.fn, this.power);
  }

  /** @hot A PIRQ changed. */
  setPirq(pirq: number, asserted: boolean): void {
    this.#levels[pirq] = asserted ? 1 : 0;
    this.#lines.pirq[pirq]?.set(asserted);
    this.#driveIsa();
  }

  reset(): void {
    this.isa.reset();
    if (this.power !== this.isa) this.power.reset();
    this.#written();
  }

  save(): Uint8Array<ArrayBuffer>[] {
    return this.power === this.isa ? [this.isa.save()] : [this.isa.save(), this.power.save()];
  }

  restore(saved: readonly Uint8Array[]): void {
    const [isa, power] = saved;
    if (isa) this.isa.restore(isa);
    if (power && this.power !== this.isa) this.power.restore(power);
    this.#written();
  }

  #written(): void {
    this.#driveIsa();
    const { at, size, enable, bit } = this.#chip.pmBase;
    const base = this.power.read(at, 4) & -size & 0xffff;
    const moved = (this.power.bytes[enable]! & bit) !== 0 && base !== 0 ? base : undefined;
    if (moved === this.base) return;
    this.base = moved;
    this.onMove?.(moved);
  }

  /** @hot */
  #driveIsa(): void {
    for (let i = 0; i < ISA_INPUTS.length; i++) {
      let asserted = false;
      for (let pirq = 0; pirq < PIRQS; pirq++) {
        const route = this.isa.bytes[this.#chip.pirq + pirq]!;
        if (this.#levels[pirq] === 1 && (route & ROUTE_OFF) === 0 && (route & ROUTE) === ISA_INPUTS[i]) asserted = true;
      }
      this.#lines.isa[i]?.set(asserted);
    }
  }
}

import {
  PowerControlToken, defineDevice, versioned,
  type LevelLine, type LineWish, type PowerControl, type Region, type RegionPlacement,
} from '@polyvisor/core';
import { z } from 'zod';
import { ResetControl, ResetRegister } from '../reset-port/reset-port.ts';
import { PciBusToken, PciFunctions } from './bus.ts';
import { CHIPS, type Chip } from './chips.ts';
import { PciConfigSpace } from './config-space.ts';
import { CONFIG_SIZE, ConfigAddress, PortOffset } from './registers.ts';
import { ISA_INPUTS, PowerBaseToken, SouthBridge, type BridgeLines } from './south-bridge.ts';

/** Bytes of configuration space for each bus by ECAM; there is one bus. */
const ECAM_SIZE = 0x10_0000;
/** PCIEXBAR (82G33, 5.1.17): enabled, and the lower half of the address. */
const Pciexbar = { ENABLE: 0x01, LOW: -0x0400_0000 } as const;

const space = z.instanceof(Uint8Array).refine((bytes) => bytes.length === CONFIG_SIZE, 'configuration space has 256 bytes');
const state = z.strictObject({
  /** CONFIG_ADDRESS. */
  address: z.int32(),
  resetControl: z.int().min(0).max(0xff).refine((value) => (value & ~ResetControl.WRITABLE) === 0, 'has bits that the register lacks'),
  config: space,
  /** Of the bridge to ISA and, if it is another function, of power management. */
  south: z.array(space).min(1).max(2),
});
type State = z.output<typeof state>;

interface Wiring {
  readonly id: string;
  readonly power: PowerControl;
  readonly lines: BridgeLines;
  readonly ecam: RegionPlacement | undefined;
}

/** A host bridge: configuration mechanism #1, the reset control register in the middle of it, and bus 0 with the chip set. */
class HostBridge implements Region {
  readonly functions: PciFunctions;
  readonly south: SouthBridge;
  /** Configuration space in memory. */
  readonly ecam: Region = {
    read: (offset, size) => this.functions.read(offset >> 12, offset & 0xfff, size),
    write: (offset, size, value) => this.functions.write(offset >> 12, offset & 0xfff, size, value),
  };
  readonly #space: PciConfigSpace;
  readonly #reset: ResetRegister;
  readonly #chip: Chip;
  readonly #wiring: Wiring;
  #address: number;

  constructor(chip: Chip, wiring: Wiring, saved: State | undefined) {
    this.#chip = chip;
    this.#wiring = wiring;
    this.#space = new PciConfigSpace(chip.host);
    this.#space.addRegisters(chip.pam, Array(7).fill(0), Array(7).fill(0x33));
    this.#space.addRegisters(chip.smram, [2], [0x78]);
    if (chip.ecam !== undefined) this.#space.addRegisters(chip.ecam, Array(8).fill(0), [7, 0, 0, 0xfc, 0xff, 0, 0, 0]);
    this.#space.onWritten = () => this.#placeEcam();
    this.#reset = new ResetRegister(wiring.power, saved?.resetControl);
    this.#address = saved?.address ?? 0;
    this.south = new SouthBridge(chip, wiring.lines);
    this.functions = new PciFunctions((pirq, asserted) => this.south.setPirq(pirq, asserted));
    if (saved) {
      this.#space.restore(saved.config);
      this.south.restore(saved.south);
    }
    this.functions.attach(wiring.id, 0, 0, this.#space);
    this.south.attach(wiring.id, this.functions);
    this.#placeEcam();
  }

  /** @hot */
  read(offset: number, size: 1 | 2 | 4): number {
    return offset >= PortOffset.DATA ? this.#readData(offset & 3, size) : this.#readAddress(offset, size);
  }

  /** @hot */
  write(offset: number, size: 1 | 2 | 4, value: number): void {
    if (offset >= PortOffset.DATA) this.#writeData(offset & 3, size, value);
    // CONFIG_ADDRESS is 32 bits wide; narrower accesses are to ports of their own.
    else if (size === 4) this.#writeAddress(offset, value);
    else if (size === 1 && offset === PortOffset.RESET) this.#reset.write(0, 1, value & 0xff);
  }

  reset(): void {
    this.#address = 0;
    this.#reset.control = 0;
    this.#space.reset();
    this.south.reset();
    this.#placeEcam();
  }

  save(): State {
    return { address: this.#address, resetControl: this.#reset.control, config: this.#space.save(), south: this.south.save() };
  }

  #placeEcam(): void {
    const { ecam } = this.#chip;
    if (ecam === undefined) return;
    const low = this.#space.read(ecam, 4);
    const base = (this.#space.read(ecam + 4, 4) >>> 0) * 2 ** 32 + ((low & Pciexbar.LOW) >>> 0);
    this.#wiring.ecam?.move((low & Pciexbar.ENABLE) !== 0 ? base : undefined);
  }

  /** @hot */
  #readAddress(offset: number, size: 1 | 2 | 4): number {
    if (size === 4 && offset === PortOffset.ADDRESS) return this.#address;
    return size === 1 && offset === PortOffset.RESET ? this.#reset.read() : -1;
  }

  /** @hot */
  #writeAddress(offset: number, value: number): void {
    if (offset === PortOffset.ADDRESS) this.#address = value & ConfigAddress.MASK;
  }

  /** @hot `at` is the byte within CONFIG_DATA; an access does not leave it. */
  #readData(at: number, size: 1 | 2 | 4): number {
    if (!this.#enabled() || at + size > 4) return -1;
    return this.functions.read(this.#slot(), (this.#address & 0xfc) | at, size);
  }

  /** @hot */
  #writeData(at: number, size: 1 | 2 | 4, value: number): void {
    if (this.#enabled() && at + size <= 4) this.functions.write(this.#slot(), (this.#address & 0xfc) | at, size, value);
  }

  /** @hot */
  #enabled(): boolean {
    return (this.#address & ConfigAddress.ENABLE) !== 0;
  }

  /** @hot Bus, device and function. */
  #slot(): number {
    return (this.#address >>> 8) & 0xffff;
  }
}

const ports = { config: { size: 8, width: 4, prefer: 0xcf8 } } as const;
const services = { power: PowerControlToken } as const;
const provides = { bus: PciBusToken, powerBase: PowerBaseToken } as const;
const PIRQ_NAMES = ['pirqa', 'pirqb', 'pirqc', 'pirqd'] as const;
/** The first input of the I/O APIC behind those of ISA. */
const FIRST_PIRQ_INPUT = 16;

const config = z.strictObject({
  /** The machine has an I/O APIC: PIRQA to PIRQD reach its inputs from 16 on, besides those of the 8259 pair. */
  ioApic: z.boolean().default(true),
});
type Config = z.output<typeof config>;

function linesOf({ ioApic }: Config): Record<string, LineWish<'level'>> {
  const level = (prefer: number): LineWish<'level'> => ({ kind: 'level', prefer });
  return {
    ...Object.fromEntries(ISA_INPUTS.map((input) => [`isa${input}`, level(input)])),
    ...(ioApic && Object.fromEntries(PIRQ_NAMES.map((name, i) => [name, level(FIRST_PIRQ_INPUT + i)]))),
  };
}

function bridgeLines({ ioApic }: Config, irq: Readonly<Record<string, LevelLine>>): BridgeLines {
  return { pirq: ioApic ? PIRQ_NAMES.map((name) => irq[name]!) : [], isa: ISA_INPUTS.map((input) => irq[`isa${input}`]!) };
}

/** A conventional host bridge, as on an i440FX board. */
export const pciHost = defineDevice({
  kind: 'platform/pci-host',
  api: 1,
  summary: 'A PCI host bridge with configuration mechanism #1 and its chip set (i440FX, PIIX).',
  config,
  state: versioned(1, state),
  resources: (given) => ({ pio: ports, irq: linesOf(given), services, provides }),
  create(given, host, saved) {
    const wiring = { id: host.id, power: host.services.power, lines: bridgeLines(given, host.irq), ecam: undefined };
    const bridge = new HostBridge(CHIPS.i440fx, wiring, saved);
    return {
      regions: { config: bridge },
      provides: { bus: bridge.functions, powerBase: bridge.south },
      reset: () => bridge.reset(),
      save: () => bridge.save(),
    };
  },
});

/** A PCI Express host bridge, as on a Q35 board: configuration space is in memory too. */
export const pcieHost = defineDevice({
  kind: 'platform/pcie-host',
  api: 1,
  summary: 'A PCI Express host bridge with ECAM and its chip set (Q35, ICH9).',
  config,
  state: versioned(1, state),
  resources: (given) => ({
    pio: ports,
    mmio: { ecam: { size: ECAM_SIZE, width: 4, align: ECAM_SIZE, movable: true } },
    irq: linesOf(given),
    services,
    provides,
  }),
  create(given, host, saved) {
    const wiring = { id: host.id, power: host.services.power, lines: bridgeLines(given, host.irq), ecam: host.placement.ecam };
    const bridge = new HostBridge(CHIPS.q35, wiring, saved);
    return {
      regions: { config: bridge, ecam: bridge.ecam },
      provides: { bus: bridge.functions, powerBase: bridge.south },
      reset: () => bridge.reset(),
      save: () => bridge.save(),
    };
  },
});

import { PowerControlToken, defineDevice, versioned, type PowerControl, type Region } from '@polyvisor/core';
import { z } from 'zod';
import { ResetControl, ResetRegister } from '../reset-port/reset-port.ts';
import { PciBusToken, PciFunctions } from './bus.ts';
import { PciConfigSpace } from './config-space.ts';
import { CONFIG_SIZE, ConfigAddress, PortOffset } from './registers.ts';

const CHIPS = {
  /** Intel 82441FX. */
  i440fx: { vendor: 0x8086, device: 0x1237, revision: 2, classCode: 0x06_0000 },
  /** Intel 82G33, the memory controller of a Q35 board. */
  q35: { vendor: 0x8086, device: 0x29c0, revision: 0, classCode: 0x06_0000 },
} as const;

/** Bytes of configuration space for each bus by ECAM; there is one bus. */
const ECAM_SIZE = 0x10_0000;

const state = z.strictObject({
  /** CONFIG_ADDRESS. */
  address: z.int32(),
  resetControl: z.int().min(0).max(0xff).refine((value) => (value & ~ResetControl.WRITABLE) === 0, 'has bits that the register lacks'),
  config: z.instanceof(Uint8Array).refine((bytes) => bytes.length === CONFIG_SIZE, 'configuration space has 256 bytes'),
});
type State = z.output<typeof state>;

/** A host bridge: configuration mechanism #1, the reset control register in the middle of it, and bus 0. */
class HostBridge implements Region {
  readonly functions = new PciFunctions();
  /** Configuration space in memory. */
  readonly ecam: Region = {
    read: (offset, size) => this.functions.read(offset >> 12, offset & 0xfff, size),
    write: (offset, size, value) => this.functions.write(offset >> 12, offset & 0xfff, size, value),
  };
  readonly #space: PciConfigSpace;
  readonly #reset: ResetRegister;
  #address: number;

  constructor(chip: keyof typeof CHIPS, id: string, power: PowerControl, saved: State | undefined) {
    this.#space = new PciConfigSpace(CHIPS[chip]);
    this.#reset = new ResetRegister(power, saved?.resetControl);
    this.#address = saved?.address ?? 0;
    if (saved) this.#space.restore(saved.config);
    this.functions.attach(id, 0, 0, this.#space);
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
  }

  save(): State {
    return { address: this.#address, resetControl: this.#reset.control, config: this.#space.save() };
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
const provides = { bus: PciBusToken } as const;

/** A conventional host bridge, as on an i440FX board. */
export const pciHost = defineDevice({
  kind: 'platform/pci-host',
  api: 1,
  summary: 'A PCI host bridge with configuration mechanism #1 (i440FX).',
  config: z.strictObject({}),
  state: versioned(1, state),
  resources: () => ({ pio: ports, services, provides }),
  create(_config, host, saved) {
    const bridge = new HostBridge('i440fx', host.id, host.services.power, saved);
    return { regions: { config: bridge }, provides: { bus: bridge.functions }, reset: () => bridge.reset(), save: () => bridge.save() };
  },
});

/** A PCI Express host bridge, as on a Q35 board: configuration space is in memory too. */
export const pcieHost = defineDevice({
  kind: 'platform/pcie-host',
  api: 1,
  summary: 'A PCI Express host bridge with ECAM and configuration mechanism #1 (Q35).',
  config: z.strictObject({
    /** Base of ECAM; the ACPI MCFG table has to say the same. */
    ecam: z.int().min(0).max(2 ** 48 - ECAM_SIZE).multipleOf(ECAM_SIZE).default(0xb000_0000),
  }),
  state: versioned(1, state),
  resources: (config) => ({
    pio: ports,
    mmio: { ecam: { size: ECAM_SIZE, width: 4, align: ECAM_SIZE, prefer: config.ecam } },
    services,
    provides,
  }),
  create(_config, host, saved) {
    const bridge = new HostBridge('q35', host.id, host.services.power, saved);
    return {
      regions: { config: bridge, ecam: bridge.ecam },
      provides: { bus: bridge.functions },
      reset: () => bridge.reset(),
      save: () => bridge.save(),
    };
  },
});

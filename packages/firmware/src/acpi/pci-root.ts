import { device, eisaId, name, type Aml } from './aml.ts';
import { pciInterrupts, routeRegisters } from './pci-interrupts.ts';
import { Caching, busNumbers, io, ioWindow, memoryWindow, memoryWindow64, resources, type Window } from './resources.ts';
import { TABLE_HEADER, acpiTable } from './table.ts';

export interface PciOptions {
  readonly chip: 'i440fx' | 'q35';
  /** Memory below 4 GiB in which devices may be placed; video memory from A0000H on is always one more. */
  readonly memory: readonly Window[];
  readonly memory64?: Window | undefined;
  /** Ports in which devices may be placed; without them all but those of configuration. */
  readonly io?: readonly Window[];
  /** Configuration space in memory below 4 GiB: 1 MiB for each bus. */
  readonly ecam?: { readonly base: number; readonly size: number } | undefined;
}

/** Configuration mechanism #1 (PCI Local Bus Specification 3.0, 3.2.2.3.2). */
const CONFIG = { port: 0xcf8, ports: 8 };
const ALL_PORTS: readonly Window[] = [{ start: 0, end: CONFIG.port - 1 }, { start: CONFIG.port + CONFIG.ports, end: 0xffff }];
const VIDEO: Window = { start: 0xa0000, end: 0xbffff };
const ECAM_PER_BUS = 0x10_0000;
const BUSES = 256;
const PCI = 'PNP0A03', PCI_EXPRESS = 'PNP0A08';
/** `_ADR` of the bridge to ISA (ACPI 6.5, table 6.2). */
const ISA_BRIDGE = { i440fx: 0x0001_0000, q35: 0x001f_0000 } as const;

/** `\_SB.PCI0`, with the devices of ISA in it. */
export function pciRoot(options: PciOptions, isaDevices: Aml): Aml {
  const { chip, memory, memory64, ecam } = options;
  const ids = chip === 'q35' ? [name('_HID', eisaId(PCI_EXPRESS)), name('_CID', eisaId(PCI))] : [name('_HID', eisaId(PCI))];
  const ranges = [
    // Functions of other buses than 0 are behind bridges, of which mechanism #1 reaches all, and ECAM as many as it has room for.
    busNumbers({ start: 0, end: buses(ecam?.size ?? BUSES * ECAM_PER_BUS) - 1 }),
    io(CONFIG.port, CONFIG.ports),
    ...(options.io ?? ALL_PORTS).map((window) => ioWindow(window)),
    memoryWindow(VIDEO, Caching.cacheable),
    ...memory.map((window) => memoryWindow(window)),
    ...(memory64 ? [memoryWindow64(memory64)] : []),
  ];
  return device('PCI0',
    ...ids, name('_BBN', 0), name('_UID', 0), name('_CRS', resources(...ranges)),
    device('ISA', name('_ADR', ISA_BRIDGE[chip]), routeRegisters(), isaDevices),
    pciInterrupts());
}

function buses(ecamSize: number): number {
  return Math.min(BUSES, Math.max(1, Math.floor(ecamSize / ECAM_PER_BUS)));
}

/** Where configuration space is in memory (PCI Firmware Specification 3.3, 4.1.2). */
export function mcfg({ base, size }: { readonly base: number; readonly size: number }): Uint8Array {
  const content = new Uint8Array(60 - TABLE_HEADER);
  const view = new DataView(content.buffer);
  view.setBigUint64(44 - TABLE_HEADER, BigInt(base), true);
  view.setUint8(55 - TABLE_HEADER, buses(size) - 1);
  return acpiTable('MCFG', 1, content);
}

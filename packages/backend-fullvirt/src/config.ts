import { z } from 'zod';

const port = z.int().min(0).max(0xffff);

/**
 * What the ACPI tables say about the machine's devices. The defaults are those of the devices of
 * `@polyvisor/devices-platform`; the power management device has to be configured with `startsEnabled`.
 */
const acpi = z.strictObject({
  /** First port of the power management block. */
  powerBase: port.default(0x600),
  sci: z.int().min(0).max(23).default(9),
  /** SLP_TYP of S5. */
  s5: z.int().min(0).max(7).default(5),
  timerBits: z.union([z.literal(24), z.literal(32)]).default(32),
  /** Reset control register and what is written to it, or `false` when there is none. */
  reset: z.union([z.literal(false), z.strictObject({ port, value: z.int().min(0).max(0xff) })]).default({ port: 0xcf9, value: 6 }),
  /** Where the century is in CMOS memory; 0 for nowhere. */
  century: z.int().min(0).max(127).default(0x32),
  keyboardController: z.boolean().default(false),
  realTimeClock: z.boolean().default(true),
  /** Address of the high-precision event timers, or `false`. */
  hpet: z.union([z.literal(false), z.int().min(0).max(0xffff_f000)]).default(false),
  /** Chip set behind the PCI host bridge (`platform/pci-host`, `platform/pcie-host`), or `false` without PCI. */
  pci: z.union([z.literal(false), z.enum(['i440fx', 'q35'])]).default(false),
  /** Serial ports. */
  serial: z.array(z.strictObject({ port, irq: z.int().min(0).max(15) })).max(4).default([]),
  /** First port of fw_cfg, or `false`. */
  firmwareConfig: z.union([z.literal(false), port]).default(false),
  vga: z.boolean().default(false),
  localApic: z.int().min(0).max(0xffff_f000).default(0xfee0_0000),
  ioApic: z.strictObject({ id: z.int().min(0).max(255), address: z.int().min(0).max(0xffff_f000) }).default({ id: 15, address: 0xfec0_0000 }),
});

/** What is chosen for PCI functions when no firmware does it. */
const pci = z.strictObject({
  /** First port that BARs get. */
  ports: port.default(0xc000),
  /** Configuration space in memory, on boards that have it. */
  ecam: z.int().min(0).max(0xffff_ffff).multipleOf(2 ** 28).default(0xb000_0000),
});

const smbios = z.strictObject({
  manufacturer: z.string().max(64).default('Polyvisor'),
  product: z.string().max(64).default('PC'),
  serial: z.string().max(64).optional(),
  uuid: z.uuid().optional(),
});

export const fullvirtConfig = z.strictObject({
  /** What a processor's shutdown (a triple fault) does. A PC resets. */
  onShutdown: z.enum(['reset', 'power-off', 'fault']).default('reset'),
  /** `false`: the guest gets no ACPI tables. */
  acpi: z.union([z.literal(false), acpi]).prefault({}),
  pci: pci.prefault({}),
  /** Tables that name the machine for its owner (SMBIOS), or `false`. */
  smbios: z.union([z.literal(false), smbios]).prefault({}),
});

export type SmbiosConfig = z.output<typeof smbios>;
export type AcpiConfig = z.output<typeof acpi>;
export type FullvirtConfig = z.output<typeof fullvirtConfig>;

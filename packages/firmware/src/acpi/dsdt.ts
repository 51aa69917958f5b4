import { device, eisaId, name, packageOf, scope, type Aml } from './aml.ts';
import type { PowerManagement } from './fadt.ts';
import { boardDevices, isaDevices, type IsaOptions } from './isa-devices.ts';
import { interruptModel } from './pci-interrupts.ts';
import { pciRoot, type PciOptions } from './pci-root.ts';
import { io, memory32, resources } from './resources.ts';

export interface DsdtOptions extends IsaOptions {
  readonly processors: readonly number[];
  readonly power: PowerManagement;
  /** Without it the machine has no PCI. */
  readonly pci?: PciOptions | undefined;
  /** AML that is added. */
  readonly definitions?: Uint8Array | undefined;
}

const SMI_PORTS = 2;
const DIGITS = 3;

/** The definition block of a PC: processors, its buses and what is at fixed places. */
export function dsdt(options: DsdtOptions): Uint8Array {
  const { power, pci, definitions } = options;
  const fixed = { ...options, keyboardController: power.keyboardController, clock: power.clock };
  const isa = isaDevices(fixed);
  return Uint8Array.from([
    ...name('\\_S5', packageOf(power.s5, power.s5, 0, 0)),
    ...(pci ? interruptModel() : []),
    ...scope('\\_SB', processors(options.processors.length), pci ? pciRoot(pci, isa) : isa, boardDevices(fixed), motherboard(options)),
    ...(definitions ?? []),
  ]);
}

/** One device for each processor; `_UID` is that of the MADT (ACPI 6.5, 8.4.1). */
function processors(count: number): Aml {
  return Array.from({ length: count }, (_, uid) =>
    device(`C${uid.toString(16).toUpperCase().padStart(DIGITS, '0')}`, name('_HID', 'ACPI0007'), name('_UID', uid))).flat();
}

/** What no device driver may be given: power management, and configuration space, whose table counts only if it is reserved here. */
function motherboard({ power, pci }: DsdtOptions): Aml {
  const { base, blockSize = 16, gpe0 } = power;
  const apart = gpe0 !== undefined && (gpe0.base < base || gpe0.base >= base + blockSize);
  const ranges = [
    io(base, blockSize),
    ...(apart ? [io(gpe0.base, gpe0.length)] : []),
    ...(power.smi ? [io(power.smi.port, SMI_PORTS)] : []),
    ...(pci?.ecam ? [memory32(pci.ecam.base, pci.ecam.size)] : []),
  ];
  return device('MBRD', name('_HID', eisaId('PNP0C02')), name('_CRS', resources(...ranges)));
}

import type { AcpiOptions } from '../acpi/describe.ts';
import { MemoryType, type MemoryRange, type RamBytes } from '../boot/plan.ts';
import { wholeRam } from '../boot/whole-ram.ts';
import type { SmbiosOptions } from '../smbios/structures.ts';
import { smbiosFiles } from '../smbios/tables.ts';
import { acpiFiles, type FirmwareFile } from './table-loader.ts';

export interface FirmwareFilesOptions {
  /** RAM, ascending. */
  readonly ram: readonly RamBytes[];
  /** Memory besides that no operating system may use. */
  readonly reserved?: readonly RamBytes[];
  readonly acpi?: AcpiOptions | undefined;
  readonly smbios?: SmbiosOptions | undefined;
  /** Open Firmware paths, the first choice first, such as `/pci@i0cf8/scsi@3/disk@0,0`. */
  readonly bootOrder?: readonly string[];
  /** SeaBIOS: offer the boot menu, for which it waits some seconds. */
  readonly bootMenu?: boolean;
  /** SeaBIOS: milliseconds from "No bootable device" to a reset, or never. */
  readonly bootFailWait?: number | 'never';
  /** SeaBIOS: text output and keys go through a serial port there too; for a machine without VGA. */
  readonly serialConsole?: number | undefined;
}

const E820_ENTRY = 20;
const NEVER = 0xffff_ffff;

/** What BIOS and UEFI firmware takes from the firmware configuration device of a PC. */
export function firmwareFiles(options: FirmwareFilesOptions): readonly FirmwareFile[] {
  const { acpi, smbios, bootOrder, bootMenu = false, bootFailWait = 'never', serialConsole } = options;
  const number = (name: string, size: 1 | 2 | 4, value: number): FirmwareFile =>
    ({ name, bytes: Uint8Array.from({ length: size }, (_, i) => (value >>> (8 * i)) & 0xff) });
  return [
    e820File(options.ram, options.reserved),
    ...(acpi ? [...acpiFiles(acpi), number('etc/max-cpus', 2, acpi.processors.length)] : []),
    ...(smbios ? smbiosFiles(smbios) : []),
    // Input 0 of ISA is input 2 of the I/O APIC, as on every PC; SeaBIOS's tables for older systems need to be told.
    number('etc/irq0-override', 1, 1),
    number('etc/show-boot-menu', 2, bootMenu ? 1 : 0),
    number('etc/boot-fail-wait', 4, bootFailWait === 'never' ? NEVER : bootFailWait),
    ...(bootOrder ? [bootOrderFile(bootOrder)] : []),
    ...(serialConsole === undefined ? [] : [number('etc/sercon-port', 2, serialConsole)]),
  ];
}

/** The memory map: RAM as firmware counts it, and reserved ranges. Firmware itself reserves what it uses. */
export function e820File(ram: readonly RamBytes[], reserved: readonly RamBytes[] = []): FirmwareFile {
  const ranges: MemoryRange[] = [
    ...wholeRam(ram).map((range) => ({ ...range, type: MemoryType.usable })),
    ...reserved.map((range) => ({ ...range, type: MemoryType.reserved })),
  ];
  const view = new DataView(new ArrayBuffer(E820_ENTRY * ranges.length));
  ranges.forEach(({ address, size, type }, i) => {
    view.setBigUint64(E820_ENTRY * i, BigInt(address), true);
    view.setBigUint64(E820_ENTRY * i + 8, BigInt(size), true);
    view.setUint32(E820_ENTRY * i + 16, type, true);
  });
  return { name: 'etc/e820', bytes: new Uint8Array(view.buffer) };
}

/** A line for each device; the end is a zero byte, without which OVMF takes none of it. */
export function bootOrderFile(paths: readonly string[]): FirmwareFile {
  return { name: 'bootorder', bytes: Uint8Array.from(`${paths.join('\n')}\0`, (c) => c.charCodeAt(0)) };
}

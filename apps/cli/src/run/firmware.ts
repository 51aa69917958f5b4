import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { acpiOptions, fullvirtConfig, pcLayout, smbiosOptions, usableRam } from '@polyvisor/backend-fullvirt';
import type { FirmwareFiles } from '@polyvisor/devices-platform';
import { ACPI_FILES, acpiFiles, firmwareFiles } from '@polyvisor/firmware';
import type { MachineDescription } from '@polyvisor/machine';
import type { RunOptions } from './options/types.ts';

/** SeaBIOS's program for the video card, beside the BIOS or where Debian has it; by this name it learns where the card is. */
const VGA_BIOS = 'vgabios-stdvga.bin', VGA_ROM = 'pci1234,1111.rom';
const USUAL = '/usr/share/seabios';
const COM1 = 0x3f8;
/** Open Firmware names of what a PC boots from, as SeaBIOS spells them. */
const BOOT_PATHS: Readonly<Record<string, readonly string[]>> = {
  c: ['/pci@i0cf8/ide@1,1/drive@0/disk@0', '/pci@i0cf8/*@3/disk@0,0'],
  d: ['/pci@i0cf8/ide@1,1/drive@1/disk@0', '/pci@i0cf8/ide@1,1/drive@0/disk@1', '/pci@i0cf8/ide@1,1/drive@0/disk@0'],
  n: ['/pci@i0cf8/ethernet@3/ethernet-phy@0'],
};

/** What firmware is told of the machine through fw_cfg. */
export function firmwareOf(options: RunOptions, description: MachineDescription): FirmwareFiles {
  const { bios, vga, boot, cpus } = options;
  if (bios === undefined) return { files: [] };
  const config = fullvirtConfig.parse(description.backend.config ?? {});
  const ram = usableRam(pcLayout(options.memory));
  const acpi = config.acpi === false ? undefined : acpiOptions(config.acpi, ram, cpus, config.pci.ecam);
  const files = firmwareFiles({
    ram,
    acpi,
    smbios: config.smbios === false ? undefined : smbiosOptions(config.smbios, ram, cpus),
    serialConsole: vga === 'none' ? COM1 : undefined,
    ...(boot !== undefined && { bootOrder: Array.from(boot).flatMap((letter) => BOOT_PATHS[letter] ?? []) }),
  });
  const rom = vga === 'none' ? undefined : [join(dirname(bios), VGA_BIOS), join(USUAL, VGA_BIOS)].find((path) => existsSync(path));
  // SeaBIOS and OVMF place power management differently, and ask for the tables afterwards.
  const placed = (base: number): Uint8Array => {
    const [tables] = acpi ? acpiFiles({ ...acpi, power: { ...acpi.power, base } }) : [];
    return tables?.bytes ?? new Uint8Array(0);
  };
  const live = files.map((file) => (file.name === ACPI_FILES.tables ? { ...file, placed } : file));
  return { files: [...live, ...(rom === undefined ? [] : [{ name: VGA_ROM, bytes: new Uint8Array(readFileSync(rom)) }])] };
}

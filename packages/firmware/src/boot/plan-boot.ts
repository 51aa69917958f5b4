import type { AcpiOptions } from '../acpi/describe.ts';
import { ACPI_SIZE, acpiTables } from '../acpi/tables.ts';
import { firmwareErrors, refuse } from '../errors.ts';
import { bootParams } from '../linux/boot-params.ts';
import { pvhEntry, type KernelImage } from '../linux/kernel.ts';
import { MULTIBOOT_MAGIC, multibootInfo } from '../multiboot/info.ts';
import { pvhStartInfo } from '../pvh/start-info.ts';
import type { SmbiosOptions } from '../smbios/structures.ts';
import { smbiosTables } from '../smbios/tables.ts';
import { LOW } from './low-memory.ts';
import { pcMemoryMap } from './memory-map.ts';
import { Placement, pieceOf } from './placement.ts';
import type { BootPlan, EntryState, Piece, RamBytes } from './plan.ts';
import { flatGdt, identityTables } from './processor-tables.ts';

export interface BootOptions {
  readonly kernel: KernelImage;
  readonly initrd?: { readonly name: string; readonly bytes: Uint8Array } | undefined;
  /** Further files, for multiboot kernels; the initial RAM disk is the first module. */
  readonly modules?: readonly BootModule[] | undefined;
  readonly commandLine: string;
  /** RAM, ascending. */
  readonly ram: readonly RamBytes[];
  /** Without it the guest gets no ACPI tables. It is for a machine that has RAM, or a ROM, at E0000H. */
  readonly acpi?: AcpiOptions | undefined;
  /** A VGA shows text, 80 by 25 (mode 3): kernels are told where their way of booting can. Default: no. */
  readonly textScreen?: boolean | undefined;
  /** Without it the guest gets no SMBIOS table. It is for a machine that has RAM, or a ROM, at F0000H. */
  readonly smbios?: SmbiosOptions | undefined;
}

export interface BootModule {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly commandLine: string;
}

/** Longest command line of a kernel that does not tell (COMMAND_LINE_SIZE of x86). */
const COMMAND_LINE_SIZE = 2047;
/** Highest address of an initial RAM disk that every 64-bit kernel takes, plus one. */
const INITRD_LIMIT = 0x8000_0000;
const CODE_64_ENTRY = 0x200;
const GDT_CODE = 0x10;
const GDT_DATA = 0x18;
const KIB = 1024;
/** Mode 3, 80 columns, 4 KiB a page; nothing but zeroes until the CRT controller's port (IBM PC/AT technical reference, 1984, 5-30). */
const VIDEO_DATA = Uint8Array.of(3, 80, 0, 0, 0x10, ...new Uint8Array(18), 7, 6, 0, 0xd4, 0x03);

/** Plans what stands where before a kernel runs. Throws a `PolyvisorError` when the memory does not hold it. */
export function planBoot(options: BootOptions): BootPlan {
  const { kernel, acpi } = options;
  const { map, acpi: acpiAt } = pcMemoryMap(options.ram, acpi === undefined ? 0 : ACPI_SIZE);
  const place = new Placement(map);
  const mode = kernel.entry === 'linux64' || kernel.entry === 'bzimage64' ? 64 : 32;
  const { name } = kernel;

  place.at(name, pieceOf('the BIOS data area', LOW.ebdaSegment, Uint8Array.of((LOW.ebda >> 4) & 0xff, LOW.ebda >> 12, 0, 0, 0, (LOW.ebda / KIB) & 0xff, LOW.ebda / KIB >> 8)));
  if (options.textScreen === true) place.at(name, pieceOf('the video data', LOW.videoMode, VIDEO_DATA));
  const gdt = flatGdt(mode);
  place.at(name, pieceOf('the descriptor table', LOW.gdt, gdt));
  if (mode === 64) place.at(name, pieceOf('the page tables', LOW.pageTables, identityTables(LOW.pageTables)));
  const commandLine = encodeCommandLine(kernel.entry === 'multiboot' ? `${name} ${options.commandLine}`.trim() : options.commandLine, kernel);
  place.at(name, pieceOf('the command line', LOW.commandLine, commandLine));
  if (acpi) for (const piece of acpiTables(acpi, { rsdp: LOW.rsdp, tables: acpiAt })) place.reserved(piece);
  if (options.smbios) for (const piece of smbiosTables(options.smbios)) place.reserved(piece);
  if (acpi?.power.reset) place.reserved(pieceOf('the restart code', LOW.start, restartCode(acpi.power.reset)));
  const rsdp = acpi === undefined ? 0 : LOW.rsdp;

  const loadAddress = placeKernel(place, kernel);
  const shared = { commandLine: LOW.commandLine, rsdp, memoryMap: map };
  if (kernel.entry === 'multiboot') {
    const modules = placeModules(place, options);
    place.at(name, pieceOf('the multiboot information', LOW.startInfo, multibootInfo({ ...shared, modules }, LOW.startInfo)));
    return { pieces: place.pieces, memoryMap: map, entry: entryState(kernel, mode, loadAddress, gdt.length - 1) };
  }
  if (options.modules && options.modules.length > 0) {
    throw refuse(firmwareErrors['no-entry']('modules', { image: name, entry: kernel.entry, why: 'this way has no modules besides the initial RAM disk' }));
  }
  const limit = kernel.setup === undefined ? INITRD_LIMIT : Math.min(INITRD_LIMIT, kernel.setup.initrdMax + 1);
  const initrd = options.initrd && place.high(options.initrd.name, 'the initial RAM disk', options.initrd.bytes, limit);
  if (kernel.entry === 'pvh') {
    const modules = initrd === undefined ? [] : [initrd];
    place.at(name, pieceOf('the PVH start info', LOW.startInfo, pvhStartInfo({ ...shared, modules }, LOW.startInfo)));
  } else {
    place.at(name, pieceOf('the boot parameters', LOW.bootParams, bootParams({ ...shared, setup: kernel.setup, initrd, loadAddress, textScreen: options.textScreen === true })));
  }
  return { pieces: place.pieces, memoryMap: map, entry: entryState(kernel, mode, loadAddress, gdt.length - 1) };
}

/** MOV AL, value; MOV DX, port; OUT DX, AL; and HLT for ever, should the machine still be there. */
function restartCode({ port, value }: { readonly port: number; readonly value: number }): Uint8Array {
  return Uint8Array.of(0xb0, value, 0xba, port & 0xff, port >> 8, 0xee, 0xf4, 0xeb, 0xfd);
}

/** Puts the kernel's parts; where the protected-mode code of a bzImage is. */
function placeKernel(place: Placement, kernel: KernelImage): number {
  const { name, elf, setup } = kernel;
  if (elf) {
    elf.segments.forEach((segment, i) => { place.at(name, { what: `segment ${i} of the kernel`, ...segment }); });
    return 0;
  }
  if (!setup) throw new Error('a kernel is neither expanded nor a bzImage');
  const address = setup.relocatable ? setup.preferredAddress : 0x10_0000;
  place.at(name, { what: 'the kernel', address, bytes: setup.protectedMode, size: Math.max(setup.initSize, setup.protectedMode.length) });
  return address;
}

/** Puts the modules of a multiboot kernel, each on a page. */
function placeModules(place: Placement, { initrd, modules = [] }: BootOptions): (Piece & { readonly commandLine: string })[] {
  const all = initrd ? [{ ...initrd, commandLine: initrd.name }, ...modules] : modules;
  return all.map(({ name, bytes, commandLine }) => ({ ...place.high(name, `module ${name}`, bytes, INITRD_LIMIT), commandLine }));
}

function entryState(kernel: KernelImage, mode: 32 | 64, loadAddress: number, limit: number): EntryState {
  const gdt = { base: LOW.gdt, limit, code: GDT_CODE, data: GDT_DATA };
  const state = { mode, gdt, rax: 0, rbx: 0, rsi: LOW.bootParams, cr3: mode === 64 ? LOW.pageTables : 0 };
  switch (kernel.entry) {
    case 'pvh': return { ...state, rip: (kernel.elf && pvhEntry(kernel.elf)) ?? 0, rbx: LOW.startInfo, rsi: 0 };
    case 'multiboot': return { ...state, rip: kernel.elf?.entry ?? 0, rax: MULTIBOOT_MAGIC, rbx: LOW.startInfo, rsi: 0 };
    case 'linux64': return { ...state, rip: kernel.elf?.entry ?? 0 };
    case 'bzimage64': return { ...state, rip: loadAddress + CODE_64_ENTRY };
    case 'bzimage32': return { ...state, rip: loadAddress };
  }
}

function encodeCommandLine(text: string, kernel: KernelImage): Uint8Array {
  const bytes = new TextEncoder().encode(`${text}\0`);
  const most = kernel.setup?.commandLineSize ?? COMMAND_LINE_SIZE;
  if (bytes.length - 1 <= most) return bytes;
  throw refuse(firmwareErrors['long-command-line'](kernel.name, { bytes: bytes.length - 1, most }));
}

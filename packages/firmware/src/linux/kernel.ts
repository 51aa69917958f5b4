import { compressionFormat, decompress } from '../compression/decompress.ts';
import { readElf, isElf, need, type ElfImage } from '../elf/elf.ts';
import { beginning, firmwareErrors, refuse } from '../errors.ts';
import { findMultiboot, isMultiboot, readMultiboot } from '../multiboot/header.ts';
import { isBzImage, readSetupHeader, type SetupHeader } from './setup-header.ts';

/**
 * How a kernel is entered. `pvh` and `linux64` expand the kernel here, which is several times as fast as its own code in the
 * guest; `bzimage64` and `bzimage32` leave that to the kernel. `multiboot` is for kernels with such a header.
 */
export const KERNEL_ENTRIES = ['auto', 'pvh', 'linux64', 'bzimage64', 'bzimage32', 'multiboot'] as const;
export type KernelEntry = (typeof KERNEL_ENTRIES)[number];
export type ResolvedEntry = Exclude<KernelEntry, 'auto'>;

/** A kernel that is ready to be placed in memory. */
export interface KernelImage {
  readonly name: string;
  readonly entry: ResolvedEntry;
  /** The header of a bzImage. */
  readonly setup: SetupHeader | undefined;
  /** The expanded kernel, for `multiboot`, `pvh` and `linux64`. */
  readonly elf: ElfImage | undefined;
}

/** Note in which a kernel tells its 32-bit PVH entry (Xen, public/elfnote.h: XEN_ELFNOTE_PHYS32_ENTRY). */
const PVH_NOTE = { name: 'Xen', type: 18 };

/** Header and end of a gzip file; and how much its bytes expand at most (RFC 1951: 258 bytes by 2 bits). */
const LEAST_GZIP = 18, GZIP_RATIO = 1032;

/** The PVH entry of an ELF kernel, or `undefined`. */
export function pvhEntry(elf: ElfImage): number | undefined {
  const note = elf.notes.find(({ name, type, bytes }) => name === PVH_NOTE.name && type === PVH_NOTE.type && bytes.length >= 4);
  return note && new DataView(note.bytes.buffer, note.bytes.byteOffset).getUint32(0, true);
}

/**
 * Reads a bzImage, a multiboot image or an ELF kernel, also in gzip, and decides how to enter it: `auto` is multiboot where the
 * image has a header, then PVH where the kernel has it, else the 64-bit protocol, else what a bzImage offers. Expanding takes up to two seconds. Throws a `PolyvisorError` that names `name`.
 */
export function readKernel(file: Uint8Array, name: string, entry: KernelEntry = 'auto'): KernelImage {
  const bytes = compressionFormat(file) === 'gzip' && file.length >= LEAST_GZIP ? gunzip(file, name) : file;
  if (!isBzImage(bytes)) {
    const header = findMultiboot(bytes);
    if (header && (entry === 'multiboot' || (entry === 'auto' && isMultiboot(bytes, header)))) {
      return { name, entry: 'multiboot', setup: undefined, elf: readMultiboot(bytes, header, name) };
    }
    if (isElf(bytes)) return chooseElf(readElf(bytes, name), undefined, name, entry);
    need(bytes, 1024, 'a kernel', name, 'offset 0');
    throw refuse(firmwareErrors['not-a-kernel']('offset 0', { image: name, begins: beginning(bytes) }));
  }
  const setup = readSetupHeader(bytes, name);
  if (entry === 'bzimage64' || entry === 'bzimage32') return chooseBzImage(setup, name, entry);
  const expands = setup.payload !== undefined && compressionFormat(setup.payload) !== undefined;
  if (entry === 'auto' && !expands) return chooseBzImage(setup, name, setup.has64BitEntry ? 'bzimage64' : 'bzimage32');
  const elf = readElf(expand(setup, name), name);
  const plain = elf.bits === 32 && pvhEntry(elf) === undefined;
  return entry === 'auto' && plain ? chooseBzImage(setup, name, 'bzimage32') : chooseElf(elf, setup, name, entry);
}

/** Kernels for multiboot loaders often come so. The last four bytes are the expanded size. */
function gunzip(bytes: Uint8Array, name: string): Uint8Array {
  const size = new DataView(bytes.buffer, bytes.byteOffset).getUint32(bytes.length - 4, true);
  if (size > bytes.length * GZIP_RATIO) {
    throw refuse(firmwareErrors['corrupt-data']('offset 0', { image: name, format: 'gzip', why: `it cannot expand to ${size} bytes` }));
  }
  return decompress(bytes, size, name, 'offset 0');
}

function expand(setup: SetupHeader, name: string): Uint8Array {
  const { payload, version } = setup;
  if (payload === undefined) {
    throw refuse(firmwareErrors['old-protocol']('offset 0x206', { image: name, version, needs: 0x208, what: 'expanding the kernel' }));
  }
  const place = `offset 0x${setup.payloadAt.toString(16)}`;
  need(payload, 8, 'the compressed kernel', name, place);
  // The build appends the expanded size to every format but gzip, which ends with it anyway.
  const size = new DataView(payload.buffer, payload.byteOffset).getUint32(payload.length - 4, true);
  const own = compressionFormat(payload) === 'gzip' ? payload : payload.subarray(0, -4);
  return decompress(own, size, name, place);
}

function chooseElf(elf: ElfImage, setup: SetupHeader | undefined, name: string, entry: KernelEntry): KernelImage {
  const no = (why: string) => refuse(firmwareErrors['no-entry']('program headers', { image: name, entry, why }));
  const pvh = pvhEntry(elf) !== undefined;
  switch (entry) {
    case 'auto':
      if (!pvh && elf.bits === 32) throw no('it is an ELF file for i386 that has neither a multiboot header in its first 8 KiB nor a PVH note');
      return { name, entry: pvh ? 'pvh' : 'linux64', setup, elf };
    case 'multiboot':
      throw no(setup ? 'it is a bzImage' : 'it has no multiboot header in its first 8 KiB');
    case 'pvh':
      if (!pvh) throw no('it has no PVH note (CONFIG_PVH)');
      return { name, entry, setup, elf };
    case 'linux64':
      if (elf.bits === 32) throw no('it is a kernel for i386');
      return { name, entry, setup, elf };
    case 'bzimage64':
    case 'bzimage32':
      throw no('it is an ELF file and no bzImage');
  }
}

function chooseBzImage(setup: SetupHeader, name: string, entry: 'bzimage64' | 'bzimage32'): KernelImage {
  if (entry === 'bzimage64' && !setup.has64BitEntry) {
    throw refuse(firmwareErrors['no-entry']('offset 0x236', { image: name, entry, why: 'it has no 64-bit entry' }));
  }
  if (setup.version < 0x202) {
    throw refuse(firmwareErrors['old-protocol']('offset 0x206', { image: name, version: setup.version, needs: 0x202, what: 'this loader' }));
  }
  return { name, entry, setup, elf: undefined };
}

import { need } from '../elf/elf.ts';

/** The Linux/x86 boot protocol (Documentation/arch/x86/boot.rst): the setup header in a bzImage's first sectors. */
export const SETUP = {
  setupSectors: 0x1f1, bootFlag: 0x1fe, header: 0x202, version: 0x206, typeOfLoader: 0x210, loadFlags: 0x211,
  code32Start: 0x214, ramdiskImage: 0x218, ramdiskSize: 0x21c, heapEnd: 0x224, commandLine: 0x228, initrdMax: 0x22c,
  kernelAlignment: 0x230, relocatable: 0x234, xloadflags: 0x236, commandLineSize: 0x238, payloadOffset: 0x248, payloadLength: 0x24c,
  preferredAddress: 0x258, initSize: 0x260,
} as const;
/** Where the header begins in a bzImage and in `boot_params`. */
export const HEADER_AT = 0x1f1;
export const MAGIC = 0x53726448;
export const BOOT_FLAG = 0xaa55;
const SECTOR = 512;
/** `xloadflags`: there is a 64-bit entry at 0x200 of the protected-mode code. */
const XLF_KERNEL_64 = 1;
/** Sectors of setup when the field is 0, for the oldest kernels. */
const OLD_SETUP_SECTORS = 4;

export interface SetupHeader {
  /** 0x20c is 2.12. */
  readonly version: number;
  /** The header as it stands in the file, for `boot_params`. */
  readonly bytes: Uint8Array;
  /** Everything behind the setup sectors: what runs in protected mode. */
  readonly protectedMode: Uint8Array;
  readonly has64BitEntry: boolean;
  readonly relocatable: boolean;
  /** Where the kernel likes to be, and the bytes that it needs there while it expands. */
  readonly preferredAddress: number;
  readonly initSize: number;
  /** Last address that the initial RAM disk may have. */
  readonly initrdMax: number;
  /** Longest command line in bytes, without its end. */
  readonly commandLineSize: number;
  /** The compressed kernel, or `undefined` before protocol 2.08. */
  readonly payload: Uint8Array | undefined;
  /** Where the payload is in the file. */
  readonly payloadAt: number;
}

export function isBzImage(bytes: Uint8Array): boolean {
  if (bytes.length < SETUP.header + 4) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return view.getUint16(SETUP.bootFlag, true) === BOOT_FLAG && view.getUint32(SETUP.header, true) === MAGIC;
}

/** Reads the setup header of a bzImage. Throws a `PolyvisorError` that names `image`. */
export function readSetupHeader(bytes: Uint8Array, image: string): SetupHeader {
  need(bytes, SETUP.initSize + 4, 'the setup header', image, 'offset 0x1f1');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const u32 = (at: number): number => view.getUint32(at, true);
  const version = view.getUint16(SETUP.version, true);
  const since = (needed: number, value: number, otherwise: number): number => (version >= needed ? value : otherwise);
  const sectors = bytes[SETUP.setupSectors]! === 0 ? OLD_SETUP_SECTORS : bytes[SETUP.setupSectors]!;
  const start = (sectors + 1) * SECTOR;
  need(bytes, start + 1, 'the protected-mode code', image, `offset 0x${start.toString(16)}`);
  const payloadAt = start + u32(SETUP.payloadOffset);
  const payloadEnd = payloadAt + u32(SETUP.payloadLength);
  if (version >= 0x208) need(bytes, payloadEnd, 'the compressed kernel', image, `offset 0x${payloadAt.toString(16)}`);
  // The byte at 0x201 is the length of a jump over the header.
  const end = Math.min(SETUP.header + bytes[0x201]!, 0x290);
  return {
    version,
    bytes: bytes.subarray(HEADER_AT, end),
    protectedMode: bytes.subarray(start),
    has64BitEntry: version >= 0x20c && (view.getUint16(SETUP.xloadflags, true) & XLF_KERNEL_64) !== 0,
    relocatable: version >= 0x205 && bytes[SETUP.relocatable] !== 0,
    preferredAddress: since(0x20a, Number(view.getBigUint64(SETUP.preferredAddress, true)), 0x10_0000),
    initSize: since(0x20a, u32(SETUP.initSize), bytes.length - start),
    initrdMax: since(0x203, u32(SETUP.initrdMax), 0x37ff_ffff),
    commandLineSize: since(0x206, u32(SETUP.commandLineSize), 255),
    payload: version >= 0x208 ? bytes.subarray(payloadAt, payloadEnd) : undefined,
    payloadAt,
  };
}

import { readElf, isElf, need, type ElfImage } from '../elf/elf.ts';
import { firmwareErrors, refuse } from '../errors.ts';

/** Multiboot Specification 0.6.96, 3.1: a header on a multiple of 4 in the first 8 KiB. */
const MAGIC = 0x1badb002;
const SEARCHED = 8192;
const HEADER_SIZE = 12, HEADER_WITH_ADDRESSES = 32;
/** Flags of 0 to 15 that a loader has to know: modules on pages, memory, video mode. The last is a wish (3.1.4). */
const KNOWN = 0x0007, REQUIRED = 0xffff;
/** The header has addresses, which go before those of an ELF file. */
const ADDRESSES = 1 << 16;

export interface MultibootHeader {
  readonly at: number;
  readonly flags: number;
}

/** The header of an image, or `undefined`. */
export function findMultiboot(bytes: Uint8Array): MultibootHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at + HEADER_SIZE <= Math.min(SEARCHED, bytes.length); at += 4) {
    if (view.getUint32(at, true) !== MAGIC) continue;
    const flags = view.getUint32(at + 4, true);
    if (((MAGIC + flags + view.getUint32(at + 8, true)) >>> 0) === 0) return { at, flags };
  }
  return undefined;
}

/** Whether the image can be loaded: it tells addresses, or is a 32-bit ELF file. */
export function isMultiboot(bytes: Uint8Array, header: MultibootHeader): boolean {
  return (header.flags & ADDRESSES) !== 0 || (isElf(bytes) && bytes[4] === 1);
}

/** What is to be loaded, and the entry. Throws a `PolyvisorError` that names `image`. */
export function readMultiboot(bytes: Uint8Array, header: MultibootHeader, image: string): ElfImage {
  const { at, flags } = header;
  const place = `offset 0x${at.toString(16)}`;
  const no = (why: string) => refuse(firmwareErrors['no-entry'](place, { image, entry: 'multiboot', why }));
  const unknown = flags & REQUIRED & ~KNOWN;
  if (unknown !== 0) throw no(`its header needs features that nobody defined (flags 0x${unknown.toString(16)})`);
  if ((flags & ADDRESSES) === 0) {
    if (!isMultiboot(bytes, header)) throw no('it is no 32-bit ELF file, and its header has no addresses');
    return readElf(bytes, image);
  }
  need(bytes, at + HEADER_WITH_ADDRESSES, 'the multiboot header', image, place);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [headerAddress, address, end, bssEnd, entry] = [12, 16, 20, 24, 28].map((offset) => view.getUint32(at + offset, true)) as [number, number, number, number, number];
  const start = at - (headerAddress - address);
  if (address > headerAddress || start < 0) throw no('its header is not where it says');
  // An end of 0 is the end of the file, an end of BSS of 0 is none (3.1.3).
  const length = end === 0 ? bytes.length - start : end - address;
  if (length < 0) throw no('it ends before it begins');
  need(bytes, start + length, 'the kernel', image, place);
  const size = Math.max(length, bssEnd === 0 ? 0 : bssEnd - address);
  if (size === 0) throw no('there is nothing to load');
  return { bits: 32, entry, segments: [{ address, bytes: bytes.subarray(start, start + length), size }], notes: [] };
}

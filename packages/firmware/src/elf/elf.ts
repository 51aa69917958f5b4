import { beginning, firmwareErrors, refuse } from '../errors.ts';

/** A segment to load (System V ABI, "Program Header"); addresses are physical. */
export interface ElfSegment {
  readonly address: number;
  readonly bytes: Uint8Array;
  /** Bytes in memory; what is beyond `bytes` is zero. */
  readonly size: number;
}

export interface ElfNote {
  readonly name: string;
  readonly type: number;
  readonly bytes: Uint8Array;
}

/** An executable ELF file for x86. */
export interface ElfImage {
  readonly bits: 32 | 64;
  readonly entry: number;
  readonly segments: readonly ElfSegment[];
  readonly notes: readonly ElfNote[];
}

const MAGIC = [0x7f, 0x45, 0x4c, 0x46];
const EXECUTABLE = 2, SHARED = 3;
const MACHINES: Readonly<Record<number, 32 | 64>> = { 3: 32, 62: 64 };
const PT_LOAD = 1, PT_NOTE = 4;
/** Sizes of the file header and of a program header. */
const SIZES = { 32: { header: 52, program: 32 }, 64: { header: 64, program: 56 } } as const;

export function isElf(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, i) => bytes[i] === byte);
}

interface ProgramHeader {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly fileSize: number;
  readonly memorySize: number;
}

/** Reads an ELF32 or ELF64 executable. Throws a `PolyvisorError` that names `image`. */
export function readElf(bytes: Uint8Array, image: string): ElfImage {
  const bad = (place: string, why: string) => refuse(firmwareErrors['bad-elf'](place, { image, why }));
  if (!isElf(bytes)) throw refuse(firmwareErrors['not-a-kernel']('offset 0', { image, begins: beginning(bytes) }));
  need(bytes, SIZES[32].header, 'the ELF header', image, 'offset 0');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const bits = MACHINES[view.getUint16(18, true)];
  const ownBits = bytes[4] === 1 ? 32 : bytes[4] === 2 ? 64 : undefined;
  if (bytes[5] !== 1 || bits === undefined) throw bad('offset 0x12', 'it is for another processor than x86');
  if (ownBits !== bits) throw bad('offset 0x4', 'class and machine do not belong together');
  need(bytes, SIZES[bits].header, 'the ELF header', image, 'offset 0');
  const type = view.getUint16(16, true);
  if (type !== EXECUTABLE && type !== SHARED) throw bad('offset 0x10', 'it is no executable (an object file, or a core)');

  const wide = bits === 64;
  const table = wide ? number(view, 32) : view.getUint32(28, true);
  const size = view.getUint16(wide ? 54 : 42, true);
  const count = view.getUint16(wide ? 56 : 44, true);
  if (count === 0 || size < SIZES[bits].program) throw bad(`offset ${wide ? '0x36' : '0x2a'}`, 'it has no program headers');
  need(bytes, table + count * size, 'the table of program headers', image, `offset 0x${table.toString(16)}`);
  const headers = Array.from({ length: count }, (_, i) => programHeader(view, table + i * size, wide));
  const content = (h: ProgramHeader, what: string): Uint8Array => {
    need(bytes, h.offset + h.fileSize, what, image, `offset 0x${h.offset.toString(16)}`);
    return bytes.subarray(h.offset, h.offset + h.fileSize);
  };
  const segments = headers.filter((h) => h.type === PT_LOAD && h.memorySize > 0).map((h, i) => {
    if (h.fileSize > h.memorySize) throw bad(`segment ${i}`, 'a segment is larger in the file than in memory');
    return { address: h.address, bytes: content(h, `segment ${i}`), size: h.memorySize };
  });
  if (segments.length === 0) throw bad('program headers', 'it has nothing to load');
  const notes = headers.filter((h) => h.type === PT_NOTE).flatMap((h) => readNotes(content(h, 'the notes')));
  return { bits, entry: wide ? number(view, 24) : view.getUint32(24, true), segments, notes };
}

function programHeader(view: DataView, at: number, wide: boolean): ProgramHeader {
  const u32 = (offset: number): number => view.getUint32(at + offset, true);
  const type = u32(0);
  if (wide) return { type, offset: number(view, at + 8), address: number(view, at + 24), fileSize: number(view, at + 32), memorySize: number(view, at + 40) };
  return { type, offset: u32(4), address: u32(12), fileSize: u32(16), memorySize: u32(20) };
}

/** Notes: name size, content size, type, then both padded to four bytes. A damaged rest is left out. */
function readNotes(bytes: Uint8Array): ElfNote[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const notes: ElfNote[] = [];
  let at = 0;
  while (at + 12 <= bytes.length) {
    const nameSize = view.getUint32(at, true);
    const size = view.getUint32(at + 4, true);
    const content = at + 12 + Math.ceil(nameSize / 4) * 4;
    if (content + size > bytes.length) break;
    const name = String.fromCharCode(...bytes.subarray(at + 12, at + 12 + Math.max(0, Math.min(nameSize, 64) - 1)));
    notes.push({ name, type: view.getUint32(at + 8, true), bytes: bytes.subarray(content, content + size) });
    at = content + Math.ceil(size / 4) * 4;
  }
  return notes;
}

/** 64 bits as a number: what is beyond 2^53 is no address and no size that an image has. */
function number(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}

/** Throws unless the image has that many bytes. */
export function need(bytes: Uint8Array, needs: number, what: string, image: string, place: string): void {
  if (needs <= bytes.length) return;
  throw refuse(firmwareErrors.truncated(place, { image, what, needs, has: bytes.length }));
}

import { gzipSync } from 'fflate';

/** Offset of the content in the file that `makeKernelElf` makes. */
const CONTENT_AT = 0x200;
const text = (value: string): number[] => Array.from(value, (c) => c.charCodeAt(0));

export interface ElfOptions {
  readonly bits?: 32 | 64;
  readonly address?: number;
  readonly code?: Uint8Array;
  /** Bytes in memory. */
  readonly size?: number;
  /** Its PVH entry; none without. */
  readonly pvh?: number;
}

/** A kernel of one segment, with a PVH note where it is wanted. */
export function makeKernelElf(options: ElfOptions = {}): Uint8Array<ArrayBuffer> {
  const { bits = 64, address = 0x100_0000, code = Uint8Array.of(0xf4), size = 0x1000, pvh } = options;
  const wide = bits === 64;
  const noteAt = CONTENT_AT + Math.ceil(code.length / 4) * 4;
  const bytes = new Uint8Array(noteAt + 24);
  const view = new DataView(bytes.buffer);
  const word = (at: number, value: number): void => {
    view.setUint32(at, value, true);
  };
  bytes.set([...text('\x7fELF'), wide ? 2 : 1, 1, 1]);
  view.setUint16(16, 2, true);
  view.setUint16(18, wide ? 62 : 3, true);
  word(24, address);
  word(wide ? 32 : 28, wide ? 64 : 52);
  view.setUint16(wide ? 54 : 42, wide ? 56 : 32, true);
  view.setUint16(wide ? 56 : 44, pvh === undefined ? 1 : 2, true);
  const header = (i: number, type: number, offset: number, fileSize: number, memorySize: number): void => {
    const at = (wide ? 64 + 56 * i : 52 + 32 * i);
    word(at, type);
    [offset, address, address, fileSize, memorySize].forEach((value, k) => { word(at + (wide ? 8 + 8 * k : 4 + 4 * k), value); });
  };
  header(0, 1, CONTENT_AT, code.length, Math.max(size, code.length));
  if (pvh !== undefined) header(1, 4, noteAt, 20, 20);
  bytes.set(code, CONTENT_AT);
  word(noteAt, 4);
  word(noteAt + 4, 4);
  word(noteAt + 8, 18);
  bytes.set(text('Xen'), noteAt + 12);
  word(noteAt + 16, pvh ?? 0);
  return bytes;
}

export interface BzImageOptions {
  readonly payload?: Uint8Array;
  readonly version?: number;
  /** `xloadflags` */
  readonly flags?: number;
}

/** A bzImage of one setup sector; its payload is a kernel with a PVH note when nothing else is given. */
export function makeBzImage(options: BzImageOptions = {}): Uint8Array<ArrayBuffer> {
  const { payload = gzipSync(makeKernelElf({ pvh: 0x100_0000 }), { mtime: 0 }), version = 0x20f, flags = 1 } = options;
  const bytes = new Uint8Array(1024 + 0x400 + payload.length);
  const view = new DataView(bytes.buffer);
  bytes[0x1f1] = 1;
  view.setUint16(0x1fe, 0xaa55, true);
  bytes[0x201] = 0x6a;
  bytes.set(text('HdrS'), 0x202);
  view.setUint16(0x206, version, true);
  view.setUint32(0x22c, 0x7fff_ffff, true);
  bytes[0x234] = 1;
  view.setUint16(0x236, flags, true);
  view.setUint32(0x238, 2047, true);
  view.setUint32(0x248, 0x400, true);
  view.setUint32(0x24c, payload.length, true);
  view.setUint32(0x258, 0x100_0000, true);
  view.setUint32(0x260, 0x10_0000, true);
  bytes.set(payload, 1024 + 0x400);
  return bytes;
}

export interface MultibootOptions {
  readonly flags?: number;
  /** Without them the header has none, and an ELF file has to be around it. */
  readonly addresses?: { readonly header: number; readonly load: number; readonly loadEnd: number; readonly bssEnd: number; readonly entry: number };
  readonly code?: readonly number[];
}

/** A multiboot header (Multiboot Specification 0.6.96, 3.1) with code behind it. */
export function makeMultiboot({ flags = 3, addresses, code = [0xf4] }: MultibootOptions = {}): Uint8Array<ArrayBuffer> {
  const all = (flags | (addresses ? 0x1_0000 : 0)) >>> 0;
  const words = [0x1badb002, all, -(0x1badb002 + all) >>> 0];
  if (addresses) words.push(addresses.header, addresses.load, addresses.loadEnd, addresses.bssEnd, addresses.entry);
  const bytes = new Uint8Array(4 * words.length + code.length);
  const view = new DataView(bytes.buffer);
  words.forEach((word, i) => { view.setUint32(4 * i, word, true); });
  bytes.set(code, 4 * words.length);
  return bytes;
}

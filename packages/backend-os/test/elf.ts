import { HEADER_BYTES } from '../src/elf/header.ts';

export interface ElfOptions {
  readonly bits?: 32 | 64;
  /** ET_DYN instead of ET_EXEC. */
  readonly relocatable?: boolean;
  readonly interpreter?: string;
  /** Bytes of text; it begins at the entry. */
  readonly code?: Uint8Array;
  /** Bytes of bss behind a page of data. */
  readonly bss?: number;
}

/** Address of the first segment; that of data is a MiB above. */
export const ELF_BASE = 0x400000;
export const ELF_DATA = ELF_BASE + 0x100000;
/** Content of the data segment. */
export const ELF_DATA_TEXT = 'data of the program';

/** A small program file, laid out as linkers do: headers and text in the first segment, data and bss in the second. */
export function makeElf(options: ElfOptions = {}): Uint8Array {
  const { bits = 64, relocatable = false, interpreter, code = Uint8Array.of(0xf4), bss = 0 } = options;
  const wide = bits === 64;
  const base = relocatable ? 0 : ELF_BASE;
  const data = new TextEncoder().encode(ELF_DATA_TEXT);
  const dataAt = HEADER_BYTES + Math.ceil(code.length / 4096) * 4096;
  const bytes = new Uint8Array(dataAt + data.length);
  const view = new DataView(bytes.buffer);
  const word = (at: number, value: number): void => {
    view.setUint32(at, value, true);
    if (wide) view.setUint32(at + 4, 0, true);
  };
  const size = wide ? 8 : 4;
  bytes.set([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, 1, 1]);
  view.setUint16(16, relocatable ? 3 : 2, true);
  view.setUint16(18, wide ? 62 : 3, true);
  word(24, base + HEADER_BYTES);
  const [headersAt, headerSize] = wide ? [64, 56] : [52, 32];
  word(24 + size, headersAt);
  const headers: number[][] = [
    [1, 5, 0, base, HEADER_BYTES + code.length, HEADER_BYTES + code.length],
    [1, 6, dataAt, base + 0x100000, data.length, data.length + bss],
    [0x6474e551, 6, 0, 0, 0, 0],
  ];
  if (interpreter !== undefined) {
    bytes.set(new TextEncoder().encode(`${interpreter}\0`), 0x800);
    headers.push([3, 4, 0x800, base + 0x800, interpreter.length + 1, interpreter.length + 1]);
  }
  view.setUint16(wide ? 54 : 42, headerSize, true);
  view.setUint16(wide ? 56 : 44, headers.length, true);
  headers.forEach(([type, flags, offset, address, fileSize, memorySize], i) => {
    const at = headersAt + i * headerSize;
    view.setUint32(at, type!, true);
    view.setUint32(at + (wide ? 4 : 24), flags!, true);
    [offset!, address!, address!, fileSize!, memorySize!].forEach((value, k) => { word(at + (wide ? 8 : 4) + k * size, value); });
    word(at + (wide ? 48 : 28), 4096);
  });
  bytes.set(code, HEADER_BYTES);
  bytes.set(data, dataAt);
  return bytes;
}

import { LzmaDecoder } from './lzma.ts';

/** LZMA2 chunks (XZ file format 1.2.1, 5.3.1, and xz's lzma2_decoder.c for the control byte). */
const END = 0;
const COPY_AND_RESET = 1;
const COPY = 2;
const LZMA = 0x80;

/** Decodes from `at` on into `out` from `to` on. Where input and output ended, or why not. */
export function unlzma2(bytes: Uint8Array, at: number, out: Uint8Array, to: number): { readonly at: number; readonly to: number } | string {
  const decoder = new LzmaDecoder(bytes, out);
  decoder.dictionary = to;
  const u16 = (i: number): number => (bytes[i]! << 8) | bytes[i + 1]!;
  let configured = false;
  while (at < bytes.length) {
    const control = bytes[at]!;
    if (control === END) return { at: at + 1, to };
    if (control === COPY || control === COPY_AND_RESET) {
      const size = u16(at + 1) + 1;
      if (control === COPY_AND_RESET) decoder.dictionary = to;
      if (at + 3 + size > bytes.length || to + size > out.length) return 'a chunk is longer than the data';
      out.set(bytes.subarray(at + 3, at + 3 + size), to);
      at += 3 + size;
      to += size;
      continue;
    }
    if (control < LZMA) return `there is no chunk of kind ${control}`;
    const size = ((control & 0x1f) << 16) + u16(at + 1) + 1;
    const packed = u16(at + 3) + 1;
    const reset = (control >> 5) & 3;
    at += 5;
    if (reset === 3) decoder.dictionary = to;
    if (reset >= 2) {
      if (!decoder.configure(bytes[at++]!)) return 'the properties of LZMA are wrong';
      configured = true;
    }
    if (!configured) return 'the first chunk has no properties';
    if (reset >= 1) decoder.reset();
    if (at + packed > bytes.length || to + size > out.length) return 'a chunk is longer than the data';
    decoder.range.begin(at);
    if (!decoder.decode(to, to + size) || decoder.range.at !== at + packed) return 'a chunk does not decode';
    at += packed;
    to += size;
  }
  return 'the end is missing';
}

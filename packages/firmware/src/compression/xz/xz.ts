import { unfilterX86 } from './bcj-x86.ts';
import { crc32 } from '../crc32.ts';
import { unlzma2 } from './lzma2.ts';

/**
 * The XZ format (XZ file format 1.2.1): one stream, with the filters LZMA2 and x86, which is what kernels and their
 * initial file systems use. A CRC-32 is verified; other checks are skipped.
 */
const STREAM_HEADER = 12;
const CHECK_SIZES = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64] as const;
const CRC32 = 1;
const X86 = 4;
const LZMA2 = 0x21;
const INDEX = 0;

/** Expands into `size` bytes; says why when it cannot. */
export function unxz(bytes: Uint8Array, size: number): Uint8Array | string {
  if (bytes.length < STREAM_HEADER) return 'the header is not complete';
  const check = bytes[7]! & 15;
  const out = new Uint8Array(size);
  let at = STREAM_HEADER;
  let to = 0;
  while (at < bytes.length && bytes[at] !== INDEX) {
    const end = block(bytes, at, check, out, to);
    if (typeof end === 'string') return end;
    ({ at, to } = end);
  }
  return to === size ? out : `it has ${to} bytes instead of ${size}`;
}

function block(bytes: Uint8Array, start: number, check: number, out: Uint8Array, to: number): { at: number; to: number } | string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const headerSize = 4 * (bytes[start]! + 1);
  const body = start + headerSize;
  if (body > bytes.length) return 'a block header is not complete';
  if (crc32(bytes.subarray(start, body - 4)) !== view.getInt32(body - 4, true)) return 'the checksum of a block header is wrong';
  const filters = filterList(bytes, start);
  const known = filters.at(-1) === LZMA2 && filters.slice(0, -1).every((id) => id === X86) && filters.length <= 2;
  if (!known) return `its filters (${filters.join(', ')}) are others than x86 and LZMA2`;
  const end = unlzma2(bytes, body, out, to);
  if (typeof end === 'string') return end;
  const piece = out.subarray(to, end.to);
  if (filters.length === 2) unfilterX86(piece);
  // Blocks are padded to four bytes.
  const checkAt = start + Math.ceil((end.at - start) / 4) * 4;
  if (check === CRC32 && (checkAt + 4 > bytes.length || crc32(piece) !== view.getInt32(checkAt, true))) return 'the checksum is wrong';
  return { at: checkAt + CHECK_SIZES[check]!, to: end.to };
}

/** Ids of the filters of a block header (3.1.5). */
function filterList(bytes: Uint8Array, start: number): number[] {
  const flags = bytes[start + 1]!;
  let at = start + 2;
  const number = (): number => {
    let value = 0;
    let scale = 1;
    let byte;
    do {
      byte = bytes[at++] ?? 0;
      value += (byte & 0x7f) * scale;
      scale *= 128;
    } while (byte >= 0x80);
    return value;
  };
  if ((flags & 0x40) !== 0) number();
  if ((flags & 0x80) !== 0) number();
  return Array.from({ length: (flags & 3) + 1 }, () => {
    const id = number();
    const size = number();
    at += size;
    return id;
  });
}

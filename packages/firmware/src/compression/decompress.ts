import { gunzipSync } from 'fflate';
import { decompress as unzstd } from 'fzstd';
import { beginning, firmwareErrors, refuse } from '../errors.ts';
import { unlz4 } from './lz4.ts';
import { crc32 } from './crc32.ts';
import { unxz } from './xz/xz.ts';

/** The formats in which kernels and initial file systems come, by their first bytes. */
const FORMATS = [
  { name: 'gzip', magic: [0x1f, 0x8b], expand: gunzip },
  { name: 'xz', magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], expand: unxz },
  { name: 'lz4', magic: [0x02, 0x21, 0x4c, 0x18], expand: unlz4 },
  { name: 'zstd', magic: [0x28, 0xb5, 0x2f, 0xfd], expand: expandZstd },
] as const;
export type CompressionFormat = (typeof FORMATS)[number]['name'];

export const COMPRESSION_FORMATS: readonly CompressionFormat[] = FORMATS.map(({ name }) => name);

/** The format of compressed data, or `undefined`. */
export function compressionFormat(bytes: Uint8Array): CompressionFormat | undefined {
  return FORMATS.find(({ magic }) => magic.every((byte, i) => bytes[i] === byte))?.name;
}

/** Expands data whose expanded size is known, as it is to a kernel. `image` and `place` are for errors. */
export function decompress(bytes: Uint8Array, size: number, image: string, place: string): Uint8Array {
  const format = FORMATS.find(({ name }) => name === compressionFormat(bytes));
  if (!format) {
    throw refuse(firmwareErrors['unknown-compression'](place, { image, begins: beginning(bytes), known: COMPRESSION_FORMATS }));
  }
  const fail = (why: string, cause?: unknown) => refuse(firmwareErrors['corrupt-data'](place, { image, format: format.name, why }, cause));
  let out: Uint8Array | string;
  try {
    out = format.expand(bytes, size);
  } catch (cause) {
    throw fail(cause instanceof Error ? cause.message : String(cause), cause);
  }
  if (typeof out === 'string') throw fail(out);
  if (out.length !== size) throw fail(`it has ${out.length} bytes instead of ${size}`);
  return out;
}

/** The library fills what it is given and verifies nothing: one byte more shows too long data, and the checksum is ours (RFC 1952). */
function gunzip(bytes: Uint8Array, size: number): Uint8Array | string {
  const out = gunzipSync(bytes, { out: new Uint8Array(size + 1) });
  const checksum = new DataView(bytes.buffer, bytes.byteOffset).getInt32(bytes.length - 8, true);
  return crc32(out) === checksum ? out : 'the checksum is wrong';
}

/**
 * Without a buffer the library copies its window, up to 128 MiB, for each block. With one it does not tell how much it wrote,
 * so that a wrong size goes unnoticed here.
 */
function expandZstd(bytes: Uint8Array, size: number): Uint8Array {
  return unzstd(bytes, new Uint8Array(size));
}

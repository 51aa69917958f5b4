import { deflateSync, inflateSync } from 'fflate';
import { decompress } from 'fzstd';
import { at, blockErrors, refuse } from '../errors.ts';
import type { Compression } from './header.ts';

/** The bytes of one cluster from its compressed ones, behind which others may stand. */
export function expand(image: string, format: Compression, data: Uint8Array, clusterSize: number, offset: number): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = format === 'zstd' ? expandZstd(data, clusterSize) : inflateSync(data, { out: new Uint8Array(clusterSize) });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw refuse(blockErrors['bad-compressed-data'](at('cluster', offset), { image, format, why }, error));
  }
  if (bytes.length !== clusterSize) {
    const why = `it has ${bytes.length} bytes of ${clusterSize}`;
    throw refuse(blockErrors['bad-compressed-data'](at('cluster', offset), { image, format, why }));
  }
  return bytes;
}

/** `undefined` when the data does not become smaller. */
export function shrink(data: Uint8Array): Uint8Array | undefined {
  const small = deflateSync(data, { level: 6 });
  return small.length < data.length ? small : undefined;
}

function expandZstd(data: Uint8Array, clusterSize: number): Uint8Array {
  const frame = data.subarray(0, zstdFrame(data));
  return decompress(frame, new Uint8Array(clusterSize));
}

/** Bytes of the frame at the beginning (RFC 8878, 3.1.1). */
export function zstdFrame(data: Uint8Array): number {
  const byte = (i: number): number => {
    const value = data[i];
    if (value === undefined) throw new RangeError('the frame is cut off');
    return value;
  };
  if (byte(0) !== 0x28 || byte(1) !== 0xb5 || byte(2) !== 0x2f || byte(3) !== 0xfd) throw new RangeError('no frame begins here');
  const descriptor = byte(4);
  const single = (descriptor & 0x20) !== 0;
  const dictionary = [0, 1, 2, 4][descriptor & 3]!;
  const content = [single ? 1 : 0, 2, 4, 8][descriptor >>> 6]!;
  let position = 5 + (single ? 0 : 1) + dictionary + content;
  for (let last = false; !last; ) {
    const block = byte(position) | (byte(position + 1) << 8) | (byte(position + 2) << 16);
    last = (block & 1) !== 0;
    // A run of one byte (type 1) has one byte, whatever its size.
    position += 3 + (((block >>> 1) & 3) === 1 ? 1 : block >>> 3);
  }
  position += (descriptor & 4) !== 0 ? 4 : 0;
  if (position > data.length) throw new RangeError('the frame is cut off');
  return position;
}

import { readU64, viewOf, writeU64 } from './format.ts';

/** Refcounts of one width in the bytes of a refcount block. Below 8 bits, the first is in the lowest bits. */
export interface RefcountWords {
  /** The largest count. */
  readonly most: number;
  get(bytes: Uint8Array, index: number): number;
  set(bytes: Uint8Array, index: number, value: number): void;
}

function narrow(bits: 1 | 2 | 4): RefcountWords {
  const mask = (1 << bits) - 1;
  const per = 8 / bits;
  return {
    most: mask,
    get: (bytes, i) => (bytes[Math.floor(i / per)]! >>> ((i % per) * bits)) & mask,
    set: (bytes, i, value) => {
      const at = Math.floor(i / per);
      const shift = (i % per) * bits;
      bytes[at] = (bytes[at]! & ~(mask << shift)) | (value << shift);
    },
  };
}

/** Wider than 53 bits is wider than any count of references that fits a file. */
export function refcountWords(bits: number): RefcountWords {
  switch (bits) {
    case 1:
    case 2:
    case 4:
      return narrow(bits);
    case 8:
      return { most: 0xff, get: (bytes, i) => bytes[i]!, set: (bytes, i, value) => void (bytes[i] = value) };
    case 16:
      return {
        most: 0xffff,
        get: (bytes, i) => (bytes[2 * i]! << 8) | bytes[2 * i + 1]!,
        set: (bytes, i, value) => {
          bytes[2 * i] = value >>> 8;
          bytes[2 * i + 1] = value & 0xff;
        },
      };
    case 32:
      return {
        most: 2 ** 32 - 1,
        get: (bytes, i) => viewOf(bytes).getUint32(4 * i),
        set: (bytes, i, value) => {
          viewOf(bytes).setUint32(4 * i, value);
        },
      };
    default:
      return {
        most: Number.MAX_SAFE_INTEGER,
        get: (bytes, i) => readU64(viewOf(bytes), 8 * i),
        set: (bytes, i, value) => {
          writeU64(viewOf(bytes), 8 * i, value);
        },
      };
  }
}

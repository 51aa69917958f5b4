/**
 * The Internet checksum (RFC 1071), in the order of bytes that the machine has: the sum of little-endian words is the
 * byte-swapped sum of big-endian ones, so only the ends convert.
 */

/**
 * @hot Adds `length` bytes from `at` to a running sum. At most 64 KiB, and an odd count of bytes only at the end. The
 * result stays below 2^31 for one call that begins with a folded sum.
 */
export function addWords(view: DataView, at: number, length: number, start: number): number {
  let low = start;
  let high = 0;
  let i = at;
  const end = at + length;
  const unrolled = end - 15;
  while (i < unrolled) {
    const a = view.getInt32(i, true);
    const b = view.getInt32(i + 4, true);
    const c = view.getInt32(i + 8, true);
    const d = view.getInt32(i + 12, true);
    low = (low + (a & 0xffff) + (b & 0xffff) + (c & 0xffff) + (d & 0xffff)) | 0;
    high = (high + (a >>> 16) + (b >>> 16) + (c >>> 16) + (d >>> 16)) | 0;
    i += 16;
  }
  low = fold(low) + fold(high);
  while (i < end - 1) {
    low += view.getUint16(i, true);
    i += 2;
  }
  if (i < end) low += view.getUint8(i);
  return fold(low);
}

/** @hot To 16 bits, with the carries added in. */
export function fold(sum: number): number {
  let folded = (sum & 0xffff) + (sum >>> 16);
  folded = (folded & 0xffff) + (folded >>> 16);
  return folded;
}

/** @hot A big-endian 16-bit number as it goes into a sum. */
export function swap16(value: number): number {
  return ((value & 0xff) << 8) | ((value >>> 8) & 0xff);
}

/** @hot Four bytes of a big-endian word as they go into a sum. */
export function addressSum(word: number): number {
  return swap16(word & 0xffff) + swap16(word >>> 16);
}

/** @hot Writes the complement of a sum where a checksum belongs. */
export function storeChecksum(view: DataView, at: number, sum: number): void {
  view.setUint16(at, ~fold(sum) & 0xffff, true);
}

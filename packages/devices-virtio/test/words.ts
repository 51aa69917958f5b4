/** The sum of 16-bit words in network order (RFC 1071), not folded; `length` is at most 128 KiB, so that it is exact. */
export function sum16(bytes: Uint8Array, from: number, length: number): number {
  let sum = 0;
  const even = from + (length & ~1);
  for (let i = from; i < even; i += 2) sum += (bytes[i]! << 8) | bytes[i + 1]!;
  if ((length & 1) !== 0) sum += bytes[even]! << 8;
  return sum;
}

/** The complement of a folded sum. */
export function finish16(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x1_0000);
  return ~folded & 0xffff;
}

export function put16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 8;
  bytes[at + 1] = value;
}

export function get16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

export function put32(bytes: Uint8Array, at: number, value: number): void {
  put16(bytes, at, value >>> 16);
  put16(bytes, at + 2, value);
}

export function get32(bytes: Uint8Array, at: number): number {
  return (get16(bytes, at) << 16) | get16(bytes, at + 2);
}

/** Completes a checksum whose field holds the sum of the pseudo header. A UDP sum of 0 is sent as ones (RFC 768). */

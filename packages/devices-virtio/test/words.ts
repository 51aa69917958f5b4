/** Words and checksums as RFC 1071 has them, plainly, so that nothing of what the specs check is checked by itself. */
const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

export const get16 = (bytes: Uint8Array, at: number): number => view(bytes).getUint16(at);
export const get32 = (bytes: Uint8Array, at: number): number => view(bytes).getInt32(at);
export const put16 = (bytes: Uint8Array, at: number, value: number): void => view(bytes).setUint16(at, value);
export const put32 = (bytes: Uint8Array, at: number, value: number): void => view(bytes).setInt32(at, value);

/** The sum of 16-bit words, a last odd byte being the upper half of one. Not folded. */
export function sum16(bytes: Uint8Array, start: number, length: number): number {
  return Array.from(bytes.subarray(start, start + length)).reduce((sum, byte, i) => sum + (i % 2 === 0 ? byte * 256 : byte), 0);
}

/** The complement of a sum in ones' complement arithmetic. */
export function finish16(sum: number): number {
  return sum > 0xffff ? finish16((sum % 0x1_0000) + Math.floor(sum / 0x1_0000)) : 0xffff - sum;
}

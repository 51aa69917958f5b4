/** The header that ACPI tables share (ACPI 6.5, 5.2.6). */
const HEADER = 36;
const CHECKSUM_AT = 9;
const OEM = 'PLYVSR';
const OEM_TABLE = 'POLYVISR';
const CREATOR = 'PLYV';

/** A table with its header; `content` stands behind it. */
export function acpiTable(signature: string, revision: number, content: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADER + content.length);
  const view = new DataView(bytes.buffer);
  bytes.set(content, HEADER);
  text(bytes, 0, signature);
  view.setUint32(4, bytes.length, true);
  bytes[8] = revision;
  text(bytes, 10, OEM);
  text(bytes, 16, OEM_TABLE);
  view.setUint32(24, 1, true);
  text(bytes, 28, CREATOR);
  view.setUint32(32, 1, true);
  bytes[CHECKSUM_AT] = checksum(bytes);
  return bytes;
}

/** The byte that makes the sum of all zero. */
export function checksum(bytes: Uint8Array): number {
  return -bytes.reduce((sum, byte) => sum + byte, 0) & 0xff;
}

export function text(bytes: Uint8Array, at: number, value: string): void {
  for (let i = 0; i < value.length; i++) bytes[at + i] = value.charCodeAt(i);
}
export { CHECKSUM_AT, HEADER as TABLE_HEADER, OEM };

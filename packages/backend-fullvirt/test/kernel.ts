/** Where the code of `makeKernel` begins. */
export const ENTRY = 0x10_0000;
const CONTENT_AT = 0x200;

/** An ELF file for i386 with a PVH note: `code` runs in flat 32-bit mode, with 64 KiB of memory behind it. */
export function makeKernel(code: readonly number[]): Uint8Array {
  const noteAt = CONTENT_AT + Math.ceil(code.length / 4) * 4;
  const words = new Uint32Array((noteAt + 20) / 4);
  const bytes = new Uint8Array(words.buffer);
  const view = new DataView(words.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  words[4] = 2 | (3 << 16);
  words[6] = ENTRY;
  words[7] = 52;
  view.setUint16(42, 32, true);
  view.setUint16(44, 2, true);
  [1, CONTENT_AT, ENTRY, ENTRY, code.length, 0x1_0000].forEach((value, i) => { view.setUint32(52 + 4 * i, value, true); });
  [4, noteAt, 0, 0, 20, 20].forEach((value, i) => { view.setUint32(84 + 4 * i, value, true); });
  bytes.set(code, CONTENT_AT);
  bytes.set([4, 0, 0, 0, 4, 0, 0, 0, 18, 0, 0, 0, 0x58, 0x65, 0x6e, 0], noteAt);
  view.setUint32(noteAt + 16, ENTRY, true);
  return bytes;
}

const HEADER = 52;
const PROGRAM_HEADER = 32;
const PT_LOAD = 1, PT_NOTE = 4;
const READ_WRITE_EXECUTE = 7, READ_ONLY = 4;
/** XEN_ELFNOTE_PHYS32_ENTRY (Xen, public/elfnote.h): the entry of PVH, in flat 32-bit mode. */
const PHYS32_ENTRY = 18;
const NOTE_SIZE = 20;

/** An ELF file for i386 (System V ABI, chapter 4) that PVH enters at `address`, with `size` bytes of memory. */
export function pvhElf(address: number, code: Uint8Array, size: number): Uint8Array {
  const codeAt = HEADER + 2 * PROGRAM_HEADER;
  const noteAt = codeAt + Math.ceil(code.length / 4) * 4;
  const bytes = new Uint8Array(noteAt + NOTE_SIZE);
  const view = new DataView(bytes.buffer);
  const words = (at: number, ...values: readonly number[]): void => {
    values.forEach((value, i) => { view.setUint32(at + 4 * i, value, true); });
  };
  const halves = (at: number, ...values: readonly number[]): void => {
    values.forEach((value, i) => { view.setUint16(at + 2 * i, value, true); });
  };
  // Magic, 32 bits, little-endian, version 1; an executable for i386.
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  halves(16, 2, 3);
  words(20, 1, address, HEADER, 0, 0);
  halves(40, HEADER, PROGRAM_HEADER, 2, 0, 0, 0);
  words(HEADER, PT_LOAD, codeAt, address, address, code.length, size, READ_WRITE_EXECUTE, 4);
  words(HEADER + PROGRAM_HEADER, PT_NOTE, noteAt, 0, 0, NOTE_SIZE, NOTE_SIZE, READ_ONLY, 4);
  bytes.set(code, codeAt);
  words(noteAt, 4, 4, PHYS32_ENTRY);
  bytes.set([0x58, 0x65, 0x6e, 0], noteAt + 12);
  words(noteAt + 16, address);
  return bytes;
}

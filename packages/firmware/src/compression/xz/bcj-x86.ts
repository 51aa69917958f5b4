/**
 * The x86 filter of the XZ format (XZ file format 1.2.1, 5.3.2; xz's simple/x86.c): calls and jumps were written with
 * absolute targets, which compress better; here they become relative again. `allowed` and `shift` are indexed by which
 * of the three bytes before an opcode could themselves have been opcodes.
 */
const ALLOWED = [true, true, true, false, true, false, false, false] as const;
const SHIFT = [0, 1, 2, 2, 3, 3, 3, 3] as const;

const isHighByte = (byte: number): boolean => byte === 0 || byte === 0xff;

/** In place, for code that begins at address 0. */
export function unfilterX86(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let before = 0;
  let last = -1;
  let at = 0;
  for (; at < bytes.length - 4; at++) {
    // E8 is CALL rel32, E9 is JMP rel32.
    if ((bytes[at]! & 0xfe) !== 0xe8) continue;
    const distance = at - last;
    last = at;
    before = distance > 3 ? 0 : (before << (distance - 1)) & 7;
    const doubtful = before !== 0 && (!ALLOWED[before]! || isHighByte(bytes[at + 4 - SHIFT[before]!]!));
    if (doubtful || !isHighByte(bytes[at + 4]!)) {
      before = (before << 1) | 1;
      continue;
    }
    view.setInt32(at + 1, relative(view.getInt32(at + 1, true), at + 5, before), true);
    at += 4;
  }
}

function relative(absolute: number, next: number, before: number): number {
  let source = absolute;
  for (;;) {
    const target = (source - next) | 0;
    const bits = SHIFT[before]! * 8;
    if (before === 0 || !isHighByte((target >>> (24 - bits)) & 0xff)) return (target << 7) >> 7;
    source = target ^ ((1 << (32 - bits)) - 1);
  }
}

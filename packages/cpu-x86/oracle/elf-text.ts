import { existsSync, readFileSync } from 'node:fs';

/** The executable sections of a 64-bit little-endian ELF file, joined. Empty when the file is something else. */
export function elfText(file: string): Uint8Array {
  if (!existsSync(file)) return new Uint8Array();
  const bytes = new Uint8Array(readFileSync(file));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 64 || view.getUint32(0) !== 0x7f454c46 || bytes[4] !== 2) return new Uint8Array();
  const table = Number(view.getBigUint64(40, true)), size = view.getUint16(58, true), count = view.getUint16(60, true);
  const parts: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    const header = table + i * size;
    const type = view.getUint32(header + 4, true), flags = view.getBigUint64(header + 8, true);
    // SHT_PROGBITS with SHF_EXECINSTR.
    if (type !== 1 || (flags & 4n) === 0n) continue;
    const offset = Number(view.getBigUint64(header + 24, true)), length = Number(view.getBigUint64(header + 32, true));
    parts.push(bytes.subarray(offset, offset + length));
  }
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) { whole.set(part, at); at += part.length; }
  return whole;
}

/** Real code to draw from: what of these files is there. */
export function realCode(): Uint8Array {
  const files = ['/usr/bin/bash', '/usr/bin/perl', '/usr/bin/openssl', '/usr/lib/x86_64-linux-gnu/libc.so.6', '/usr/lib/x86_64-linux-gnu/libcrypto.so.3', '/usr/lib/x86_64-linux-gnu/libm.so.6'];
  const parts = files.map(elfText);
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) { whole.set(part, at); at += part.length; }
  return whole;
}

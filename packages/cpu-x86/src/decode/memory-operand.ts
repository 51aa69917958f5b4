import { BASE, SEGMENT } from './codes.ts';
import type { Decoded } from './decoded.ts';

/** 16-bit addressing by ModRM.rm: base and index registers (Intel SDM Vol. 2A, table 2-1). */
const BASE16 = Int8Array.of(3, 3, 5, 5, 6, 7, 5, 3);
const INDEX16 = Int8Array.of(6, 7, 6, 7, -1, -1, -1, -1);
const RSP = 4, RBP = 5;

/**
 * A little-endian 32-bit value, signed.
 * @hot
 */
export function int32At(bytes: Uint8Array, p: number): number {
  return bytes[p]! | (bytes[p + 1]! << 8) | (bytes[p + 2]! << 16) | (bytes[p + 3]! << 24);
}

/**
 * Decodes SIB and displacement behind ModRM (Intel SDM Vol. 2A, tables 2-1 to 2-3, 2.2.1.3 and 2.2.1.6). Returns the
 * position after them, or -1 when a byte is missing.
 * @param addressSize 0, 1, 2 for 16, 32, 64 bits
 * @param vsib the index is a vector register: the encoding 4 is a register as well
 * @hot
 */
export function decodeMemory(
  out: Decoded, bytes: Uint8Array, at: number, limit: number, modrm: number, rex: number, addressSize: number, long: boolean, vsib: boolean,
): number {
  let p = at, dispSize = 0, base = 0;
  const mod = modrm >> 6, rm = modrm & 7;
  out.hasMemory = 1;
  if (addressSize === 0) {
    dispSize = mod;
    base = BASE16[rm]!;
    out.index = INDEX16[rm]!;
    if (mod === 0 && rm === 6) { base = BASE.NONE; dispSize = 2; }
  } else {
    dispSize = mod === 2 ? 4 : mod;
    base = rm;
    if (rm === 4) {
      if (p >= limit) return -1;
      const sib = bytes[p++]!;
      const index = ((sib >> 3) & 7) | ((rex & 2) << 2);
      if (index !== RSP || vsib) { out.index = index; out.scale = sib >> 6; }
      base = sib & 7;
    }
    // Base 5 without displacement: an absolute address, or without SIB in 64-bit mode one relative to RIP. REX.B has no say.
    if (base === RBP && mod === 0) {
      dispSize = 4;
      base = long && rm === RBP ? BASE.RIP : BASE.NONE;
    } else base |= (rex & 1) << 3;
  }
  out.base = base;
  // The stack pointer and the frame pointer imply SS (SDM Vol. 1, 3.7.4), R12 and R13 do not. BASE16 uses BP only where SS is implied.
  if ((base === RSP || base === RBP) && (out.segmentPrefix === SEGMENT.NONE || (long && out.segmentPrefix < SEGMENT.FS))) {
    out.segment = SEGMENT.SS;
  }
  if (p + dispSize > limit) return -1;
  out.dispSize = dispSize;
  if (dispSize === 1) out.disp = (bytes[p]! << 24) >> 24;
  else if (dispSize === 2) out.disp = ((bytes[p]! | (bytes[p + 1]! << 8)) << 16) >> 16;
  else if (dispSize === 4) out.disp = int32At(bytes, p);
  out.dispHigh = out.disp >> 31;
  return p + dispSize;
}

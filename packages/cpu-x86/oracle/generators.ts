/**
 * Byte sequences to decode: uniformly random ones, ones directed by the opcode map, and real code with mutations. Each
 * generator fills a buffer of slots of {@link SLOT} bytes from a seeded stream of random numbers.
 */

/** Bytes per sequence: one more than an instruction can have, so that over-long ones can be told. */
export const SLOT = 16;

/** A small seeded generator of 32-bit numbers (xorshift128). */
export class Random {
  private readonly s: Uint32Array;

  constructor(seed: number) {
    this.s = Uint32Array.of(seed ^ 0x9e3779b9, (seed * 0x85ebca6b) ^ 0x1234567, (seed * 0xc2b2ae35) ^ 0x89abcdef, seed + 0x27d4eb2f);
    for (let i = 0; i < 20; i++) this.next();
  }

  /** The next number, 0 to 2^32 - 1. */
  next(): number {
    const s = this.s;
    let t = s[3] ?? 0;
    const w = s[0] ?? 0;
    s[3] = s[2] ?? 0; s[2] = s[1] ?? 0; s[1] = w;
    t ^= t << 11; t ^= t >>> 8;
    const value = (t ^ w ^ (w >>> 19)) >>> 0;
    s[0] = value;
    return value;
  }

  /** A number from 0 to n - 1. */
  below(n: number): number {
    return this.next() % n;
  }
}

/** Fills `buffer` with sequences. */
export type Generator = (buffer: Uint8Array, random: Random) => void;

/** Uniformly random bytes. */
export const uniform: Generator = (buffer, random) => {
  for (let i = 0; i < buffer.length; i += 4) {
    const word = random.next();
    buffer[i] = word; buffer[i + 1] = word >> 8; buffer[i + 2] = word >> 16; buffer[i + 3] = word >> 24;
  }
};

const PREFIXES = [0x66, 0x67, 0xf2, 0xf3, 0xf0, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65] as const;
/** SIB bytes at the corners: no index, base 5, RSP base, every scale. */
const SIBS = [0x24, 0x25, 0x65, 0xa5, 0xe5, 0x04, 0x05, 0x0c, 0xcd, 0x20, 0x64, 0xff, 0x00] as const;
const INTERESTING = [0, 1, 0x7f, 0x80, 0xff, 0x81, 0xfe] as const;

/**
 * Prefix sets times maps times opcodes times ModRM. The opcode and ModRM run through all values by counting, so that a
 * long enough run visits every pair under each map; prefixes, REX, SIB and the rest are drawn.
 */
export function directed(start = 0): Generator {
  let counter = start;
  return (buffer, random) => {
    for (let at = 0; at < buffer.length; at += SLOT) {
      let p = at;
      const n = counter++;
      const opcode = n & 255, modrm = (n >> 8) & 255, map = (n >> 16) % 7;
      const prefixes = random.below(8) < 4 ? 0 : random.below(8) === 0 ? 2 + random.below(9) : 1 + random.below(2);
      for (let i = 0; i < prefixes; i++) buffer[p++] = PREFIXES[random.below(random.below(3) === 0 ? 11 : 5)] ?? 0;
      if (random.below(3) === 0) buffer[p++] = 0x40 | random.below(16);
      if (map < 4) {
        if (map > 0) buffer[p++] = 0x0f;
        if (map > 1) buffer[p++] = map === 2 ? 0x38 : 0x3a;
      } else {
        // VEX of map 1 to 3; vvvv is mostly 1111b, which is what most forms demand.
        const vvvv = random.below(2) === 0 ? 15 : random.below(16);
        const payload = (random.below(2) << 7) | (vvvv << 3) | (random.below(3) === 0 ? 4 : 0) | random.below(4);
        if (map === 4 && random.below(2) === 0) { buffer[p++] = 0xc5; buffer[p++] = payload; } else {
          buffer[p++] = 0xc4;
          buffer[p++] = (random.below(4) === 0 ? random.below(8) << 5 : 0xe0) | (random.below(32) === 0 ? random.below(32) : map - 3);
          buffer[p++] = payload;
        }
      }
      if (p + 2 <= at + SLOT) { buffer[p++] = opcode; buffer[p++] = modrm; }
      if (p < at + SLOT && random.below(2) === 0) buffer[p++] = SIBS[random.below(SIBS.length)] ?? 0;
      while (p < at + SLOT) buffer[p++] = random.below(3) === 0 ? INTERESTING[random.below(INTERESTING.length)] ?? 0 : random.next();
    }
  };
}

/** Bytes of real code, half of them with one to three bytes changed. */
export function mutated(code: Uint8Array): Generator {
  return (buffer, random) => {
    for (let at = 0; at < buffer.length; at += SLOT) {
      const from = random.below(code.length - SLOT);
      for (let i = 0; i < SLOT; i++) buffer[at + i] = code[from + i] ?? 0;
      if (random.below(2) === 0) for (let i = random.below(3); i >= 0; i--) buffer[at + random.below(8)] = random.next();
    }
  };
}

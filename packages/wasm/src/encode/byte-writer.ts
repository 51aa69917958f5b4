import { encodeUtf8 } from './utf8.ts';

const SCRATCH = new DataView(new ArrayBuffer(8));

/** A growing byte buffer with the number encodings of WebAssembly (5.2). LEB128 is always minimal. */
export class ByteWriter {
  bytes: Uint8Array<ArrayBuffer>;
  length = 0;

  constructor(capacity = 1024) {
    this.bytes = new Uint8Array(capacity);
  }

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    if (this.length + count > this.bytes.length) this.#grow(count);
  }

  #grow(count: number): void {
    const bigger = new Uint8Array(Math.max(this.bytes.length * 2, this.length + count));
    bigger.set(this.bytes.subarray(0, this.length));
    this.bytes = bigger;
  }

  u8(value: number): void {
    if (this.length === this.bytes.length) this.#grow(1);
    this.bytes[this.length++] = value;
  }

  /** Unsigned LEB128 of a 32-bit number; a negative one stands for its unsigned value. */
  u32(value: number): void {
    this.reserve(5);
    const bytes = this.bytes;
    let at = this.length;
    let rest = value >>> 0;
    while (rest > 0x7f) {
      bytes[at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    bytes[at++] = rest;
    this.length = at;
  }

  /** Unsigned LEB128 of a non-negative integer up to 2^53 - 1 (sizes of memory64). */
  u53(value: number): void {
    let rest = value;
    while (rest > 0x7f) {
      this.u8((rest % 128) | 0x80);
      rest = Math.floor(rest / 128);
    }
    this.u8(rest);
  }

  /** Signed LEB128 of a 32-bit integer. */
  s32(value: number): void {
    this.reserve(5);
    const bytes = this.bytes;
    let at = this.length;
    let rest = value | 0;
    while (rest < -0x40 || rest > 0x3f) {
      bytes[at++] = (rest & 0x7f) | 0x80;
      rest >>= 7;
    }
    bytes[at++] = rest & 0x7f;
    this.length = at;
  }

  /** Signed LEB128 of the 64-bit integer with these halves. */
  s64(low: number, high: number): void {
    this.reserve(10);
    const bytes = this.bytes;
    let at = this.length;
    let lo = low | 0;
    let hi = high | 0;
    // The last byte is the one whose sign bit (0x40) already says what all higher bits are.
    while (!((hi === 0 && lo >= 0 && lo < 0x40) || (hi === -1 && lo < 0 && lo >= -0x40))) {
      bytes[at++] = (lo & 0x7f) | 0x80;
      lo = (lo >>> 7) | (hi << 25);
      hi >>= 7;
    }
    bytes[at++] = lo & 0x7f;
    this.length = at;
  }

  /** IEEE 754 binary32, little endian. Every NaN is written as the canonical one. */
  f32(value: number): void {
    if (Number.isNaN(value)) SCRATCH.setUint32(0, 0x7fc00000, true);
    else SCRATCH.setFloat32(0, value, true);
    this.#scratch(4);
  }

  /** IEEE 754 binary64, little endian. Every NaN is written as the canonical one. */
  f64(value: number): void {
    if (Number.isNaN(value)) SCRATCH.setBigUint64(0, 0x7ff8000000000000n, true);
    else SCRATCH.setFloat64(0, value, true);
    this.#scratch(8);
  }

  #scratch(count: number): void {
    this.reserve(count);
    for (let i = 0; i < count; i++) this.bytes[this.length++] = SCRATCH.getUint8(i);
  }

  /** Raw bytes, without a length. */
  append(source: ArrayLike<number>): void {
    this.reserve(source.length);
    this.bytes.set(source, this.length);
    this.length += source.length;
  }

  /** A part of another writer. */
  appendRange(source: ByteWriter, start: number, end: number): void {
    this.append(source.bytes.subarray(start, end));
  }

  /** A vector of bytes: its length, then the bytes. */
  vector(source: ArrayLike<number>): void {
    this.u32(source.length);
    this.append(source);
  }

  /** A name (5.2.4): a vector of UTF-8 bytes. */
  text(value: string): void {
    this.vector(encodeUtf8(value));
  }

  /** A copy of what was written. */
  toBytes(): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(0, this.length);
  }
}

/** How many bytes the unsigned LEB128 of a 32-bit number takes. */
export const u32Size = (value: number): number => {
  const v = value >>> 0;
  if (v < 0x80) return 1;
  if (v < 0x4000) return 2;
  if (v < 0x200000) return 3;
  return v < 0x10000000 ? 4 : 5;
};

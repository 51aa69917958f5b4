import { decodeUtf8 } from '../encode/utf8.ts';

/** Reads the number encodings of WebAssembly (5.2) from bytes that a validator accepts. */
export class ByteReader {
  readonly bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  get done(): boolean {
    return this.at >= this.bytes.length;
  }

  u8(): number {
    return this.bytes[this.at++] ?? 0;
  }

  /** Unsigned LEB128 up to 2^53 - 1. */
  u32(): number {
    let result = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.u8();
      result += (byte & 0x7f) * scale;
      if (byte < 0x80) return result;
    }
  }

  /** Signed LEB128 of up to 64 bits. */
  s64(): bigint {
    let result = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.u8();
      result |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return (byte & 0x40) === 0 ? result : result - (1n << (shift + 7n));
    }
  }

  take(count: number): Uint8Array {
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }

  view(count: number): DataView {
    const part = this.take(count);
    return new DataView(part.buffer, part.byteOffset, count);
  }

  text(): string {
    return decodeUtf8(this.take(this.u32()));
  }

  /** A vector of what `read` reads. */
  vector<T>(read: () => T): T[] {
    return Array.from({ length: this.u32() }, read);
  }
}

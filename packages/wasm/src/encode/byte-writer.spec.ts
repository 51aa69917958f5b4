import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader } from '../disassemble/reader.ts';
import { ByteWriter, u32Size } from './byte-writer.ts';
import { decodeUtf8, encodeUtf8 } from './utf8.ts';

const written = (write: (out: ByteWriter) => void): Uint8Array => {
  const out = new ByteWriter(1);
  write(out);
  return out.toBytes();
};

/** Bytes of the shortest signed LEB128: enough groups of seven bits to hold the number and its sign. */
const signedSize = (value: bigint): number => {
  let size = 1;
  while (BigInt.asIntN(7 * size, value) !== value) size++;
  return size;
};

const near = (bits: number): fc.Arbitrary<bigint> =>
  fc.tuple(fc.nat(bits), fc.integer({ min: -1, max: 1 }), fc.boolean()).map(([e, d, neg]) => {
    const value = (1n << BigInt(e)) + BigInt(d);
    return neg ? -value : value;
  });

describe('LEB128', () => {
  it('of unsigned numbers is minimal and reads back', () => {
    fc.assert(fc.property(fc.oneof(fc.nat(), near(32).map((n) => Number(BigInt.asUintN(32, n)))), (value) => {
      const bytes = written((out) => out.u32(value));
      expect(new ByteReader(bytes).u32()).toBe(value);
      expect(bytes.length).toBe(Math.max(1, Math.ceil(value.toString(2).length / 7)));
      expect(u32Size(value)).toBe(bytes.length);
      expect(written((out) => out.u53(value))).toEqual(bytes);
    }));
  });

  it('of signed 32-bit numbers is minimal and reads back', () => {
    fc.assert(fc.property(fc.oneof(fc.integer(), near(31).map((n) => Number(BigInt.asIntN(32, n)))), (value) => {
      const bytes = written((out) => out.s32(value));
      expect(new ByteReader(bytes).s64()).toBe(BigInt(value));
      expect(bytes.length).toBe(signedSize(BigInt(value)));
    }));
  });

  it('of signed 64-bit numbers in halves is minimal and reads back', () => {
    const words = fc.oneof(fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }), near(63).map((n) => BigInt.asIntN(64, n)));
    fc.assert(fc.property(words, (value) => {
      const bytes = written((out) => out.s64(Number(BigInt.asIntN(32, value)), Number(value >> 32n)));
      expect(new ByteReader(bytes).s64()).toBe(value);
      expect(bytes.length).toBe(signedSize(value));
    }));
  });

  it('of sizes beyond 32 bits reads back', () => {
    expect(new ByteReader(written((out) => out.u53(2 ** 48))).u32()).toBe(2 ** 48);
  });
});

describe('a byte writer', () => {
  it('writes floats with canonical NaNs', () => {
    expect([...written((out) => out.f32(NaN))]).toEqual([0, 0, 0xc0, 0x7f]);
    expect([...written((out) => out.f64(NaN))]).toEqual([0, 0, 0, 0, 0, 0, 0xf8, 0x7f]);
    expect([...written((out) => out.f32(-0))]).toEqual([0, 0, 0, 0x80]);
    expect([...written((out) => out.f64(1.5))]).toEqual([0, 0, 0, 0, 0, 0, 0xf8, 0x3f]);
  });

  it('grows to hold what is appended and keeps what it had', () => {
    const big = Uint8Array.from({ length: 5000 }, (_, i) => i & 0xff);
    const bytes = written((out) => {
      out.u8(7);
      out.append(big);
      out.vector([1, 2]);
    });
    expect(bytes).toEqual(Uint8Array.from([7, ...big, 2, 1, 2]));
  });

  it('writes strings in UTF-8', () => {
    const points = fc.oneof(fc.nat(0x7f), fc.nat(0x7ff), fc.nat(0xffff), fc.nat(0x10ffff));
    fc.assert(fc.property(fc.array(points), (list) => {
      const text = String.fromCodePoint(...list);
      expect(Uint8Array.from(encodeUtf8(text))).toEqual(new TextEncoder().encode(text));
      const bytes = new TextEncoder().encode(text);
      expect(decodeUtf8(bytes)).toBe(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes));
    }));
    expect(encodeUtf8('\ud800')).toEqual([0xef, 0xbf, 0xbd]);
  });
});

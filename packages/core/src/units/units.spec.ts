import { describe, expect, test } from 'vitest';
import { gpa, gsi, parseBytes, port, vector } from './units.ts';

describe('units', () => {
  test('accept their whole range and nothing beyond', () => {
    expect([gpa(2 ** 52 - 1), port(65535), gsi(0), vector(255)]).toEqual([2 ** 52 - 1, 65535, 0, 255]);
    for (const make of [() => gpa(2 ** 52), () => port(65536), () => gsi(-1), () => vector(1.5), () => port(NaN)]) {
      expect(make).toThrow(/core\/unit-out-of-range/);
    }
  });

  test('cannot be mixed up', () => {
    const take = (p: ReturnType<typeof port>): number => p;
    // @ts-expect-error a vector is no port
    expect(take(vector(3))).toBe(3);
  });

  test('read sizes as QEMU does, and nothing else', () => {
    expect(['64MiB', '1G', '4096', '8 K', 12].map(parseBytes)).toEqual([2 ** 26, 2 ** 30, 4096, 8192, 12]);
    for (const wrong of ['', '64 mib', '-1', '1.5G', '1T', '9007199254740993', -1, 0.5, NaN]) {
      expect(parseBytes(wrong)).toBeUndefined();
    }
  });
});

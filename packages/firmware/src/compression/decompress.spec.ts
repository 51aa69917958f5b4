import { PolyvisorError } from '@polyvisor/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sample, sampleContent, type SampleName } from '../../test/sample.ts';
import { compressionFormat, decompress } from './decompress.ts';

const content = sampleContent();
const NAMES: readonly SampleName[] = ['gzip', 'xz', 'xzPlain', 'lz4', 'zstd'];
const codeOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof PolyvisorError) return error.code;
    throw error;
  }
  return 'nothing was thrown';
};

describe.each(NAMES)('what %s compressed', (name) => {
  test('expands to what it was', () => {
    expect(decompress(sample(name), content.length, 'vmlinuz', '')).toEqual(content);
  });

  test('is refused when it is cut short', () => {
    const cut = sample(name).subarray(0, -200);
    expect(codeOf(() => decompress(cut, content.length, 'vmlinuz', 'offset 0x10'))).toBe('firmware/corrupt-data');
  });

  test.skipIf(name === 'zstd')('is refused when it has another size', () => {
    for (const by of [-100, -1, 20, 100]) {
      expect(codeOf(() => decompress(sample(name), content.length + by, 'vmlinuz', ''))).toBe('firmware/corrupt-data');
    }
  });

  test('gives the same bytes or an error when any bytes are changed, and ends', () => {
    const bytes = sample(name);
    const change = fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }));
    fc.assert(fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      const damaged = Uint8Array.from(bytes);
      for (const [at, by] of changes) damaged[at]! ^= by;
      const found = codeOf(() => {
        expect(decompress(damaged, content.length, 'vmlinuz', '')).toHaveLength(content.length);
      });
      expect(['firmware/corrupt-data', 'firmware/unknown-compression', 'nothing was thrown']).toContain(found);
    }), { numRuns: 200, seed: 7 });
  });
});

test('xz notices every changed byte of its content by the checksum', () => {
  const bytes = sample('xz');
  for (let at = 200; at < 300; at++) {
    const damaged = Uint8Array.from(bytes);
    damaged[at]! ^= 0x10;
    expect(codeOf(() => decompress(damaged, content.length, 'vmlinuz', ''))).toBe('firmware/corrupt-data');
  }
});

test('a format that is not known is named by its first bytes', () => {
  const bzip2 = Uint8Array.from([0x42, 0x5a, 0x68, 0x39, 0x31, 0x41, 0x59]);
  expect(compressionFormat(bzip2)).toBeUndefined();
  expect(() => decompress(bzip2, 10, 'vmlinuz', 'offset 0x3c0'))
    .toThrow(/firmware\/unknown-compression: .*42 5a 68 39 31 41; known: gzip, xz, lz4, zstd \(vmlinuz at offset 0x3c0\).*bzimage64/);
});

import { describe, expect, test } from 'vitest';
import { effectiveType, MemoryType, mtrrType, patType } from './memory-type.ts';

const { uncacheable, writeCombining, writeThrough, writeProtected, writeBack, uncached } = MemoryType;
const RESET_PAT = 0x0007_0406_0007_0406n;
const ON = 0xc06n;
const range = (base: number, size: number, type: MemoryType) => ({ base: BigInt(base + type), mask: ((2n ** 40n - BigInt(size)) & ~0xfffn) | 0x800n });

describe('the PAT', () => {
  test.each([
    [0x00n, false, writeBack], [0x08n, false, writeThrough], [0x10n, false, uncached], [0x18n, false, uncacheable], [0x80n, false, writeBack],
    [0x1000n, true, writeBack], [0x1018n, true, uncacheable],
  ])('selects for entry %s (large: %s) after a reset type %i', (entry, large, type) => {
    expect(patType(RESET_PAT, entry, large)).toBe(type);
  });
  test('is indexed by bit 7 of small pages and bit 12 of large ones', () => {
    const pat = 0x0100_0000_0000_0006n;
    expect([patType(pat, 0x98n, false), patType(pat, 0x1018n, true), patType(pat, 0x1000n, false)]).toEqual([writeCombining, writeCombining, writeBack]);
  });
});

describe('the MTRRs', () => {
  test('make everything uncacheable while they are off', () => {
    expect(mtrrType(0x006n, { variable: [range(0, 2 ** 30, writeBack)] }, 0)).toBe(uncacheable);
  });
  test('give the default type where no range matches', () => {
    expect(mtrrType(ON, { variable: [range(0xc000_0000, 2 ** 30, uncacheable)] }, 0x1000_0000)).toBe(writeBack);
  });
  test.each([
    [[writeBack, writeBack], writeBack], [[writeBack, uncacheable], uncacheable], [[writeBack, writeThrough], writeThrough],
    [[writeCombining, writeBack], uncacheable], [[writeProtected], writeProtected],
  ])('of overlapping ranges %j give %i', (types, expected) => {
    expect(mtrrType(ON, { variable: types.map((type) => range(0x4000_0000, 2 ** 20, type)) }, 0x4008_0000)).toBe(expected);
  });
  test('heed the fixed ranges below 1 MiB, if these are on', () => {
    const fixed = Array.from({ length: 11 }, (_, i) => BigInt(i === 0 ? 0x05 : i === 2 ? 0x0100 : i === 10 ? 0x04 : 6) << (i === 10 ? 56n : 0n));
    const at = (address: number, defType = ON) => mtrrType(defType, { variable: [], fixed }, address);
    expect([at(0x1234), at(0xa_4000), at(0xf_f000), at(0x10_0000), at(0x1234, 0x806n)]).toEqual([writeProtected, writeCombining, writeThrough, writeBack, writeBack]);
  });
});

test.each([
  [writeBack, writeBack, writeBack], [writeBack, uncached, uncacheable], [writeCombining, uncached, writeCombining], [uncacheable, writeCombining, writeCombining],
  [uncacheable, writeBack, uncacheable], [writeThrough, writeBack, writeThrough], [writeProtected, writeBack, writeProtected], [writeBack, writeProtected, writeProtected],
])('MTRR type %i and PAT type %i make %i', (mtrr, pat, effective) => {
  expect(effectiveType(mtrr, pat)).toBe(effective);
});

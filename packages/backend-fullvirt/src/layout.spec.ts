import { expect, test } from 'vitest';
import { pcLayout, usableRam } from './layout.ts';

const MB = 2 ** 20;
const inBytes = (bytes: number) => pcLayout(bytes).map(({ gfn, count }) => [gfn * 4096, (gfn + count) * 4096]);

test('base memory ends at 640 KiB and the rest begins behind video memory', () => {
  expect(inBytes(64 * MB)).toEqual([[0, 0xa0000], [0xc0000, 64 * MB + 0x20000]]);
});

test('what does not fit below 2.75 GiB lies above 4 GiB', () => {
  expect(inBytes(5 * 1024 * MB)).toEqual([[0, 0xa0000], [0xc0000, 0xb000_0000], [2 ** 32, 2 ** 32 + 2304 * MB + 0x20000]]);
});

test('an operating system gets what is no place for ROMs', () => {
  expect(usableRam(pcLayout(64 * MB))).toEqual([{ address: 0, size: 0xa0000 }, { address: MB, size: 63 * MB + 0x20000 }]);
});

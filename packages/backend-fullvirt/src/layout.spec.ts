import { expect, test } from 'vitest';
import { pcLayout } from './layout.ts';

const MB = 2 ** 20;
const inBytes = (bytes: number) => pcLayout(bytes).map(({ gfn, count }) => [gfn * 4096, (gfn + count) * 4096]);

test('base memory ends at 640 KiB and the rest begins at 1 MiB', () => {
  expect(inBytes(64 * MB)).toEqual([[0, 0xa0000], [MB, 64 * MB + 0x60000]]);
});

test('what does not fit below 3 GiB lies above 4 GiB', () => {
  expect(inBytes(5 * 1024 * MB)).toEqual([[0, 0xa0000], [MB, 0xc000_0000], [2 ** 32, 2 ** 32 + 2048 * MB + 0x60000]]);
});

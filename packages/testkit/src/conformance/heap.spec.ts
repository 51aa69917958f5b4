import { expect, test } from 'vitest';
import { allocationOf, openHeap } from './heap.ts';

const kept: unknown[] = [0, 'x'];

test('tells calls that allocate from calls that do not', () => {
  const heap = openHeap();
  if ('skipped' in heap) throw new Error(heap.skipped);
  const registers = new Uint32Array([0xffffffff]);

  const [sum, object, closure, boxed, wrapped] = allocationOf(heap, [
    (i) => (i * 3) | 0,
    (i) => { kept[0] = { i }; },
    (i) => { kept[0] = () => i; },
    () => registers[0]!,
    () => registers[0]! | 0,
  ], 4);

  expect([sum! < 4, object! >= 16, closure! >= 16, boxed! >= 12, wrapped! < 4]).toEqual([true, true, true, true, true]);
});

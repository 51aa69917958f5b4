import { expect, test } from 'vitest';
import { RIGHTS_RAM } from '@polyvisor/core';
import { createHost } from './index.ts';

test('the example of the README clones what it stored', () => {
  const host = createHost({ frames: 64 * 2 ** 20 });
  const space = host.createAddressSpace({ name: 'guest', format: 'ept' });
  space.populate(0, 4096, RIGHTS_RAM);          // 16 MiB from address 0, in 2 MiB entries
  const dma = space.dma();
  dma.store(0x1000, 4, 42);
  const copy = space.clone('copy');             // shares all frames, copy on write

  expect(copy.dma().load(0x1000, 4)).toBe(42);
});

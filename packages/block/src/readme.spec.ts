import { expect, test } from 'vitest';
import { MemoryStore, checkQcow2, createImage, imageInfo, nonPersistent, openImage, openQcow2 } from '@polyvisor/block';

test('the example of the README keeps what was written, and drops what was not to last', async () => {
  const store = new MemoryStore({ name: 'disk.qcow2' });
  await createImage(store, { format: 'qcow2', size: 20 * 2 ** 30 });

  const disk = await openImage(store);
  await disk.write(4096, new Uint8Array(512).fill(7));
  await disk.flush();

  const trial = await nonPersistent(disk);
  await trial.writeZeroes(4096, 512);
  await trial.close();

  const again = await openQcow2(store);
  const sector = new Uint8Array(512);
  await again.read(4096, sector);
  const { virtualSize } = await imageInfo(again);
  const { corruptions, leaks } = await checkQcow2(again);

  expect([sector[0], virtualSize, corruptions, leaks]).toEqual([7, 20 * 2 ** 30, 0, 0]);
});

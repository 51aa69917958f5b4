/** Runs in a worker of the browser specs: only there are access handles. */
import { PolyvisorError } from '@polyvisor/core';
import { openOpfs } from '../browser/index.ts';
import type { OpfsFileHandle } from '../browser/opfs.ts';
import { createImage, openImage } from '../index.ts';
import { Random } from './random.ts';
import { contents, difference, disturb } from './workload.ts';

const SIZE = 2 ** 20;

async function go(): Promise<unknown> {
  const folder = await navigator.storage.getDirectory();
  const handle = (await folder.getFileHandle('worker.qcow2', { create: true })) as unknown as OpfsFileHandle;
  const store = await openOpfs(handle);
  const second = await openOpfs(handle).then(() => 'opened', (error: unknown) => (error instanceof PolyvisorError ? error.code : String(error)));
  await createImage(store, { format: 'qcow2', size: SIZE });
  const disk = await openImage(store);
  const model = new Uint8Array(SIZE);
  await disturb(disk, model, new Random(2), 30);
  await disk.close();
  const again = await openImage(await openOpfs(handle));
  const found = difference(await contents(again), model);
  await again.close();
  return { store: store.constructor.name, difference: found, second };
}

self.onmessage = () => {
  go().then((answer) => { self.postMessage(answer); }, (error: unknown) => { self.postMessage(String(error)); });
};

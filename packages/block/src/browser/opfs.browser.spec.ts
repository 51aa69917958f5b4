import { describeBlockBackend } from '@polyvisor/testkit/vitest';
import { expect, test } from 'vitest';
import { createImage, openImage } from '../index.ts';
import { Random } from '../testing/random.ts';
import { contents, difference, disturb } from '../testing/workload.ts';
import { openOpfs } from './index.ts';
import type { OpfsFileHandle } from './opfs.ts';

const SIZE = 2 ** 20;

async function handleOf(name: string): Promise<OpfsFileHandle> {
  const folder = await navigator.storage.getDirectory();
  await folder.removeEntry(name).catch(() => undefined);
  return (await folder.getFileHandle(name, { create: true })) as unknown as OpfsFileHandle;
}

test.each(['raw', 'qcow2'] as const)('a %s image in browser storage holds what was written, and keeps it', async (format) => {
  const handle = await handleOf(`disk.${format}`);
  const store = await openOpfs(handle);
  await createImage(store, { format, size: SIZE });
  const disk = await openImage(store, { format });
  const model = new Uint8Array(SIZE);
  await disturb(disk, model, new Random(1), 30);
  await disk.close();
  const again = await openImage(await openOpfs(handle), { format, readOnly: true });
  expect(difference(await contents(again), model)).toBe(-1);
  await again.close();
});

describeBlockBackend({
  label: 'qcow2 in browser storage', operations: 60,
  async open() {
    const handle = await handleOf('suite.qcow2');
    const store = await openOpfs(handle);
    await createImage(store, { format: 'qcow2', size: SIZE });
    return { disk: await openImage(store, { format: 'qcow2' }), reopen: async () => openImage(await openOpfs(handle), { format: 'qcow2' }) };
  },
});

test('an image in browser storage is quick and locked in a worker', async () => {
  const worker = new Worker(new URL('../testing/opfs-worker.ts', import.meta.url), { type: 'module' });
  const answer = await new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => { resolve(data); };
    worker.onerror = ({ message }) => { reject(new Error(message)); };
    worker.postMessage('go');
  });
  worker.terminate();
  expect(answer).toEqual({ store: 'SyncOpfsStore', difference: -1, second: 'block/io' });
});

import { Worker, threadId } from 'node:worker_threads';
import type { Region } from '@polyvisor/core';
import { FakeMemory, VirtioPciDriver } from '@polyvisor/testkit';
import { expect, test } from 'vitest';
import type { Access, Shared } from '../../test/io-thread.ts';
import { Type } from './registers.ts';

/** The count of interrupts, as `test/io-thread.ts` names it. */
const INTERRUPTS = -2;

function request(type: number, sector: number): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, type, true);
  view.setUint32(8, sector, true);
  return bytes;
}

test('a disk serves its queue on a thread of its own, over memory that the driver’s thread shares', { timeout: 120_000 }, async () => {
  const shared: Shared = { memory: new SharedArrayBuffer(4 * 2 ** 20), answer: new SharedArrayBuffer(16) };
  const words = new Int32Array(shared.answer);
  const worker = new Worker(new URL('../../test/io-thread.ts', import.meta.url), { workerData: shared, execArgv: ['--conditions=@polyvisor/source'] });
  await new Promise((resolve, reject) => worker.once('online', resolve).once('error', reject));
  const ask = (access: Access): number => {
    Atomics.store(words, 0, 0);
    worker.postMessage(access);
    if (Atomics.wait(words, 0, 0, 60_000) === 'timed-out') throw new Error('the device’s thread does not answer');
    return words[1]!;
  };
  const region = (bar: number): Region => ({
    read: (offset, size) => ask({ bar, offset, size }),
    write: (offset, size, value) => void ask({ bar, offset, size, value }),
  });
  const memory = new FakeMemory({ bytes: new Uint8Array(shared.memory) });
  const driver = new VirtioPciDriver({ config: region(-1), bar: region, memory }).start({ allBut: [], size: 64, bufferBytes: 0x40000 });
  driver.enableMsix(0xfee0_0000, 0x40, 2);
  const queue = driver.queues[0]!;
  const used = async () => {
    for (let i = 0; i < 20_000; i += 1) {
      const found = queue.takeUsed();
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    throw new Error('nothing came back');
  };
  const data = (sector: number): Uint8Array => Uint8Array.from({ length: 512 }, (_, i) => (i * 7 + sector) & 255);
  for (let sector = 0; sector < 8; sector += 1) queue.add([{ read: request(Type.OUT, sector) }, { read: data(sector) }, { write: 1 }]);
  driver.notify(0);
  for (let i = 0; i < 8; i += 1) expect([...queue.contents(await used())]).toEqual([0]);
  for (let sector = 0; sector < 8; sector += 1) queue.add([{ read: request(Type.IN, sector) }, { write: 512 }, { write: 1 }]);
  driver.notify(0);
  const read: number[][] = [];
  for (let i = 0; i < 8; i += 1) read.push([...queue.contents(await used())]);
  expect(read).toEqual(Array.from({ length: 8 }, (_, sector) => [...data(sector), 0]));
  expect(ask({ bar: INTERRUPTS, offset: 0, size: 4 })).toBeGreaterThan(0);
  expect(words[2]).not.toBe(threadId);
  await worker.terminate();
});

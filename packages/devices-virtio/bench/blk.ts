/** The disk alone, over a backend in memory: `node --conditions=@polyvisor/source bench/blk.ts`. */
import type { BlockBackend } from '@polyvisor/core';
import { virtioBlkPci } from '../src/index.ts';
import { BUFFERS, benchDevice } from './machine.ts';

const MB = 2 ** 20;
const bytes = new Uint8Array(256 * MB);
const drive: BlockBackend = {
  size: bytes.length, blockSize: 512, readOnly: false,
  read: (offset, into) => {
    into.set(bytes.subarray(offset, offset + into.length));
    return Promise.resolve();
  },
  write: (offset, from) => {
    bytes.set(from, offset);
    return Promise.resolve();
  },
  flush: () => Promise.resolve(), discard: () => Promise.resolve(), writeZeroes: () => Promise.resolve(), close: () => Promise.resolve(),
};

/** `depth` requests of `size` bytes at a time, one after the other on the disk or far apart. */
async function measure(name: string, type: number, size: number, depth: number, apart: boolean): Promise<void> {
  const { queues, driver, dma, clock } = benchDevice(virtioBlkPci, {}, { drive });
  const queue = queues[0]!;
  const chains = Array.from({ length: depth }, (_, i) => {
    const at = BUFFERS + i * (size + 4096);
    dma.store(at, 4, type);
    const data = { address: at + 4096, length: size, writable: type === 0 };
    return { at, chain: queue.prepare([{ address: at, length: 16, writable: false }, data, { address: at + 16, length: 1, writable: true }]) };
  });
  const sectors = size / 512;
  const last = bytes.length / 512 - sectors;
  let sector = 0;
  const turn = async (): Promise<void> => {
    for (const { at, chain } of chains) {
      dma.store(at + 8, 4, sector);
      sector = (sector + (apart ? 7919 * sectors : sectors)) % last;
      sector -= sector % sectors;
      queue.publish(chain);
    }
    queue.commit();
    driver.notify(0);
    for (let done = 0; done < depth;) {
      await Promise.resolve();
      const fresh = queue.takeUsed();
      done += fresh;
      if (fresh === 0) clock.advance(1);
    }
  };
  for (let i = 0; i < 200; i += 1) await turn();
  const began = performance.now();
  let requests = 0;
  while (performance.now() - began < 1500) {
    await turn();
    requests += depth;
  }
  const seconds = (performance.now() - began) / 1000;
  console.log(`${name}: ${((requests * size) / seconds / 1e9).toFixed(2)} GB/s, ${Math.round(requests / seconds)} requests/s`);
}

await measure('read, 128 KiB, in order', 0, 128 * 1024, 16, false);
await measure('write, 128 KiB, in order', 1, 128 * 1024, 16, false);
await measure('read, 4 KiB, apart, 32 at a time', 0, 4096, 32, true);
await measure('write, 4 KiB, apart, 32 at a time', 1, 4096, 32, true);
await measure('read, 4 KiB, apart, one at a time', 0, 4096, 1, true);

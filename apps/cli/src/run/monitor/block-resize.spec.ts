import { BlockBackendToken } from '@polyvisor/core';
import { MemoryStore, RawDisk, createQcow2, openQcow2 } from '@polyvisor/block';
import { namedService } from '@polyvisor/machine';
import { FakeBlock } from '@polyvisor/testkit';
import { expect, test } from 'vitest';
import { resize } from './block-resize.ts';

async function drives() {
  const store = new MemoryStore();
  await createQcow2(store, { size: 2 ** 20 });
  const raw = new RawDisk(new MemoryStore({ bytes: new Uint8Array(2 ** 20) }));
  const qcow2 = await openQcow2(store);
  const all = { d0: raw, d1: qcow2, d2: new FakeBlock() };
  const told: string[] = [];
  const subject = { services: Object.entries(all).map(([name, value]) => namedService(name, BlockBackendToken, value)) };
  const type = async (text: string): Promise<string> => {
    const answer = resize(undefined, text, subject, (line) => void told.push(line));
    await new Promise((resolve) => setTimeout(resolve, 20));
    return answer;
  };
  return { ...all, type, told };
}

test.each([['2', 2 ** 21], ['2M', 2 ** 21], ['3072k', 3 * 2 ** 20], ['1G', 2 ** 30], ['2097664B', 2 ** 21 + 512]])('gives raw and qcow2 disks the size %s, and tells who uses them', async (text, size) => {
  const { d0, d1, type } = await drives();
  const heard: number[] = [];
  for (const disk of [d0, d1]) disk.onResized = () => void heard.push(disk.size);
  expect([await type(`d0 ${text}`), await type(`d1 ${text}`)]).toEqual(['', '']);
  expect([d0.size, d1.size, heard]).toEqual([size, size, [size, size]]);
});

test('says what cannot be', async () => {
  const { type, told, d1 } = await drives();
  expect(await type('d0')).toMatch(/needs the id/);
  expect(await type('nothing 5')).toMatch(/there are: d0, d1, d2/);
  expect(await type('d2 5')).toMatch(/cannot change its size/);
  expect(await type('d0 700B')).toMatch(/multiple of 512/);
  expect([await type('d1 512K'), told.length, d1.size]).toEqual(['', 1, 2 ** 20]);
});

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NetBackend } from '@polyvisor/core';
import { readPcap } from '@polyvisor/net';
import { afterAll, expect, test, vi } from 'vitest';
import { parseRun } from '../options/parse.ts';
import { openNetworks } from './networks.ts';

const folder = mkdtempSync(join(tmpdir(), 'polyvisor-networks-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A user network with a card attached that asks for the gateway's address. */
async function asked(...files: readonly string[]): Promise<number> {
  const dumps = files.flatMap((file, i) => ['-object', `filter-dump,id=f${i},netdev=n,file=${file}`]);
  const { services, close } = await openNetworks(parseRun(['-kernel', 'k', '-netdev', 'user,id=n', ...dumps]));
  const network = services[0]!.value as NetBackend;
  let received = 0;
  network.attach({ receive: () => ++received > 0, onDrained: () => undefined });
  const arp = new Uint8Array(42).fill(255, 0, 6);
  arp.set([0x52, 0x54, 0, 0, 0, 1, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 0x52, 0x54, 0, 0, 0, 1, 10, 0, 2, 15], 6);
  arp.set([10, 0, 2, 2], 38);
  network.send(arp);
  await close();
  return received;
}

test('each capture of a network has all of its frames', async () => {
  const files = ['one', 'two'].map((name) => join(folder, name));
  const received = await asked(...files);
  expect(received).toBeGreaterThan(0);
  for (const file of files) expect([...readPcap(readFileSync(file))]).toHaveLength(1 + received);
});

test.skipIf(process.platform !== 'linux')('a capture ends when its file cannot be written, and the network goes on', async () => {
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const received = await asked('/dev/full');
  const lines = said.mock.calls.map(([text]) => String(text));
  said.mockRestore();
  expect([received > 0, lines]).toEqual([true, [expect.stringMatching(/polyvisor: the capture \/dev\/full ends here: ENOSPC/)]]);
});

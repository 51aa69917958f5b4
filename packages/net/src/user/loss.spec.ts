import { FakeClock } from '@polyvisor/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MemoryHost, join, link, userNetwork, type Impairments, type MemoryPeer } from '../index.ts';
import { Guest } from '../../test/guest.ts';

const byte = (i: number): number => (Math.imul(i, 2654435761) >>> 24) & 255;

/** Sends `size` bytes each way over a bad link and says whether they arrived, in order and once. */
async function exchange(impairments: Impairments, seed: number, size: number, mtu: number): Promise<void> {
  const clock = new FakeClock();
  const host = new MemoryHost();
  const net = userNetwork({ sockets: host, scheduler: clock, seed, mtu });
  const cable = link({ ...impairments, seed, scheduler: clock, mtu });
  join(cable.b, net);
  const guest = new Guest(cable.a, { scheduler: clock, mtu });
  const peers: MemoryPeer[] = [];
  let up = 0;
  const seen = { ended: false };
  host.serve({ host: '127.0.0.1', port: 80 }, (p) => {
    peers.push(p);
    p.onData = (bytes) => {
      for (const b of bytes) {
        if (b !== byte(up)) throw new Error(`byte ${up} of the upload is wrong`);
        up += 1;
      }
    };
    p.onEnd = () => (seen.ended = true);
  });
  const c = guest.connect('10.0.2.2', 80);
  let down = 0;
  c.onData = (bytes, at, count) => {
    for (let i = at; i < at + count; i += 1) {
      if (bytes[i] !== byte(down)) throw new Error(`byte ${down} of the download is wrong`);
      down += 1;
    }
  };
  for (let i = 0; i < 200 && c.state !== 'open'; i += 1) {
    await Promise.resolve();
    clock.advance(1e8);
  }
  for (let i = 0; i < 200 && peers.length === 0; i += 1) clock.advance(1e8);
  const [peer] = peers;
  peer!.send(Uint8Array.from({ length: size }, (_, i) => byte(i)));
  peer!.end();
  c.send(size, (at, into, from, count) => {
    for (let i = 0; i < count; i += 1) into[from + i] = byte(at + i);
  });
  c.finish();
  for (let i = 0; i < 6000 && !(c.gotFin && seen.ended && c.finAcked); i += 1) clock.advance(1e8);
  expect([down, up, c.gotFin, seen.ended]).toEqual([size, size, true, true]);
  for (let i = 0; i < 600 && net.statistics.connections > 0; i += 1) clock.advance(1e9);
  expect(net.statistics).toMatchObject({ connections: 0, buffersTaken: 0 });
  if ((impairments.loss ?? 0) > 0) expect(cable.statistics.a.lost + cable.statistics.b.lost).toBeGreaterThan(0);
}

describe('bytes arrive exactly', () => {
  test.each([
    ['1 % loss', { loss: 0.01, delay: 5e6 }],
    ['5 % loss', { loss: 0.05, delay: 5e6 }],
    ['20 % loss', { loss: 0.2, delay: 1e6 }],
    ['reordering', { reorder: 0.1, delay: 2e6 }],
    ['duplicates', { duplicate: 0.1, delay: 1e6 }],
    ['all of them and little bandwidth', { loss: 0.05, reorder: 0.05, duplicate: 0.05, delay: 1e6, bandwidth: 1e6 }],
  ])('with %s', async (_name, impairments) => {
    await exchange(impairments, 7, 400_000, 1500);
  });

  test('whatever the link does', async () => {
    const share = fc.double({ min: 0, max: 0.12, noNaN: true });
    await fc.assert(
      fc.asyncProperty(share, share, share, fc.integer({ min: 1, max: 1e6 }), fc.constantFrom(1280, 1500, 9000, 65520), async (loss, reorder, duplicate, seed, mtu) => {
        await exchange({ loss: loss < 0.02 ? 0 : loss, reorder, duplicate, delay: 1e6 }, seed, 60_000 + mtu * 20, mtu);
      }),
      { numRuns: 12, seed: 20 },
    );
  });
});

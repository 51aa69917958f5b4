import { FrameOffload } from '@polyvisor/core';
import { FakeClock, Random } from '@polyvisor/testkit';
import { MemoryHost, userNetwork } from '../src/index.ts';
import { Guest } from './guest.ts';
import { hostileFrame, type Seen } from './hostile.ts';

/** An offload whose numbers need not fit its frame. */
function nonsense(r: Random): FrameOffload {
  return Object.assign(new FrameOffload(), {
    flags: r.below(4), segmentation: r.pick([0, 1, 4, 0x81, r.below(256)]), headerBytes: r.below(0x1_0000), segmentBytes: r.below(0x1_0000),
    checksumStart: r.pick([34, 54, r.below(0x1_0000)]), checksumOffset: r.pick([16, r.below(0x1_0000)]),
  });
}

/** Sends `frames` hostile frames into a network and returns what it then holds; a defect throws or hangs. */
export async function storm(seed: number, frames: number): Promise<{ alive: boolean; statistics: ReturnType<typeof userNetwork>['statistics'] }> {
  const r = new Random(seed);
  const clock = new FakeClock();
  const host = new MemoryHost();
  host.nameServers.push({ host: '192.0.2.53', port: 53 });
  for (const at of ['127.0.0.1', '::1', '192.0.2.1']) {
    host.serve({ host: at, port: 80 }, (peer) => {
      peer.onData = (bytes) => peer.send(bytes);
      peer.onEnd = () => peer.end();
    });
    host.respond({ host: at, port: 80 }, (data, _from, answer) => answer(data));
  }
  const net = userNetwork({
    sockets: host, scheduler: clock, seed,
    // Without checksums mutations come further.
    checksums: seed % 2 === 0 ? 'full' : 'offloaded', limits: { connections: 200, opening: 50, flows: 50, buffers: 2 ** 22, buffer: 2 ** 16 },
  });
  const guest = new Guest(net, { scheduler: clock, checksums: seed % 2 === 0 });
  const seen: Seen[] = [];
  let next = 0;
  for (let i = 0; i < frames; i += 1) {
    net.send(hostileFrame(r, seen), r.chance(1, 3) ? nonsense(r) : undefined);
    for (const f of guest.frames) {
      if (f[12] !== 8 || f[13] !== 0 || f[23] !== 6) continue;
      const view = new DataView(f.buffer);
      const length = view.getUint16(16) - 40;
      if ((f[47]! & 4) === 0) seen[next++ % 8] = { port: view.getUint16(36), remotePort: view.getUint16(34), seq: view.getInt32(38) + length, ack: view.getInt32(42) };
    }
    guest.frames.length = 0;
    if (i % 50 === 0) await Promise.resolve();
    if (i % 500 === 0) clock.advance(r.pick([1e6, 1e9, 3e10]));
  }
  const { statistics } = net;
  // After all of it an honest connection works. Time lets the storm's own connections go.
  clock.advance(300e9);
  const c = guest.connect('10.0.2.2', 80);
  for (let i = 0; i < 20; i += 1) {
    await Promise.resolve();
    clock.advance(1e9);
  }
  c.sendBytes(new Uint8Array(10_000));
  for (let i = 0; i < 20; i += 1) clock.advance(1e8);
  net.close();
  return { alive: c.received === 10_000, statistics };
}

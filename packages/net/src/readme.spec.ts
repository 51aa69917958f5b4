import { FakeClock } from '@polyvisor/testkit';
import { expect, test } from 'vitest';
import * as net from './index.ts';
import { MemoryHost, join, parseHostForward, readPcap, type UserNetworkOptions } from './index.ts';
import { Guest } from '../test/guest.ts';

test('the example of the README joins a guest, a switch and a host, and captures', async () => {
  const clock = new FakeClock();
  // The same with a clock that the test turns.
  const userNetwork = (options: UserNetworkOptions) => net.userNetwork({ ...options, scheduler: clock });
  const VirtualSwitch = class extends net.VirtualSwitch { constructor() { super({ scheduler: clock }); } };
  const capture: typeof net.capture = (backend, write) => net.capture(backend, write, { scheduler: clock });
  const greeting = Uint8Array.of(104, 105);

  const host = new MemoryHost();
  host.serve({ host: '127.0.0.1', port: 80 }, (peer) => peer.send(greeting));
  const network = userNetwork({
    sockets: host,
    hostForwards: [parseHostForward('tcp:127.0.0.1:2222-:22')],
  });
  await network.open();

  const hub = new VirtualSwitch();
  const unplug = join(hub.port(), network);
  const pcap: Uint8Array[] = [];
  const forCard = capture(hub.port({ name: 'guest' }), (bytes) => pcap.push(bytes.slice()));
  const guest = new Guest(forCard, { scheduler: clock });

  const c = guest.connect('10.0.2.2', 80);
  await Promise.resolve();
  clock.advance(1e9);
  expect([c.state, c.received]).toEqual(['open', 2]);
  expect(network.forwards.map((f) => f.hostPort)).toEqual([2222]);
  const frames = readPcap(Uint8Array.from(pcap.flatMap((part) => Array.from(part))));
  // SYN, SYN with ACK, ACK, two bytes, ACK; the guest's frames come first.
  expect(frames.map((f) => f.bytes[47]! & 0x17)).toEqual([2, 18, 16, 16, 16]);
  unplug();
  network.close();
  hub.close();
});

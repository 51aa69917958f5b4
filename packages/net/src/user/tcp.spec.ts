import { FakeClock } from '@polyvisor/testkit';
import { describe, expect, test } from 'vitest';
import { MemoryHost, userNetwork, type MemoryPeer, type UserNetworkOptions } from '../index.ts';
import { Guest } from '../../test/guest.ts';
import { toGateway, tcp } from '../../test/wire.ts';
import { addWords, fold } from '../wire/checksum.ts';

const SECOND = 1e9;
const settle = async (clock: FakeClock, seconds = 0.01): Promise<void> => {
  for (let i = 0; i < 4; i += 1) {
    await Promise.resolve();
    clock.advance((seconds * SECOND) / 4);
  }
};

function rig(options: Partial<UserNetworkOptions> = {}) {
  const clock = new FakeClock();
  const host = new MemoryHost();
  const net = userNetwork({ sockets: host, scheduler: clock, seed: 1, ...options });
  const guest = new Guest(net, { scheduler: clock, mtu: options.mtu ?? 1500 });
  const peers: MemoryPeer[] = [];
  host.serve({ host: '127.0.0.1', port: 80 }, (peer) => peers.push(peer));
  return { clock, host, net, guest, peers };
}

const pattern = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8)) & 255);

function collect(): { bytes: () => Uint8Array; take: (bytes: Uint8Array, at?: number, count?: number) => void } {
  const parts: Uint8Array[] = [];
  return {
    bytes: () => Uint8Array.from(parts.flatMap((part) => Array.from(part))),
    take: (bytes, at = 0, count = bytes.length) => void parts.push(bytes.slice(at, at + count)),
  };
}

describe('a connection of a guest', () => {
  test('reaches the host by the gateway and carries bytes both ways until both have ended', async () => {
    const { clock, guest, net, peers } = rig();
    const c = guest.connect('10.0.2.2', 80);
    await settle(clock);
    expect(c.state).toBe('open');
    const [peer] = peers;
    const up = collect();
    const down = collect();
    let ended = false;
    peer!.onData = up.take;
    peer!.onEnd = () => (ended = true);
    c.onData = down.take;
    const data = pattern(300_000);
    peer!.send(data);
    c.sendBytes(data);
    await settle(clock, 1);
    c.finish();
    await settle(clock);
    expect(ended).toBe(true);
    expect(c.gotFin).toBe(false);
    peer!.send(pattern(10));
    peer!.end();
    await settle(clock);
    expect(c.gotFin).toBe(true);
    expect(up.bytes()).toEqual(data);
    expect(down.bytes()).toEqual(Uint8Array.from([...data, ...pattern(10)]));
    expect(guest.badChecksums).toBe(0);
    expect(net.statistics).toMatchObject({ connections: 0, buffersTaken: 0 });
  });

  test('stays open for the guest after the host has ended, and ends in TIME-WAIT', async () => {
    const { clock, guest, net, peers } = rig();
    const c = guest.connect('10.0.2.2', 80);
    await settle(clock);
    const up = collect();
    peers[0]!.onData = up.take;
    peers[0]!.end();
    await settle(clock);
    expect(c.gotFin).toBe(true);
    c.sendBytes(pattern(5000));
    c.finish();
    await settle(clock);
    expect(up.bytes()).toEqual(pattern(5000));
    expect(net.statistics.connections).toBe(1);
    clock.advance(31 * SECOND);
    expect(net.statistics.connections).toBe(0);
  });

  test('is reset when the host refuses, and hears ICMP when the host finds no way', async () => {
    const { clock, guest, host, net } = rig();
    host.fail({ host: '192.0.2.1', port: 80 }, 'unreachable');
    const c = guest.connect('10.0.2.2', 81);
    const lost = guest.connect('192.0.2.1', 80);
    await settle(clock);
    expect(c.state).toBe('reset');
    expect(lost.state).toBe('syn-sent');
    const icmp = guest.frames.find((f) => f[23] === 1)!;
    expect([icmp[34], icmp[35]]).toEqual([3, 1]);
    // It quotes a whole header, with its checksum, and the ports.
    const quoted = new DataView(icmp.buffer, icmp.byteOffset + 42, 28);
    expect([fold(addWords(quoted, 0, 20, 0)), quoted.getUint16(22), icmp.length]).toEqual([0xffff, 80, 42 + 28]);
    expect(net.statistics.connections).toBe(0);
  });

  test('passes resets on, both ways', async () => {
    const { clock, guest, net, peers } = rig();
    const a = guest.connect('10.0.2.2', 80);
    const b = guest.connect('10.0.2.2', 80);
    await settle(clock);
    let reset = false;
    peers[0]!.onReset = () => (reset = true);
    a.reset();
    peers[1]!.reset();
    await settle(clock);
    expect(reset).toBe(true);
    expect(b.state).toBe('reset');
    expect(net.statistics.connections).toBe(0);
  });

  test('holds the host back while the guest\'s window is closed, probes, and goes on', async () => {
    const { clock, guest, net, peers } = rig();
    const c = guest.connect('10.0.2.2', 80);
    c.window = 0;
    await settle(clock);
    const data = pattern(3_000_000);
    peers[0]!.send(data);
    const down = collect();
    c.onData = down.take;
    await settle(clock, 200);
    expect(c.received).toBe(0);
    expect(peers[0]!.waiting).toBeGreaterThan(1_900_000);
    expect(net.statistics.connections).toBe(1);
    c.window = 100_000;
    c.update();
    await settle(clock, 20);
    expect(down.bytes()).toEqual(data);
  });

  test('closes its window while the host takes nothing', async () => {
    const { clock, guest, peers } = rig();
    const c = guest.connect('10.0.2.2', 80);
    await settle(clock);
    const up = collect();
    peers[0]!.onData = up.take;
    peers[0]!.take(false);
    const data = pattern(3_000_000);
    c.sendBytes(data);
    await settle(clock, 20);
    expect(c.acked).toBeLessThanOrEqual(2 ** 20);
    peers[0]!.take(true);
    await settle(clock, 20);
    expect(up.bytes().length).toBe(data.length);
    expect(up.bytes()).toEqual(data);
  });

  test('is one of a thousand', async () => {
    const { clock, guest, net, peers } = rig();
    const all = Array.from({ length: 1000 }, (_, i) => ({ c: guest.connect('10.0.2.2', 80), i }));
    // So many at once exceed what may be opening; the others ask again.
    for (let i = 0; i < 10; i += 1) await settle(clock, 1);
    expect(peers.length).toBe(1000);
    for (const peer of peers) peer.onData = (bytes) => peer.send(bytes);
    const down = all.map(() => collect());
    for (const { c, i } of all) {
      c.onData = down[i]!.take;
      c.sendBytes(pattern(2000 + i));
    }
    await settle(clock, 5);
    for (const [i, d] of down.entries()) expect(d.bytes()).toEqual(pattern(2000 + i));
    const more = Array.from({ length: 30 }, () => guest.connect('10.0.2.2', 80));
    await settle(clock);
    expect(more.filter((c) => c.state === 'reset').length).toBe(6);
    for (const { c } of all) c.reset();
    expect(net.statistics.connections).toBe(24);
    net.close();
    expect(net.statistics.buffersTaken).toBe(0);
  });

  test('is not answered when too many are opening', async () => {
    const { clock, guest, host, net } = rig({ limits: { opening: 10 } });
    host.hold();
    for (let i = 0; i < 50; i += 1) guest.connect('10.0.2.2', 80);
    await settle(clock);
    expect(host.connections).toBe(10);
    expect(net.statistics.connections).toBe(10);
  });

  test('from an address of the network itself is nobody\'s', async () => {
    const { clock, guest, host, net } = rig();
    guest.net.send(toGateway(tcp({ from: '10.0.2.2', fromPort: 80, to: '10.0.2.2', toPort: 80, flags: 2 })));
    guest.net.send(toGateway(tcp({ from: '10.0.2.15', fromPort: 80, to: '127.0.0.1', toPort: 80, flags: 2 })));
    guest.net.send(toGateway(tcp({ from: 'fec0::15', fromPort: 80, to: '::ffff:7f00:1', toPort: 80, flags: 2 })));
    await settle(clock);
    expect(host.connections).toBe(0);
    expect(net.statistics.connections).toBe(0);
  });

  test('works over IPv6 and with large frames', async () => {
    const { clock, guest, host } = rig({ mtu: 65520 });
    const peers: MemoryPeer[] = [];
    host.serve({ host: '::1', port: 80 }, (peer) => peers.push(peer));
    const c = guest.connect('fec0::2', 80);
    await settle(clock);
    expect(c.state).toBe('open');
    const down = collect();
    const up = collect();
    c.onData = down.take;
    peers[0]!.onData = up.take;
    const data = pattern(1_000_000);
    peers[0]!.send(data);
    c.sendBytes(data);
    await settle(clock, 1);
    expect(down.bytes()).toEqual(data);
    expect(up.bytes()).toEqual(data);
    expect(guest.badChecksums).toBe(0);
  });

  test('waits for a card without buffers', async () => {
    const { clock, guest, peers } = rig();
    const c = guest.connect('10.0.2.2', 80);
    await settle(clock);
    guest.full = true;
    const down = collect();
    c.onData = down.take;
    peers[0]!.send(pattern(100_000));
    await settle(clock);
    expect(c.received).toBe(0);
    guest.full = false;
    await settle(clock, 0.1);
    expect(down.bytes()).toEqual(pattern(100_000));
  });
});

describe('a forward from the host', () => {
  test('calls the guest, finds its card by ARP, and is closed with the rule', async () => {
    const { clock, guest, host, net } = rig({ hostForwards: [{ protocol: 'tcp', hostAddress: '127.0.0.1', hostPort: 2222, guestPort: 22 }] });
    await net.open();
    const up = collect();
    guest.onCall = (c) => (c.onData = up.take);
    const peer = host.dial({ host: '127.0.0.1', port: 2222 })!;
    const down = collect();
    let ended = false;
    peer.onData = down.take;
    peer.onEnd = () => (ended = true);
    await settle(clock);
    const [c] = [...guest.connections.values()];
    expect([c!.state, c!.remote, c!.port]).toEqual(['open', '10.0.2.2', 22]);
    peer.send(pattern(40_000));
    c!.sendBytes(pattern(50_000));
    c!.finish();
    peer.end();
    await settle(clock, 0.5);
    expect(up.bytes()).toEqual(pattern(40_000));
    expect(down.bytes()).toEqual(pattern(50_000));
    expect(ended).toBe(true);
    net.forwards[0]!.close();
    expect(host.dial({ host: '127.0.0.1', port: 2222 })).toBeUndefined();
  });

  test('resets the host\'s stream when the guest refuses or is not there', async () => {
    const { clock, host, net } = rig();
    await net.forward({ protocol: 'tcp', hostAddress: '127.0.0.1', hostPort: 2222, guestPort: 22, guestAddress: '10.0.2.77' });
    const peer = host.dial({ host: '127.0.0.1', port: 2222 })!;
    let reset = false;
    peer.onReset = () => (reset = true);
    await settle(clock, 200);
    expect(reset).toBe(true);
    expect(net.statistics.connections).toBe(0);
  });

  test('to a port that is taken is a coded error', async () => {
    const { net } = rig();
    const rule = { protocol: 'tcp', hostAddress: '127.0.0.1', hostPort: 2222, guestPort: 22 } as const;
    await net.forward(rule);
    await expect(net.forward(rule)).rejects.toMatchObject({ code: 'net/port-in-use' });
  });
});

describe('a restricted network', () => {
  test('lets nothing out but what a guest forward names', async () => {
    const { clock, guest, host, peers } = rig({
      restrict: true, guestForwards: [{ address: '10.0.2.100', port: 8080, hostAddress: '127.0.0.1', hostPort: 80 }],
    });
    const refused = [guest.connect('10.0.2.2', 80), guest.connect('192.0.2.1', 80), guest.connect('10.0.2.3', 53)];
    const allowed = guest.connect('10.0.2.100', 8080);
    await settle(clock);
    expect(refused.map((c) => c.state)).toEqual(['reset', 'reset', 'reset']);
    expect(allowed.state).toBe('open');
    expect([host.connections, peers.length]).toEqual([1, 1]);
  });
});

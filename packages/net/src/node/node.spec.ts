import dgram from 'node:dgram';
import net from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { HostSocketError, join, platformScheduler, userNetwork, VirtualSwitch } from '../index.ts';
import { nodeSockets, streamBackend } from './index.ts';
import { Guest } from '../../test/guest.ts';
import { ethernet, udp, GATEWAY_MAC, GUEST_MAC } from '../../test/wire.ts';

const closing: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const portOf = (server: net.Server): number => (server.address() as net.AddressInfo).port;
const until = async (what: () => boolean): Promise<void> => {
  while (!what()) await new Promise((resolve) => setTimeout(resolve, 2));
};

function rig() {
  const network = userNetwork({ sockets: nodeSockets() });
  closing.push(() => network.close());
  return { network, guest: new Guest(network, { scheduler: platformScheduler() }) };
}

async function listen(handle: (socket: net.Socket) => void): Promise<number> {
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    // A network that is closed resets what is left.
    socket.on('error', () => undefined);
    handle(socket);
  });
  closing.push(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return portOf(server);
}

describe('the sockets of Node', () => {
  test('carry megabytes both ways, with an end in each direction', async () => {
    const size = 5_000_000;
    let got = 0;
    const port = await listen((socket) => {
      socket.on('data', (data) => (got += data.length));
      socket.on('end', () => socket.end(new Uint8Array(size).fill(7)));
    });
    const { guest } = rig();
    const c = guest.connect('10.0.2.2', port);
    let wrong = 0;
    c.onData = (bytes, at, count) => {
      for (let i = at; i < at + count; i += 1) if (bytes[i] !== 7) wrong += 1;
    };
    c.send(size, (_at, into, from, count) => into.fill(9, from, from + count));
    c.finish();
    await until(() => c.gotFin);
    expect([got, c.received, wrong]).toEqual([size, size, 0]);
  });

  test('tell a guest of refusal and of resets', async () => {
    const port = await listen((socket) => socket.resetAndDestroy());
    const spare = net.createServer();
    await new Promise<void>((resolve) => spare.listen(0, '127.0.0.1', resolve));
    const nobody = portOf(spare);
    await new Promise((resolve) => spare.close(resolve));
    const { guest } = rig();
    const refused = guest.connect('10.0.2.2', nobody);
    const reset = guest.connect('10.0.2.2', port);
    await until(() => refused.state === 'reset' && reset.state === 'reset');
  });

  test('carry datagrams', async () => {
    const server = dgram.createSocket('udp4');
    closing.push(() => server.close());
    server.on('message', (data, from) => server.send(data, from.port, from.address));
    await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve));
    const { guest } = rig();
    guest.sendPacket(udp('10.0.2.15', 5000, '10.0.2.2', server.address().port, [1, 2, 3]));
    await until(() => guest.frames.length > 0);
    expect([...guest.frames[0]!.subarray(42, 45)]).toEqual([1, 2, 3]);
  });

  test('forward a port of the host to the guest', async () => {
    const { network, guest } = rig();
    const forward = await network.forward({ protocol: 'tcp', hostAddress: '127.0.0.1', hostPort: 0, guestPort: 22 });
    guest.onCall = (c) => {
      c.sendBytes(Uint8Array.of(83, 83, 72));
      c.finish();
    };
    const socket = net.connect(forward.hostPort, '127.0.0.1');
    let text = '';
    socket.on('data', (data) => (text += String(data)));
    await new Promise((resolve) => socket.on('close', resolve));
    expect(text).toBe('SSH');
    const taken = { protocol: 'tcp', hostAddress: '127.0.0.1', hostPort: forward.hostPort, guestPort: 23 } as const;
    await expect(network.forward(taken)).rejects.toMatchObject({ code: 'net/port-in-use', cause: expect.any(HostSocketError) as unknown });
  });

  test('know name servers as numeric addresses', () => {
    for (const { host, port } of nodeSockets().resolvers()) {
      expect(net.isIP(host)).not.toBe(0);
      expect(port).toBeGreaterThan(0);
    }
  });
});

describe('a stream', () => {
  test('carries frames between two programs as QEMU frames them', async () => {
    const listening = await streamBackend({ listen: { host: '127.0.0.1', port: 0 } });
    const raw = net.connect(listening.port!, '127.0.0.1');
    closing.push(() => listening.close(), () => raw.destroy());
    const received: number[][] = [];
    listening.attach({ receive: (frame) => received.push([...frame]) > 0, onDrained: () => undefined });
    const first = [...ethernet(GATEWAY_MAC, GUEST_MAC, 0x800, [1, 2, 3])];
    const second = [...ethernet(GATEWAY_MAC, GUEST_MAC, 0x800, [4])];
    // Cut where no frame ends.
    const bytes = Uint8Array.from([0, 0, 0, 17, ...first, 0, 0, 0, 15, ...second]);
    raw.write(bytes.subarray(0, 2));
    await until(() => listening.connected);
    raw.write(bytes.subarray(2, 23));
    raw.write(bytes.subarray(23));
    await until(() => received.length === 2);
    expect(received).toEqual([first, second]);
    const back: number[] = [];
    raw.on('data', (data: Uint8Array) => back.push(...data));
    listening.send(Uint8Array.from(first));
    await until(() => back.length === 21);
    expect(back).toEqual([0, 0, 0, 17, ...first]);
  });

  test('ends with a peer that is out of step', async () => {
    const backend = await streamBackend({ listen: { host: '127.0.0.1', port: 0 } });
    const raw = net.connect(backend.port!, '127.0.0.1');
    closing.push(() => backend.close(), () => raw.destroy());
    raw.write(Uint8Array.of(255, 255, 255, 255, 0));
    await new Promise((resolve) => raw.on('close', resolve));
    await until(() => !backend.connected);
  });

  test('is refused with a code when nobody is there', async () => {
    await expect(streamBackend({ connect: { path: '/nonexistent/socket' } })).rejects.toMatchObject({ code: 'net/cannot-connect' });
  });
});

test('a switch joins guests with a user network', async () => {
  const network = userNetwork({ sockets: nodeSockets() });
  const hub = new VirtualSwitch();
  closing.push(() => network.close(), () => hub.close());
  join(hub.port(), network);
  const port = await listen((socket) => socket.end('both'));
  const scheduler = platformScheduler();
  const one = new Guest(hub.port(), { scheduler });
  const two = new Guest(hub.port(), { scheduler, ip: '10.0.2.16', mac: [...GUEST_MAC.slice(0, 5), 9] });
  const all = [one.connect('10.0.2.2', port), two.connect('10.0.2.2', port)];
  await until(() => all.every((c) => c.gotFin));
  expect(all.map((c) => c.received)).toEqual([4, 4]);
});

import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { VsockPeer, VsockStream } from '../vsock/vsock-host.ts';
import { UnixVsock } from './unix-vsock.ts';

/** The guest's end: what came, and promises of what is to come. */
function peer() {
  const log: string[] = [];
  const waits = new Map<string, () => void>();
  const say = (what: string) => {
    log.push(what);
    waits.get(what)?.();
  };
  const ends: VsockPeer = {
    opened: () => say('opened'), ended: () => say('ended'), closed: () => say('closed'),
    consumed: (bytes) => say(`consumed ${bytes}`),
    data: (bytes) => {
      say(`data ${new TextDecoder().decode(bytes)}`);
      return true;
    },
  };
  const until = (what: string) => (log.includes(what) ? Promise.resolve() : new Promise<void>((resolve) => waits.set(what, resolve)));
  return { ends, log, until };
}

test('leads a port of the host to a Unix socket, and closes both halves', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'vsock-'));
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('data', (bytes) => socket.write(`you said ${bytes.toString()}`));
    socket.on('end', () => socket.end('bye'));
  });
  await new Promise<void>((resolve) => server.listen(join(folder, '80.sock'), resolve));
  const vsock = new UnixVsock({ folder, ports: [80, 81] });
  const { ends, log, until } = peer();
  const stream = vsock.connect(80, ends)!;
  await until('opened');
  stream.write(new TextEncoder().encode('hello'));
  await until('data you said hello');
  stream.end();
  await until('ended');
  expect(log).toEqual(expect.arrayContaining(['consumed 5', 'data bye']));
  const refused = peer();
  expect(vsock.connect(99, refused.ends)).toBeUndefined();
  vsock.connect(81, refused.ends);
  await refused.until('closed');
  vsock.close();
  server.close();
  await rm(folder, { recursive: true });
});

test('leads a Unix socket to a port of the guest', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'vsock-'));
  const vsock = new UnixVsock({ folder });
  const { ends, until } = peer();
  let stream: VsockStream | undefined;
  vsock.attach({
    connect: (port, its) => {
      stream = its;
      return port === 22 ? ends : undefined;
    },
  });
  await vsock.listen(join(folder, 'ssh'), 22);
  const client = connect(join(folder, 'ssh'));
  client.write('knock');
  await new Promise((resolve) => client.once('connect', resolve));
  await expect.poll(() => stream).toBeDefined();
  stream!.resume();
  await until('data knock');
  const answer = new Promise((resolve) => client.once('data', (bytes) => resolve(bytes.toString())));
  stream!.write(new TextEncoder().encode('come in'));
  expect(await answer).toBe('come in');
  vsock.close();
  client.destroy();
  await rm(folder, { recursive: true });
});

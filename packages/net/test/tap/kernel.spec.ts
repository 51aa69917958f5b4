import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join as pathOf } from 'node:path';
import { fileURLToPath } from 'node:url';
import { join, link, userNetwork, type Impairments } from '@polyvisor/net';
import { nodeSockets, streamBackend } from '@polyvisor/net/node';
import { describe, expect, test } from 'vitest';

const node = ['--experimental-ffi', '--disable-warning=ExperimentalWarning', '--conditions=@polyvisor/source'];
const guestProgram = fileURLToPath(new URL('guest.ts', import.meta.url));

/** Why the kernel cannot be a guest here; undefined when it can. */
function obstacle(): string | undefined {
  if (process.platform !== 'linux') return 'this is not Linux';
  if (spawnSync('ip', ['-V']).error !== undefined) return 'iproute2 is not installed';
  const probe = spawnSync('unshare', ['--net', 'ip', 'tuntap', 'add', 'dev', 'tap0', 'mode', 'tap'], { encoding: 'utf8' });
  if (probe.error !== undefined) return `unshare cannot be run: ${probe.error.message}`;
  if (probe.status !== 0) return `no TAP device in a namespace: ${probe.stderr.trim().split('\n').at(-1) ?? ''}`;
  return process.allowedNodeEnvironmentFlags.has('--experimental-ffi') ? undefined : `Node ${process.version} has no node:ffi`;
}

const why = obstacle();
if (why !== undefined) console.warn(`The kernel's own TCP is not compared: ${why}.`);

async function run(impairments: Impairments): Promise<{ code: number | null; lines: string[] }> {
  const folder = mkdtempSync(pathOf(tmpdir(), 'polyvisor-tap-'));
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  // Both loopbacks: the gateway stands for 127.0.0.1 and ::1.
  const port = await new Promise<number>((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as net.AddressInfo).port)));
  const server6 = net.createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server6.listen(port, '::1', resolve));
  const network = userNetwork({ sockets: nodeSockets() });
  const stream = await streamBackend({ listen: { path: pathOf(folder, 'tap') } });
  const cable = link(impairments);
  join(stream, cable.a);
  join(cable.b, network);
  try {
    const guest = spawn('unshare', ['--net', process.execPath, ...node, guestProgram, 'tcp', pathOf(folder, 'tap'), String(port)]);
    let output = '';
    guest.stdout.on('data', (text) => (output += String(text)));
    guest.stderr.on('data', (text) => (output += String(text)));
    const code = await new Promise<number | null>((resolve) => guest.on('close', resolve));
    return { code, lines: output.trim().split('\n') };
  } finally {
    stream.close();
    network.close();
    cable.close();
    server.close();
    server6.close();
    rmSync(folder, { recursive: true });
  }
}

describe.skipIf(why !== undefined)('with Linux as the guest', () => {
  test.each<[string, Impairments]>([
    ['a good link', {}],
    ['2 % loss, reordering and duplicates', { loss: 0.02, reorder: 0.02, duplicate: 0.02 }],
  ])('connections are right over %s', async (_name, impairments) => {
    const { code, lines } = await run(impairments);
    expect(lines.filter((line) => !line.endsWith('right'))).toEqual([]);
    expect(code).toBe(0);
    expect(lines.length).toBeGreaterThanOrEqual(5);
  });

  test('a TAP device is attached, read, written, taken away and refused as it should be', () => {
    const { status, stdout, stderr } = spawnSync('unshare', ['--net', process.execPath, ...node, guestProgram, 'tap'], { encoding: 'utf8' });
    expect(stdout.trim().split('\n').filter((line) => !line.endsWith('right'))).toEqual([]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});

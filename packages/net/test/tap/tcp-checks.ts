import net from 'node:net';
import { join } from '@polyvisor/net';
import { streamBackend, tapBackend } from '@polyvisor/net/node';
import { check, ip } from './checks.ts';

export async function tcpChecks(path: string, port: number): Promise<void> {
  const tap = await tapBackend({ ifname: 'tap0' });
  join(tap, await streamBackend({ connect: { path } }));
  ip('link', 'set', 'lo', 'up');
  ip('link', 'set', 'tap0', 'up');
  ip('addr', 'add', '10.0.2.15/24', 'dev', 'tap0');
  ip('-6', 'addr', 'add', 'fec0::15/64', 'dev', 'tap0', 'nodad');

  check('echo of one byte', await exchange('10.0.2.2', port, 1));
  check('echo of 4 MB', await exchange('10.0.2.2', port, 4_000_000));
  const twenty = await Promise.all(Array.from({ length: 20 }, (_, n) => exchange('10.0.2.2', port, 1000 * n)));
  check('twenty at once', twenty.every(Boolean));
  check('refusal', await refused('10.0.2.2', 1));
  check('echo over IPv6', await exchange('fec0::2', port, 100_000));
}

/** Sends so many bytes, ends, and expects them back. */
function exchange(host: string, port: number, size: number): Promise<boolean> {
  const data = Buffer.from(Uint8Array.from({ length: size }, (_, i) => i * 7 + (i >> 10)));
  return new Promise((resolve) => {
    const back: Uint8Array[] = [];
    const socket = net.connect({ host, port });
    socket.on('data', (chunk: Uint8Array) => back.push(chunk));
    socket.on('end', () => resolve(Buffer.concat(back).equals(data)));
    socket.on('error', () => resolve(false));
    socket.end(data);
  });
}

function refused(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port });
    socket.on('connect', () => resolve(false));
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
}

/** What guests with a network card share: their initial RAM disk, servers of the host, and clients. */
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { compile } from '../../test/compile.ts';
import { needed } from './show.ts';
import { writeInitrd, type Linux } from './linux.ts';

/** Makes the network card ready to ask for an address. */
export const LEASE_SETUP = `cat >/etc/lease <<'LEASE'
#!/bin/sh
[ "$1" = bound ] || exit 0
ifconfig $interface $ip netmask $subnet && route add default gw $router && echo "nameserver $dns" >/etc/resolv.conf
echo "$ip of $serverid"
LEASE
chmod +x /etc/lease; ifconfig lo 127.0.0.1; ifconfig eth0 up`;
/** Asks for an address. */
export const LEASE = 'udhcpc -i eth0 -n -q -s /etc/lease 2>&1 | tail -n 1';

/** The guest's echo program. */
export const echoProgram = (): string => needed(compile('echo', fileURLToPath(new URL('echo.c', import.meta.url)), 'amd64', [])).path;

/** A shell with a network card, a web server's folder `/tmp` and the echo program. */
export function networkInitrd(path: string, system: Linux, echo: string): string {
  const modules = ['virtio_pci', 'virtio_net', 'vmw_vsock_virtio_transport', 'virtio_balloon'];
  return writeInitrd(path, system, { modules, files: { 'bin/echo-server': echo }, setup: LEASE_SETUP });
}

/** A file of pseudo-random bytes, the same in each run. */
export function noise(bytes: number): Buffer {
  const words = new Uint32Array(bytes / 4);
  let x = 2463534242;
  for (let i = 0; i < words.length; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    words[i] = x;
  }
  return Buffer.from(words.buffer);
}

export const portOf = (server: Server): number => (server.address() as AddressInfo).port;

/** Serves one content by HTTP, on a port of the loopback. */
export async function serve(content: Uint8Array): Promise<Server> {
  const server = createServer((_, response) => response.writeHead(200, { 'Content-Length': content.length }).end(content));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** A port of the loopback that is free now. */
export async function freePort(): Promise<number> {
  const server = await serve(new Uint8Array());
  const port = portOf(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Opens all connections, and only then talks on each; how many got back what they sent. */
export async function echoes(port: number, count: number, bytes: number): Promise<number> {
  const sockets = await Promise.all(Array.from({ length: count }, () => opened(port)));
  const right = await Promise.all(sockets.map((socket, i) => echoed(socket, Buffer.alloc(bytes, `connection ${i} `))));
  for (const socket of sockets) socket.destroy();
  return right.filter((each) => each).length;
}

function opened(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(port, '127.0.0.1', () => { resolve(socket); }).on('error', reject);
  });
}

/** Whether what was sent comes back. */
export function echoed(socket: Socket, message: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    const got: Buffer[] = [];
    let length = 0;
    socket.on('data', (data: Buffer) => {
      got.push(data);
      length += data.length;
      if (length >= message.length) resolve(Buffer.concat(got).equals(message));
    }).on('close', () => { resolve(false); });
    socket.write(message);
  });
}

import { createServer, connect, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { VsockGuest, VsockHost, VsockPeer, VsockStream } from '../vsock/vsock-host.ts';

/** Where the guest's sockets lead. */
export interface UnixVsockOptions {
  /** The guest's connections to port P of the host go to the Unix socket `P.sock` in this folder. */
  readonly folder: string;
  /** Ports that the guest may reach; default all that have a socket. */
  readonly ports?: readonly number[];
}

/** Brings a guest's vsock streams to Unix sockets of this computer, and the other way round. */
export class UnixVsock implements VsockHost {
  readonly #options: UnixVsockOptions;
  readonly #servers = new Set<Server>();
  readonly #sockets = new Set<Socket>();
  #guest: VsockGuest | undefined;

  constructor(options: UnixVsockOptions) {
    this.#options = options;
  }

  attach(guest: VsockGuest): void {
    this.#guest = guest;
  }
  detach(): void {
    this.#guest = undefined;
    for (const socket of this.#sockets) socket.destroy();
  }

  connect(port: number, peer: VsockPeer): VsockStream | undefined {
    if (this.#options.ports?.includes(port) === false) return undefined;
    const socket = connect({ path: join(this.#options.folder, `${port}.sock`), allowHalfOpen: true });
    socket.once('connect', () => peer.opened());
    return this.#join(socket, () => peer);
  }

  /** Listens on a Unix socket whose connections go to a port of the guest. Resolves when it listens. */
  async listen(path: string, guestPort: number): Promise<void> {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => this.#toGuest(socket, guestPort));
    this.#servers.add(server);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
    });
  }

  /** Ends all connections and stops listening. */
  close(): void {
    for (const server of this.#servers) server.close();
    this.detach();
  }

  #toGuest(socket: Socket, port: number): void {
    const made: { peer: VsockPeer | undefined } = { peer: undefined };
    made.peer = this.#guest?.connect(port, this.#join(socket, () => made.peer));
    if (!made.peer) socket.destroy();
  }

  #join(socket: Socket, peer: () => VsockPeer | undefined): VsockStream {
    this.#sockets.add(socket);
    socket.on('data', (bytes: Buffer) => {
      if (peer()?.data(bytes) === false) socket.pause();
    });
    socket.once('end', () => peer()?.ended());
    socket.on('error', () => undefined);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      peer()?.closed();
    });
    return {
      write: (bytes) => {
        const copy = Uint8Array.from(bytes);
        socket.write(copy, () => peer()?.consumed(copy.length));
      },
      end: () => socket.end(),
      resume: () => socket.resume(),
      destroy: () => socket.destroy(),
    };
  }
}

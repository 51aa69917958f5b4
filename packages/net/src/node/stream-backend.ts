import net from 'node:net';
import type { NetBackend, NetCard } from '@polyvisor/core';
import { netErrors, refuse } from '../errors.ts';
import { fitsWire } from '../wire/packet.ts';
import { FrameIntake } from './frame-intake.ts';

/** Where the other program is: a Unix socket, or a TCP port. */
export type StreamEnd = { readonly path: string } | { readonly host: string; readonly port: number };

export interface StreamBackendOptions {
  /** Connects there, or waits there for one program to connect. */
  readonly connect?: StreamEnd;
  readonly listen?: StreamEnd;
  /** Largest payload in bytes, in both directions; larger frames are lost. 1500 when left out. */
  readonly mtu?: number;
}

/** Bytes on their way to the peer, beyond which the card has to wait. */
const MOST_SENDING = 2 ** 20;

export interface StreamBackend extends NetBackend {
  /** Where it listens, when it does: a port of 0 was chosen by the host. */
  readonly port: number | undefined;
  /** False before a program has connected, and after it has gone. Frames are lost then, as without a cable. */
  readonly connected: boolean;
  receiveReady(): void;
  close(): void;
}

class Stream implements StreamBackend {
  readonly mtu: number;
  port: number | undefined = undefined;
  server: net.Server | undefined = undefined;
  #socket: net.Socket | undefined = undefined;
  #wanted = false;
  readonly #intake: FrameIntake;

  constructor(mtu: number) {
    this.mtu = mtu;
    this.#intake = new FrameIntake(mtu);
  }

  get connected(): boolean {
    return this.#socket !== undefined;
  }

  use(socket: net.Socket): void {
    // One cable has one other end.
    if (this.#socket !== undefined) return void socket.destroy();
    this.#socket = socket;
    this.#intake.use(socket);
    socket.setNoDelay(true);
    socket.on('data', (chunk: Uint8Array) => this.#intake.read(chunk));
    socket.on('drain', () => this.#drained());
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#socket = undefined;
      this.#intake.use(undefined);
      this.#drained();
    });
  }

  send(frame: Uint8Array): boolean {
    const socket = this.#socket;
    if (socket === undefined || !fitsWire(frame.length, this.mtu)) return true;
    if (socket.writableLength > MOST_SENDING) {
      this.#wanted = true;
      return false;
    }
    const record = new Uint8Array(4 + frame.length);
    new DataView(record.buffer).setUint32(0, frame.length);
    record.set(frame, 4);
    socket.write(record);
    return true;
  }
  attach(card: NetCard): void {
    if (this.#intake.card !== undefined) throw refuse(netErrors['already-attached']('', { network: 'the stream' }));
    this.#intake.card = card;
  }
  detach(): void {
    this.#intake.detach();
  }
  receiveReady(): void {
    this.#intake.receiveReady();
  }
  close(): void {
    this.server?.close();
    this.#socket?.destroy();
    this.#intake.close();
  }

  #drained(): void {
    if (!this.#wanted) return;
    this.#wanted = false;
    this.#intake.card?.onDrained();
  }
}

function nameOf(end: StreamEnd): string {
  return 'path' in end ? end.path : `${end.host}:${end.port}`;
}

/**
 * Ethernet frames over a stream, each behind its length as four big-endian bytes: what QEMU speaks with
 * `-netdev stream` and `-netdev socket`, and passt with `--socket`. Resolves when connected, or listening.
 */
export function streamBackend(options: StreamBackendOptions): Promise<StreamBackend> {
  const { connect, listen } = options;
  const end = connect ?? listen;
  if (end === undefined || (connect !== undefined && listen !== undefined)) {
    const value = connect === undefined ? 'neither of both' : 'both at once';
    throw refuse(netErrors['bad-option']('', { option: 'connect, listen', value, expected: 'one of connect and listen' }));
  }
  const backend = new Stream(options.mtu ?? 1500);
  return new Promise((resolve, reject) => {
    if (connect !== undefined) {
      const socket = net.connect('path' in connect ? { path: connect.path } : { host: connect.host, port: connect.port });
      const failed = (error: Error): void => reject(refuse(netErrors['cannot-connect']('', { to: nameOf(end), why: error.message }, error)));
      socket.once('error', failed);
      socket.once('connect', () => {
        socket.off('error', failed);
        backend.use(socket);
        resolve(backend);
      });
      return;
    }
    const server = net.createServer((socket) => backend.use(socket));
    backend.server = server;
    server.once('error', (error) => reject(refuse(netErrors['cannot-connect']('', { to: nameOf(end), why: error.message }, error))));
    server.listen('path' in end ? { path: end.path } : { host: end.host, port: end.port }, () => {
      const address = server.address();
      backend.port = address !== null && typeof address === 'object' ? address.port : undefined;
      resolve(backend);
    });
  });
}

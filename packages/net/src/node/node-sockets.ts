import dgram from 'node:dgram';
import dns from 'node:dns';
import net from 'node:net';
import {
  HostSocketError, type HostAddress, type HostFailure, type HostSockets, type HostTcp, type HostTcpEvents, type HostUdp, type HostUdpEvents,
} from '../host/host-sockets.ts';

/** How much one read may bring. */
const READ = 256 * 1024;

function failureOf(error: unknown): HostFailure {
  switch ((error as { code?: string }).code) {
    case 'ECONNREFUSED': return 'refused';
    case 'EHOSTUNREACH': case 'ENETUNREACH': case 'EADDRNOTAVAIL': case 'ENETDOWN': return 'unreachable';
    case 'ETIMEDOUT': return 'timeout';
    case 'ECONNRESET': case 'EPIPE': return 'reset';
    case 'EADDRINUSE': return 'in-use';
    case 'EACCES': case 'EPERM': return 'denied';
    default: return 'other';
  }
}

/**
 * Where reads go. The operating systems but Windows are asked for bytes only when there are some, and the bytes are
 * taken at once, so one buffer serves all streams.
 */
const shared = process.platform === 'win32' ? undefined : new Uint8Array(READ);

/** A stream of Node behind the contract of `HostTcp`. */
class NodeStream implements HostTcp {
  events: HostTcpEvents;
  readonly #socket: net.Socket;
  /** What was read and not taken. */
  #left: Uint8Array | undefined = undefined;
  #over = false;

  constructor(socket: net.Socket, events: HostTcpEvents) {
    this.#socket = socket;
    this.events = events;
    socket.setNoDelay(true);
    socket.on('end', () => this.#ended());
    socket.on('error', (error) => this.#fail(failureOf(error)));
    socket.on('close', () => this.#closed());
  }

  /** Bytes were read into a buffer that will be used again. False: read no more for now. */
  offer(bytes: Uint8Array): boolean {
    if (this.#over) return true;
    const taken = this.events.data(bytes);
    if (taken === bytes.length) return true;
    this.#left = bytes.slice(taken);
    return false;
  }

  write(bytes: Uint8Array, done: () => void): void {
    this.#socket.write(bytes, (error) => {
      if (!error) done();
    });
  }
  end(): void {
    this.#socket.end();
  }
  abort(): void {
    this.#over = true;
    if (this.#socket.connecting) this.#socket.destroy();
    else this.#socket.resetAndDestroy();
  }
  resume(): void {
    const left = this.#left;
    if (left !== undefined) {
      this.#left = undefined;
      const taken = this.events.data(left);
      if (taken < left.length) {
        this.#left = left.subarray(taken);
        return;
      }
    }
    this.#socket.resume();
    if (this.#endPending) this.#ended();
  }

  #endPending = false;

  #ended(): void {
    if (this.#over) return;
    // The end comes behind what was not taken yet.
    this.#endPending = this.#left !== undefined;
    if (!this.#endPending) this.events.ended();
  }

  #fail(why: HostFailure): void {
    if (this.#over) return;
    this.#over = true;
    this.events.failed(why);
  }

  #closed(): void {
    if (this.#over) return;
    this.#over = true;
    this.events.closed();
  }
}

function connectTcp(to: HostAddress, events: HostTcpEvents): HostTcp {
  const buffer = shared ?? new Uint8Array(65536);
  const socket: net.Socket = net.connect({
    host: to.host,
    port: to.port,
    allowHalfOpen: true,
    onread: {
      buffer,
      callback: (count) => stream.offer(buffer.subarray(0, count)),
    },
  });
  const stream: NodeStream = new NodeStream(socket, events);
  socket.on('connect', () => {
    // Reading waits for `resume`.
    socket.pause();
    events.connected();
  });
  return stream;
}

const nobody: HostTcpEvents = { connected() {}, data: (bytes) => bytes.length, ended() {}, failed() {}, closed() {} };

function listenTcp(at: HostAddress, accept: (stream: HostTcp, from: HostAddress) => HostTcpEvents | undefined): ReturnType<HostSockets['listenTcp']> {
  return new Promise((resolve, reject) => {
    const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
      const stream = new NodeStream(socket, nobody);
      const events = accept(stream, { host: plain(socket.remoteAddress ?? ''), port: socket.remotePort ?? 0 });
      if (events === undefined) {
        stream.abort();
        return;
      }
      stream.events = events;
      socket.on('data', (chunk: Uint8Array) => {
        if (!stream.offer(chunk)) socket.pause();
      });
      socket.pause();
    });
    server.once('error', (error) => reject(new HostSocketError(failureOf(error), error.message, { cause: error })));
    server.listen({ host: at.host, port: at.port }, () => {
      resolve({ port: (server.address() as net.AddressInfo).port, close: () => void server.close() });
    });
  });
}

/** A socket for both families names IPv4 peers as mapped addresses. */
function plain(host: string): string {
  return host.startsWith('::ffff:') && host.includes('.') ? host.slice(7) : host;
}

function datagrams(socket: dgram.Socket, events: HostUdpEvents): HostUdp {
  let open = true;
  socket.on('message', (data, from) => {
    if (open) events.datagram(data, { host: plain(from.address), port: from.port });
  });
  // What cannot be delivered is lost, as datagrams are.
  socket.on('error', () => undefined);
  return {
    get port() {
      return socket.address().port;
    },
    send: (data, to, done) => {
      if (!open) {
        done();
        return;
      }
      socket.send(data, to.port, to.host, () => done());
    },
    close: () => {
      if (!open) return;
      open = false;
      socket.close();
    },
  };
}

function listenUdp(at: HostAddress, events: HostUdpEvents): Promise<HostUdp> {
  return new Promise((resolve, reject) => {
    const socket = dgram.createSocket(at.host.includes(':') ? 'udp6' : 'udp4');
    const failed = (error: Error): void => {
      socket.close();
      reject(new HostSocketError(failureOf(error), error.message, { cause: error }));
    };
    socket.once('error', failed);
    socket.bind(at.port, at.host, () => {
      socket.off('error', failed);
      resolve(datagrams(socket, events));
    });
  });
}

/** `1.2.3.4`, `1.2.3.4:5353`, `::1` or `[::1]:5353`, as Node lists name servers. */
function resolver(text: string): HostAddress | undefined {
  const match = /^(?:\[(.+)\]|(\d+\.\d+\.\d+\.\d+)):(\d+)$/.exec(text);
  const host = match ? (match[1] ?? match[2]!) : text;
  return net.isIP(host) === 0 ? undefined : { host, port: match ? Number(match[3]) : 53 };
}

/** How long a list of name servers is believed. */
const RESOLVERS_MS = 5000;

/** The sockets of this computer, through Node. */
export function nodeSockets(): HostSockets {
  let known: readonly HostAddress[] = [];
  let until = 0;
  return {
    connectTcp,
    listenTcp,
    listenUdp,
    udp: (family, events) => {
      const socket = dgram.createSocket(family === 4 ? 'udp4' : 'udp6');
      const made = datagrams(socket, events);
      // A flow that waits for an answer is no reason for the process to stay.
      socket.unref();
      return made;
    },
    resolvers: () => {
      const now = performance.now();
      if (now >= until) {
        until = now + RESOLVERS_MS;
        known = dns.getServers().flatMap((text) => resolver(text) ?? []);
      }
      return known;
    },
  };
}

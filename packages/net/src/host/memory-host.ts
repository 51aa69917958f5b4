import { HostSocketError, type HostAddress, type HostFailure, type HostListener, type HostSockets, type HostTcp, type HostTcpEvents, type HostUdp, type HostUdpEvents } from './host-sockets.ts';

/** The far end of a stream: what a server in memory, or a test, has in its hands. */
export interface MemoryPeer {
  /** Offers bytes; they are delivered as the network takes them, in order. */
  send(bytes: Uint8Array): void;
  end(): void;
  reset(why?: HostFailure): void;
  /** Takes no more bytes until `take(true)`: what the network writes stays under way. */
  take(on: boolean): void;
  onData: (bytes: Uint8Array) => void;
  onEnd: () => void;
  onReset: () => void;
  /** Bytes offered that the network has not taken. */
  readonly waiting: number;
}

type Serve = (peer: MemoryPeer, from: HostAddress) => void;

class Stream implements HostTcp, MemoryPeer {
  onData: (bytes: Uint8Array) => void = () => undefined;
  onEnd: () => void = () => undefined;
  onReset: () => void = () => undefined;
  events: HostTcpEvents | undefined = undefined;
  waiting = 0;
  readonly #chunks: Uint8Array[] = [];
  #reading = false;
  #ending = false;
  #ended = false;
  #taking = true;
  #held: { bytes: Uint8Array; done: () => void } | undefined = undefined;
  #endWritten = false;

  write(bytes: Uint8Array, done: () => void): void {
    if (!this.#taking) {
      this.#held = { bytes, done };
      return;
    }
    this.onData(bytes);
    done();
  }
  end(): void {
    if (this.events === undefined) return;
    // One call for both sides: the network's end is written, the peer's is offered.
    this.#endWritten = true;
    this.onEnd();
    this.#finish();
  }
  abort(): void {
    this.events = undefined;
    this.onReset();
  }
  resume(): void {
    this.#reading = true;
    this.#deliver();
  }

  send(bytes: Uint8Array): void {
    this.#chunks.push(bytes.slice());
    this.waiting += bytes.length;
    this.#deliver();
  }
  finish(): void {
    this.#ending = true;
    this.#deliver();
  }
  reset(why: HostFailure = 'reset'): void {
    const { events } = this;
    this.events = undefined;
    events?.failed(why);
  }
  take(on: boolean): void {
    this.#taking = on;
    const held = this.#held;
    if (!on || held === undefined) return;
    this.#held = undefined;
    this.onData(held.bytes);
    held.done();
  }

  #deliver(): void {
    while (this.#reading && this.events !== undefined && this.#chunks.length > 0) {
      const chunk = this.#chunks[0]!;
      this.#reading = false;
      const taken = this.events.data(chunk);
      this.waiting -= taken;
      if (taken === chunk.length) {
        this.#chunks.shift();
        this.#reading = true;
      } else this.#chunks[0] = chunk.subarray(taken);
    }
    if (this.#reading && this.#ending && !this.#ended && this.#chunks.length === 0) {
      this.#ended = true;
      this.events?.ended();
      this.#finish();
    }
  }

  #finish(): void {
    if (!this.#endWritten || !this.#ended) return;
    const { events } = this;
    this.events = undefined;
    events?.closed();
  }
}

/** The peer's own view: its `end` is not the network's. */
function peerOf(stream: Stream): MemoryPeer {
  return {
    send: (bytes) => stream.send(bytes),
    end: () => stream.finish(),
    reset: (why) => stream.reset(why),
    take: (on) => stream.take(on),
    get onData() { return stream.onData; },
    set onData(f) { stream.onData = f; },
    get onEnd() { return stream.onEnd; },
    set onEnd(f) { stream.onEnd = f; },
    get onReset() { return stream.onReset; },
    set onReset(f) { stream.onReset = f; },
    get waiting() { return stream.waiting; },
  };
}

interface Datagrams {
  readonly at: HostAddress;
  readonly events: HostUdpEvents;
}

const key = (a: HostAddress): string => `${a.host} ${a.port}`;

/**
 * A host that is nothing but memory: servers are functions. For tests, and for browsers, where a page can answer what
 * a guest asks of the network. Everything happens at once, so a run on a fake clock is repeatable.
 */
export class MemoryHost implements HostSockets {
  readonly #servers = new Map<string, Serve>();
  readonly #failures = new Map<string, HostFailure>();
  readonly #listeners = new Map<string, (stream: HostTcp, from: HostAddress) => HostTcpEvents | undefined>();
  readonly #sockets = new Map<string, Datagrams>();
  readonly #responders = new Map<string, (data: Uint8Array, from: HostAddress, answer: (data: Uint8Array) => void) => void>();
  readonly nameServers: HostAddress[] = [];
  #port = 32768;
  /** Streams made by `connectTcp`. */
  connections = 0;
  #held: (() => void)[] | undefined = undefined;

  /** A server for what guests connect to. */
  serve(at: HostAddress, accept: Serve): void {
    this.#servers.set(key(at), accept);
  }
  /** How connecting fails there; everywhere else without a server it is refused. */
  fail(at: HostAddress, why: HostFailure): void {
    this.#failures.set(key(at), why);
  }
  /** A server of datagrams. */
  respond(at: HostAddress, answer: (data: Uint8Array, from: HostAddress, answer: (data: Uint8Array) => void) => void): void {
    this.#responders.set(key(at), answer);
  }
  /** Lets connecting take until `release`. */
  hold(): void {
    this.#held ??= [];
  }
  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const go of held) go();
  }

  /** Connects to a port that the network listens on. Undefined when nobody does or the stream is refused. */
  dial(to: HostAddress, from: HostAddress = { host: '127.0.0.1', port: 50000 }): MemoryPeer | undefined {
    const stream = new Stream();
    const events = this.#listeners.get(key(to))?.(stream, from);
    stream.events = events;
    return events && peerOf(stream);
  }
  /** Sends a datagram to a socket of the network. */
  sendDatagram(data: Uint8Array, to: HostAddress, from: HostAddress): void {
    this.#sockets.get(key(to))?.events.datagram(data, from);
  }

  connectTcp(to: HostAddress, events: HostTcpEvents): HostTcp {
    const stream = new Stream();
    stream.events = events;
    this.connections += 1;
    const from = { host: '127.0.0.1', port: this.#next() };
    const go = (): void => {
      if (stream.events === undefined) return;
      const serve = this.#servers.get(key(to));
      if (serve === undefined) {
        stream.reset(this.#failures.get(key(to)) ?? 'refused');
        return;
      }
      events.connected();
      serve(peerOf(stream), from);
    };
    // Nothing may be told before the caller has its stream.
    if (this.#held !== undefined) this.#held.push(go);
    else queueMicrotask(go);
    return stream;
  }

  listenTcp(at: HostAddress, accept: (stream: HostTcp, from: HostAddress) => HostTcpEvents | undefined): Promise<HostListener> {
    const here = { host: at.host, port: at.port === 0 ? this.#next() : at.port };
    if (this.#listeners.has(key(here))) return Promise.reject(new HostSocketError('in-use', 'address already in use'));
    this.#listeners.set(key(here), accept);
    return Promise.resolve({ port: here.port, close: () => void this.#listeners.delete(key(here)) });
  }

  udp(family: 4 | 6, events: HostUdpEvents): HostUdp {
    return this.#bind({ host: family === 4 ? '127.0.0.1' : '::1', port: this.#next() }, events);
  }

  listenUdp(at: HostAddress, events: HostUdpEvents): Promise<HostUdp> {
    const here = { host: at.host, port: at.port === 0 ? this.#next() : at.port };
    if (this.#sockets.has(key(here))) return Promise.reject(new HostSocketError('in-use', 'address already in use'));
    return Promise.resolve(this.#bind(here, events));
  }

  resolvers(): readonly HostAddress[] {
    return this.nameServers;
  }

  #bind(at: HostAddress, events: HostUdpEvents): HostUdp {
    this.#sockets.set(key(at), { at, events });
    return {
      port: at.port,
      send: (data, to, done) => {
        this.#responders.get(key(to))?.(data, at, (answer) => this.#sockets.get(key(at))?.events.datagram(answer, to));
        done();
      },
      close: () => void this.#sockets.delete(key(at)),
    };
  }

  #next(): number {
    this.#port = this.#port >= 60999 ? 32768 : this.#port + 1;
    return this.#port;
  }
}

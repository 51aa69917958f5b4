import type { HostAddress, HostFailure, HostSockets, HostTcp, HostTcpEvents } from '../host/host-sockets.ts';
import { SECOND } from '../time/scheduler.ts';
import type { TimerQueue } from '../time/timer-queue.ts';
import { abort, destroy } from '../tcp/close.ts';
import { State, TcpConnection, type TcpLimits, type TcpStack } from '../tcp/connection.ts';
import { segmentArrives } from '../tcp/input.ts';
import { rememberSyn, sendSyn } from '../tcp/open.ts';
import { transmit } from '../tcp/output.ts';
import { ACK, RST, SYN, Segment, parseSegment } from '../tcp/segment.ts';
import { before } from '../tcp/sequence.ts';
import { TcpTable, flowHash } from '../tcp/table.ts';
import { tcpTimers } from '../tcp/timers.ts';
import { copyOf, type Address } from '../wire/address.ts';
import { Budget } from '../wire/byte-ring.ts';
import type { Packet } from '../wire/packet.ts';
import type { SeededRandom } from '../wire/random.ts';
import { flowSum } from './frame-writer.ts';
import type { Refusal } from './routes.ts';
import type { SegmentFrames } from './segment-frames.ts';
import { Splice, type SpliceOwner } from './splice.ts';

/** The host gets this long to connect; a guest's own patience is about two minutes. */
const CONNECT_PATIENCE = 130 * SECOND;
/** Ports from which the gateway calls guests (RFC 6335, 6: dynamic ports). */
const FIRST_PORT = 49152;

export interface TcpServiceOptions {
  readonly sockets: HostSockets;
  readonly timers: TimerQueue;
  readonly limits: TcpLimits;
  readonly connections: number;
  readonly opening: number;
  readonly buffers: number;
  readonly checksums: boolean;
  readonly random: SeededRandom;
  largest(a: Address): number;
  route(to: Address, port: number): HostAddress | Refusal;
  /** Tells the guest that a connection's destination cannot be reached. */
  unreachable(c: TcpConnection, refusal: Refusal): void;
  pump(): void;
}

/** Guests' connections: their table, their limits, and the streams of the host that they are joined with. */
export class TcpService implements TcpStack, SpliceOwner {
  readonly timers: TimerQueue;
  readonly budget: Budget;
  readonly limits: TcpLimits;
  readonly table = new TcpTable();
  refusedSyns = 0;
  frames!: SegmentFrames;
  readonly #options: TcpServiceOptions;
  readonly #segment = new Segment();
  /** Out of the table, but the host has not taken all yet. */
  readonly #draining = new Set<TcpConnection>();
  #opening = 0;
  #first: TcpConnection | undefined = undefined;
  #last: TcpConnection | undefined = undefined;
  #port = FIRST_PORT;

  constructor(options: TcpServiceOptions) {
    this.#options = options;
    this.timers = options.timers;
    this.limits = options.limits;
    this.budget = new Budget(options.buffers);
  }

  /** A packet with a TCP segment. */
  input(p: Packet): void {
    if (!p.trusted && p.sum() !== 0xffff) return;
    const s = this.#segment;
    if (!parseSegment(s, p.view, p.bytes, p.at, p.payloadEnd)) return;
    const c = this.table.find(p.source, s.sourcePort, p.destination, s.destinationPort);
    if (c === undefined) {
      this.#stranger(p, s);
      return;
    }
    if (c.state === State.TIME_WAIT && s.has(SYN) && !s.has(ACK) && before(c.rcvNxt, s.seq)) {
      // The guest uses the same port again (RFC 9293, 3.6.1).
      destroy(c);
      this.#stranger(p, s);
      return;
    }
    c.macHigh = p.macHigh;
    c.macLow = p.macLow;
    const opening = c.state < State.ESTABLISHED;
    segmentArrives(c, s);
    if (opening && c.state >= State.ESTABLISHED && c.state !== State.CLOSED) this.#opening -= 1;
  }

  /** Sends for those who want to, in turn, as long as the card takes frames. */
  sendReady(): void {
    for (let c = this.#first; c !== undefined && this.frames.open(); c = this.#first) {
      this.#first = c.nextReady;
      if (this.#first === undefined) this.#last = undefined;
      c.nextReady = undefined;
      c.queued = false;
      transmit(c, this.frames);
    }
  }

  /** A stream of the host for a guest: the gateway calls. Undefined when there are too many. */
  call(host: HostTcp, from: Address, guest: Address, guestPort: number): HostTcpEvents | undefined {
    if (!this.#room()) return undefined;
    const port = this.#freePort(guest, guestPort, from);
    if (port === undefined) return undefined;
    const { c, splice } = this.#make(guest, guestPort, from, port);
    splice.host = host;
    this.timers.after(c.life, CONNECT_PATIENCE);
    sendSyn(c);
    return splice;
  }

  /** The guest's card is known now: what waited for it goes at once. */
  cardFound(guest: Address): void {
    for (const c of this.table.all) {
      if (c.state !== State.SYN_SENT || c.guest.w3 !== guest.w3 || c.macHigh >= 0) continue;
      c.nxt = c.iss;
      this.ready(c);
    }
  }

  close(): void {
    for (const c of [...this.table.all]) {
      const { user } = c;
      abort(c);
      user.close();
    }
    for (const c of this.#draining) c.user.close();
    this.#draining.clear();
  }

  // What connections need.

  largestSegment(c: TcpConnection): number {
    return this.#options.largest(c.guest);
  }

  initialSequence(): number {
    return this.#options.random.int32();
  }

  ready(c: TcpConnection): void {
    if (c.queued || c.state === State.CLOSED) return;
    c.queued = true;
    if (this.#last === undefined) this.#first = c;
    else this.#last.nextReady = c;
    this.#last = c;
  }

  forget(c: TcpConnection): void {
    this.table.remove(c);
    this.timers.remove(c.retransmit);
    this.timers.remove(c.delayedAck);
    this.timers.remove(c.life);
    c.outgoing.release();
    if (c.user.draining) this.#draining.add(c);
    else c.incoming.release();
    this.#recount();
  }

  sendReset(c: TcpConnection, seq: number, ack: number, withAck: boolean): void {
    if (c.macHigh >= 0) this.frames.reset(c, c.guest, c.guestPort, c.remote, c.remotePort, seq, ack, withAck);
  }

  // What splices need.

  refused(c: TcpConnection, why: HostFailure): void {
    if (why === 'unreachable' || why === 'timeout') {
      this.#options.unreachable(c, 'unreachable');
      destroy(c);
    } else abort(c);
  }

  pump(): void {
    this.#options.pump();
  }

  drained(c: TcpConnection): void {
    this.#draining.delete(c);
    c.incoming.release();
  }

  /** A segment that belongs to no connection. */
  #stranger(p: Packet, s: Segment): void {
    if (s.has(RST)) return;
    if (!s.has(SYN) || s.has(ACK)) {
      this.#refuse(p, s);
      return;
    }
    if (s.sourcePort === 0 || s.destinationPort === 0) return;
    const route = this.#options.route(p.destination, s.destinationPort);
    if (typeof route === 'string' || !this.#room()) {
      this.refusedSyns += 1;
      this.#refuse(p, s);
      return;
    }
    if (this.#opening >= this.#options.opening) {
      // Not answered: an honest guest asks again.
      this.refusedSyns += 1;
      return;
    }
    const { source: a, destination: b } = p;
    const guest = copyOf(a);
    const remote = copyOf(b);
    const { c, splice } = this.#make(guest, s.sourcePort, remote, s.destinationPort);
    c.macHigh = p.macHigh;
    c.macLow = p.macLow;
    rememberSyn(c, s);
    this.timers.after(c.life, CONNECT_PATIENCE);
    splice.host = this.#options.sockets.connectTcp(route, splice);
  }

  /** RFC 9293, 3.10.7.1. */
  #refuse(p: Packet, s: Segment): void {
    const withAck = !s.has(ACK);
    const { source: a, destination: b } = p;
    this.frames.reset(p, copyOf(a), s.sourcePort, copyOf(b), s.destinationPort, withAck ? 0 : s.ack, (s.seq + s.length) | 0, withAck);
  }

  #make(guest: Address, guestPort: number, remote: Address, remotePort: number): { c: TcpConnection; splice: Splice } {
    const splice = new Splice(this);
    const hash = flowHash(guest.w3, guestPort, remote.w3, remotePort);
    const flow = { guest, guestPort, remote, remotePort, hash, addressSum: flowSum(remote, guest) };
    const c = new TcpConnection(this, splice, flow, tcpTimers);
    splice.c = c;
    this.table.add(c);
    this.#opening += 1;
    return { c, splice };
  }

  /** One that only waits for old segments gives way to a new one. */
  #room(): boolean {
    if (this.table.count + this.#draining.size < this.#options.connections) return true;
    for (const c of this.table.all) {
      if (c.state !== State.TIME_WAIT) continue;
      destroy(c);
      return true;
    }
    return false;
  }

  #freePort(guest: Address, guestPort: number, from: Address): number | undefined {
    for (let tries = 0; tries < 65536 - FIRST_PORT; tries += 1) {
      const port = this.#port;
      this.#port = port === 65535 ? FIRST_PORT : port + 1;
      if (this.table.find(guest, guestPort, from, port) === undefined) return port;
    }
    return undefined;
  }

  #recount(): void {
    let opening = 0;
    for (const c of this.table.all) if (c.state < State.ESTABLISHED) opening += 1;
    this.#opening = opening;
  }
}


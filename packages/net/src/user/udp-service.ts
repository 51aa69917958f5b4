import type { HostAddress, HostSockets, HostUdp } from '../host/host-sockets.ts';
import { SECOND } from '../time/scheduler.ts';
import { QueuedTimer, type TimerQueue } from '../time/timer-queue.ts';
import { copyOf, formatAddress, isIpv4, parseAddress, sameAddress, type Address } from '../wire/address.ts';
import { PROTO_UDP, type Packet } from '../wire/packet.ts';
import { flowSum, type FrameWriter } from './frame-writer.ts';
import type { Plan, Side } from './plan.ts';
import type { Refusal } from './routes.ts';

/** Datagrams of one flow that the host has and was not done with; more are dropped, as a full queue would. */
const MOST_SENDING = 64;
const DNS_IDLE = 10 * SECOND;
const LARGEST = 65507;

interface Flow {
  readonly key: number | string;
  readonly guest: Address;
  readonly port: number;
  readonly dns: boolean;
  macHigh: number;
  macLow: number;
  deadline: number;
  sending: number;
  socket: HostUdp;
}

export interface UdpServiceOptions {
  readonly plan: Plan;
  readonly sockets: HostSockets;
  readonly timers: TimerQueue;
  readonly frames: FrameWriter;
  readonly flows: number;
  /** ns */
  readonly idle: number;
  readonly checksums: boolean;
  readonly route: (to: Address, port: number) => HostAddress | Refusal;
  /** Tells the guest; the packet is the one at hand. */
  readonly unreachable: (p: Packet, refusal: Refusal) => void;
  readonly pump: () => void;
}

/**
 * Guests' datagrams: one socket of the host for each port of a guest, whatever it talks to (RFC 4787, REQ-1), and
 * one more for its name queries, so that their answers come from the name server's address.
 */
export class UdpService {
  readonly #options: UdpServiceOptions;
  readonly #flows = new Map<number | string, Flow>();
  readonly #sweep: QueuedTimer;
  dropped = 0;

  constructor(options: UdpServiceOptions) {
    this.#options = options;
    this.#sweep = new QueuedTimer(() => this.#expire());
  }

  get count(): number {
    return this.#flows.size;
  }

  /** A packet whose UDP header was read; `from` and `to` are its ports. */
  input(p: Packet, from: number, to: number): void {
    const { plan, route, timers, idle } = this.#options;
    const destination = copyOf(p.destination);
    const target = route(destination, to);
    if (typeof target === 'string') {
      this.#options.unreachable(p, target);
      return;
    }
    const side = p.v6 ? plan.v6 : plan.v4;
    const dns = side !== undefined && sameAddress(destination, side.dns);
    const guest = p.source;
    const key = p.v6 ? `${formatAddress(guest)} ${from} ${dns}` : ((guest.w3 >>> 0) * 65536 + from) * 2 + (dns ? 1 : 0);
    const flow = this.#flows.get(key) ?? this.#open(key, copyOf(guest), from, dns, target);
    flow.macHigh = p.macHigh;
    flow.macLow = p.macLow;
    flow.deadline = timers.now() + (dns ? Math.min(DNS_IDLE, idle) : idle);
    if (flow.sending >= MOST_SENDING) {
      this.dropped += 1;
      return;
    }
    flow.sending += 1;
    flow.socket.send(p.bytes.slice(p.at + 8, p.payloadEnd), target, () => {
      flow.sending -= 1;
    });
  }

  /** Sends a datagram to a guest. */
  deliver(macHigh: number, macLow: number, from: Address, fromPort: number, to: Address, toPort: number, data: Uint8Array): void {
    const { frames } = this.#options;
    if (data.length > LARGEST) {
      this.dropped += 1;
      return;
    }
    frames.begin(macHigh, macLow, from, to, PROTO_UDP, flowSum(from, to));
    const { view, at } = frames;
    view.setUint16(at, fromPort);
    view.setUint16(at + 2, toPort);
    view.setUint16(at + 4, 8 + data.length);
    frames.bytes.set(data, at + 8);
    frames.end(8 + data.length, 6);
  }

  close(): void {
    for (const flow of this.#flows.values()) flow.socket.close();
    this.#flows.clear();
    this.#options.timers.cancel(this.#sweep);
  }

  #open(key: number | string, guest: Address, port: number, dns: boolean, target: HostAddress): Flow {
    const { sockets, timers, flows } = this.#options;
    if (this.#flows.size >= flows) this.#evict();
    const flow: Flow = {
      key, guest, port, dns, macHigh: 0, macLow: 0, deadline: 0, sending: 0,
      socket: sockets.udp(target.host.includes(':') ? 6 : 4, { datagram: (data, from) => this.#answer(flow, data, from) }),
    };
    this.#flows.set(key, flow);
    if (!this.#sweep.armed) timers.after(this.#sweep, SECOND);
    return flow;
  }

  /** Something came for a flow: its sender, as the guest knows it. */
  #answer(flow: Flow, data: Uint8Array, from: HostAddress): void {
    const { plan, pump } = this.#options;
    if (this.#flows.get(flow.key) !== flow) return;
    const side = (isIpv4(flow.guest) ? plan.v4 : plan.v6)!;
    const source = flow.dns ? this.#nameServer(side, from) : asSeen(side, from.host);
    if (source === undefined || isIpv4(source) !== isIpv4(flow.guest)) return;
    this.deliver(flow.macHigh, flow.macLow, source, flow.dns ? 53 : from.port, flow.guest, flow.port, data);
    pump();
  }

  /** Only the host's resolver may answer in the name server's name. */
  #nameServer(side: Side, from: HostAddress): Address | undefined {
    const known = this.#options.sockets.resolvers().some((r) => r.host === from.host && r.port === from.port);
    return known ? side.dns : undefined;
  }

  #evict(): void {
    let oldest: Flow | undefined;
    for (const flow of this.#flows.values()) if (oldest === undefined || flow.deadline < oldest.deadline) oldest = flow;
    if (oldest !== undefined) this.#drop(oldest);
  }

  #drop(flow: Flow): void {
    this.#flows.delete(flow.key);
    flow.socket.close();
  }

  #expire(): void {
    const now = this.#options.timers.now();
    for (const flow of [...this.#flows.values()]) if (flow.deadline <= now) this.#drop(flow);
    if (this.#flows.size > 0) this.#options.timers.after(this.#sweep, SECOND);
  }
}

/** A host's address as the guest sees it: the host's own loopback is the gateway. */
export function asSeen(side: Side, host: string): Address | undefined {
  const address = parseAddress(host);
  if (address === undefined) return undefined;
  const loopback = isIpv4(address) ? address.w3 >>> 24 === 127 : formatAddress(address) === '::1';
  return loopback ? side.gateway : address;
}

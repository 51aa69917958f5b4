import { FrameFlag, NetOffload, Segmentation, type FrameOffload, type NetBackend, type NetCard } from '@polyvisor/core';
import { netErrors, refuse } from '../errors.ts';
import { MILLISECOND, SECOND, platformScheduler } from '../time/scheduler.ts';
import { TimerQueue } from '../time/timer-queue.ts';
import type { TcpConnection } from '../tcp/connection.ts';
import { isIpv4, type Address } from '../wire/address.ts';
import {
  ETHERTYPE_ARP, ETHERTYPE_IPV4, ETHERTYPE_IPV6, PROTO_ICMP, PROTO_ICMPV6, PROTO_TCP, PROTO_UDP, Packet,
} from '../wire/packet.ts';
import { FrameRing } from '../wire/frame-ring.ts';
import { SeededRandom, randomSeed } from '../wire/random.ts';
import { Arp } from './arp.ts';
import { CardPort } from './card-port.ts';
import { DhcpServer } from './dhcp.ts';
import { FrameWriter } from './frame-writer.ts';
import { Forwarding, type ActiveForward } from './forwarding.ts';
import type { HostForward } from './forwards.ts';
import { Icmp } from './icmp.ts';
import { Ndp } from './ndp.ts';
import { Neighbours } from './neighbours.ts';
import type { UserNetworkOptions } from './options.ts';
import { isHost, planOf, type Plan } from './plan.ts';
import { Reassembly } from './reassembly.ts';
import { isOurs, routeTo } from './routes.ts';
import { SegmentFrames } from './segment-frames.ts';
import { TcpService } from './tcp-service.ts';
import { UdpService } from './udp-service.ts';

const ECHO_REQUEST = 8;
const ECHO_REQUEST_6 = 128;
const DHCP_PORT = 67;
const INBOX_BYTES = 2 ** 20;
const INBOX_FRAMES = 512;

/** Counters since the network was made. */
export interface UserNetworkStatistics {
  readonly received: number;
  readonly receivedBytes: number;
  readonly sent: number;
  readonly sentBytes: number;
  /** Frames for the card that found no room. */
  readonly dropped: number;
  readonly connections: number;
  readonly refusedSyns: number;
  readonly flows: number;
  readonly fragmentsWaiting: number;
  /** Bytes of buffers beyond those that each connection has by right. */
  readonly buffersTaken: number;
}

/** A network of its own behind one card, joined to the host by the host's sockets: see `userNetwork`. */
export class UserNetwork implements NetBackend {
  readonly mtu: number;
  readonly offloads = NetOffload.CHECKSUM | NetOffload.TSO4 | NetOffload.TSO6 | NetOffload.ECN;
  readonly plan: Plan;
  readonly #timers: TimerQueue;
  readonly #port: CardPort;
  readonly #packet = new Packet();
  readonly #neighbours = new Neighbours();
  readonly #reassembly: Reassembly;
  readonly #arp: Arp;
  readonly #icmp: Icmp;
  readonly #ndp: Ndp | undefined;
  readonly #dhcp: DhcpServer | undefined;
  readonly #udp: UdpService;
  readonly #tcp: TcpService;
  readonly #forwarding: Forwarding;
  readonly #checksums: boolean;
  readonly #buffers: number;
  readonly #inbox = new FrameRing(INBOX_BYTES, INBOX_FRAMES);
  #full = false;
  #busy = false;
  #pumping = false;
  #closed = false;
  #received = 0;
  #receivedBytes = 0;

  constructor(options: UserNetworkOptions) {
    const plan = planOf(options);
    const { limits = {}, sockets } = options;
    this.plan = plan;
    this.mtu = plan.mtu;
    this.#checksums = options.checksums !== 'offloaded';
    this.#buffers = limits.buffers ?? 2 ** 26;
    this.#timers = new TimerQueue(options.scheduler ?? platformScheduler(), () => this.#pump());
    this.#port = new CardPort(this.#timers);
    const frames = new FrameWriter(this.#port, plan.mac, plan.mtu);
    this.#reassembly = new Reassembly(this.#timers);
    const learn = (a: Address, high: number, low: number): void => this.#learn(a, high, low);
    this.#arp = new Arp(plan, frames, learn);
    this.#icmp = new Icmp(plan, frames);
    this.#ndp = plan.v6 && new Ndp(plan, plan.v6, frames, this.#timers, learn);
    const route = (tcp: boolean) => (to: Address, port: number) => routeTo(plan, sockets, options.restrict ?? false, tcp, to, port);
    const pump = (): void => this.#pump();
    this.#udp = new UdpService({
      plan, sockets, frames, pump, timers: this.#timers, checksums: this.#checksums, flows: limits.flows ?? 512,
      idle: (limits.flowIdle ?? 60) * SECOND, route: route(false), unreachable: (p, why) => this.#icmp.error(p, why),
    });
    this.#dhcp = plan.v4 && new DhcpServer(plan, plan.v4, { hostname: options.hostname, domain: options.domain }, this.#udp, () => this.#timers.now());
    const largest = (a: Address): number => plan.mtu - (isIpv4(a) ? 40 : 60);
    this.#tcp = new TcpService({
      sockets, largest, pump, timers: this.#timers, checksums: this.#checksums, route: route(true),
      limits: {
        sendBuffer: limits.buffer ?? 2 ** 20, receiveBuffer: limits.buffer ?? 2 ** 20,
        leastTimeout: (limits.leastTimeout ?? 200) * MILLISECOND, timeWait: (limits.timeWait ?? 30) * SECOND, idle: (limits.idle ?? 7200) * SECOND,
      },
      connections: limits.connections ?? 1024, opening: limits.opening ?? 256, buffers: this.#buffers,
      random: new SeededRandom(options.seed ?? randomSeed()),
      unreachable: (c, why) => this.#icmp.connectionError(c, why),
    });
    this.#tcp.frames = new SegmentFrames(frames, (c) => this.#findCard(c), this.#checksums, largest);
    this.#forwarding = new Forwarding({
      plan, sockets, udp: this.#udp, tcp: this.#tcp, neighbours: this.#neighbours, ask: (a) => this.#ask(a), pump,
    });
  }

  /** Opens the host's ports of the forwards in the options. Throws `net/port-in-use` and its like; then none is open. */
  async open(): Promise<void> {
    try {
      for (const forward of this.plan.forwards) await this.#forwarding.add(forward);
    } catch (error) {
      this.#forwarding.close();
      throw error;
    }
  }

  /** Adds a forward while the network runs. */
  forward(rule: HostForward): Promise<ActiveForward> {
    return this.#forwarding.add(rule);
  }

  get forwards(): readonly ActiveForward[] {
    return this.#forwarding.active;
  }

  attach(card: NetCard): void {
    if (this.#port.card !== undefined) throw refuse(netErrors['already-attached']('', { network: 'the user network' }));
    this.#port.card = card;
    this.#pump();
  }

  detach(): void {
    this.#port.clear();
  }

  /** Ends every connection and closes every socket. */
  close(): void {
    if (this.#closed) return;
    this.#forwarding.close();
    this.#udp.close();
    this.#tcp.close();
    this.#ndp?.stop();
    this.#closed = true;
    this.#timers.close();
    this.#port.clear();
    this.#neighbours.clear();
    this.#packet.close();
  }

  get statistics(): UserNetworkStatistics {
    return {
      received: this.#received, receivedBytes: this.#receivedBytes,
      sent: this.#port.sent, sentBytes: this.#port.sentBytes, dropped: this.#port.dropped,
      connections: this.#tcp.table.count, refusedSyns: this.#tcp.refusedSyns, flows: this.#udp.count,
      fragmentsWaiting: this.#reassembly.waiting, buffersTaken: this.#buffers - this.#tcp.budget.left,
    };
  }

  /** The card has buffers again: what waits goes, and connections go on. */
  receiveReady(): void {
    this.#pump();
  }

  /**
   * Taken at once, unless the card sends from inside `receive`: then the frame waits until the card has returned, and
   * with too many of those false is returned.
   */
  send(frame: Uint8Array, offload?: FrameOffload): boolean {
    if (this.#closed) return true;
    if (this.#busy || this.#port.delivering) {
      const taken = this.#inbox.push(frame, offload);
      this.#full ||= !taken;
      return taken;
    }
    this.#take(frame, offload);
    this.#pump();
    return true;
  }

  #take(frame: Uint8Array, offload: FrameOffload | undefined): void {
    this.#received += 1;
    this.#receivedBytes += frame.length;
    const p = this.#packet;
    this.#busy = true;
    p.trusted = !this.#checksums || (offload !== undefined && (offload.flags & (FrameFlag.NEEDS_CHECKSUM | FrameFlag.CHECKED)) !== 0);
    const large = offload !== undefined && offload.segmentation !== Segmentation.NONE;
    if (p.open(frame) && (p.macHigh & 0x0100) === 0) this.#input(p, large);
    this.#busy = false;
  }

  /** What the card sent from inside `receive`. */
  #takeWaiting(): void {
    for (let frame = this.#inbox.peek(); frame !== undefined; frame = this.#inbox.peek()) {
      this.#take(frame, this.#inbox.peekOffload());
      this.#inbox.shift();
    }
    if (!this.#full) return;
    this.#full = false;
    this.#port.card?.onDrained();
  }

  #input(p: Packet, large: boolean): void {
    const { mac } = this.plan;
    // Ours, or a group's.
    if ((p.toHigh & 0x0100) === 0 && (p.toHigh !== mac.high || p.toLow !== mac.low)) return;
    if (p.etherType === ETHERTYPE_IPV4) this.#ipv4(p, large);
    else if (p.etherType === ETHERTYPE_ARP) this.#arp.input(p);
    else if (p.etherType === ETHERTYPE_IPV6) this.#ipv6(p, large);
  }

  #ipv4(p: Packet, large: boolean): void {
    const { v4 } = this.plan;
    if (v4 === undefined || !p.readIpv4(this.#checksums, large)) return;
    const { source, destination } = p;
    // One that has no address yet may talk to the DHCP server only.
    const configured = isHost(v4.network, source) && !isOurs(this.plan, source);
    if (!configured && source.w3 !== 0) return;
    if (p.fragment && !this.#reassembly.take(p)) return;
    const broadcast = destination.w3 === -1 || destination.w3 === (v4.network.network.w3 | ~v4.network.mask.w3)
      || destination.w3 >>> 28 === 14;
    if (!configured || broadcast) {
      if (p.protocol === PROTO_UDP) this.#datagram(p, true);
      return;
    }
    this.#routed(p);
  }

  #ipv6(p: Packet, large: boolean): void {
    const { v6 } = this.plan;
    const ndp = this.#ndp;
    if (v6 === undefined || ndp === undefined || !p.readIpv6(large)) return;
    const { source, destination } = p;
    // What is mapped or multicast is no sender.
    const unspecified = source.w0 === 0 && source.w1 === 0 && source.w2 === 0 && source.w3 === 0;
    if (!unspecified && !ndp.isGuest(source)) return;
    if (p.fragment && !this.#reassembly.take(p)) return;
    if (p.protocol === PROTO_ICMPV6 && p.payloadEnd - p.at >= 8 && p.view.getUint8(p.at) >= 133 && p.view.getUint8(p.at) <= 137) {
      if (p.sum() === 0xffff) ndp.input(p);
      return;
    }
    if (unspecified || destination.w0 >>> 24 === 0xff || isIpv4(destination)) return;
    if (p.protocol === PROTO_ICMPV6 && ndp.isOurs(destination)) {
      this.#echo(p, ECHO_REQUEST_6);
      return;
    }
    this.#routed(p);
  }

  /** A packet of a configured guest to one address. */
  #routed(p: Packet): void {
    const { protocol } = p;
    const four = !p.v6;
    if (p.hops <= 1 && !isOurs(this.plan, p.destination)) {
      this.#icmp.error(p, 'exceeded');
      return;
    }
    if (protocol === PROTO_TCP) this.#tcp.input(p);
    else if (protocol === PROTO_UDP) this.#datagram(p, false);
    else if (protocol === (four ? PROTO_ICMP : PROTO_ICMPV6)) this.#echo(p, four ? ECHO_REQUEST : ECHO_REQUEST_6);
  }

  #echo(p: Packet, request: number): void {
    const { view, at } = p;
    if (p.payloadEnd - at < 8 || view.getUint8(at) !== request || view.getUint8(at + 1) !== 0) return;
    const length = p.payloadEnd - at;
    // ICMPv6 has a pseudo header; an ICMP checksum is that of the message alone.
    if (p.v6 ? p.sum() !== 0xffff : !this.#icmp.intact(view, at, length)) return;
    if (isOurs(this.plan, p.destination) || this.#ndp?.isOurs(p.destination) === true) {
      this.#icmp.answerEcho(p);
      return;
    }
    this.#icmp.error(p, 'prohibited');
  }

  #datagram(p: Packet, broadcast: boolean): void {
    const { view, at } = p;
    if (p.payloadEnd - at < 8) return;
    const length = view.getUint16(at + 4);
    if (length < 8 || length > p.payloadEnd - at) return;
    p.payloadEnd = at + length;
    // Zero: the sender computed none, which IPv6 does not allow (RFC 8200, 8.1).
    const none = view.getUint16(at + 6) === 0;
    if (!p.trusted && (none ? p.v6 : p.sum() !== 0xffff)) return;
    const from = view.getUint16(at);
    const to = view.getUint16(at + 2);
    const { v4 } = this.plan;
    if (!p.v6 && to === DHCP_PORT && (broadcast || p.destination.w3 === v4?.gateway.w3)) return this.#dhcp?.input(p);
    if (broadcast || to === 0 || this.#forwarding.answer(p, from, to)) return;
    this.#udp.input(p, from, to);
  }

  #learn(a: Address, high: number, low: number): void {
    if ((high & 0x0100) !== 0) return;
    this.#neighbours.learn(a, high, low);
    this.#tcp.cardFound(a);
  }

  #findCard(c: TcpConnection): boolean {
    const card = this.#neighbours.find(c.guest);
    if (card === undefined) {
      this.#ask(c.guest);
      return false;
    }
    c.macHigh = card.high;
    c.macLow = card.low;
    return true;
  }

  #ask(a: Address): void {
    if (isIpv4(a)) this.#arp.ask(a);
    else this.#ndp?.ask(a);
  }

  /** Sends all that may be sent. What the card does inside is done when it is left. */
  #pump(): void {
    if (this.#pumping || this.#busy || this.#closed || this.#port.delivering) return;
    this.#pumping = true;
    do {
      this.#takeWaiting();
      this.#port.flush();
      this.#tcp.sendReady();
    } while (this.#inbox.count > 0 || this.#port.stirred());
    this.#pumping = false;
  }
}

/**
 * A network of the kind of QEMU's `-netdev user`: the guest has an address by DHCP or router advertisement, a gateway
 * (10.0.2.2, fec0::2) that is the host's loopback, and a name server (10.0.2.3, fec0::3); its connections become
 * sockets of the host. No privilege is needed. Call `open` when there are host forwards, `close` at the end.
 */
export function userNetwork(options: UserNetworkOptions): UserNetwork {
  return new UserNetwork(options);
}

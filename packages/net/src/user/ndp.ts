import { SECOND } from '../time/scheduler.ts';
import { QueuedTimer, type TimerQueue } from '../time/timer-queue.ts';
import { copyOf, addressAt, contains, parseAddress, parseCidr, sameAddress, type Address } from '../wire/address.ts';
import { PROTO_ICMPV6, type Packet } from '../wire/packet.ts';
import { flowSum, type FrameWriter } from './frame-writer.ts';
import type { Plan, Side } from './plan.ts';

const ROUTER_SOLICITATION = 133;
const NEIGHBOUR_SOLICITATION = 135;
const NEIGHBOUR_ADVERTISEMENT = 136;
/** Messages of this protocol come from the link itself (RFC 4861, 4.1). */
const HOPS = 255;
/** MaxRtrAdvInterval (RFC 4861, 6.2.1). */
const INTERVAL = 200 * SECOND;
const ROUTER_LIFETIME = 1800;
const PREFIX_LIFETIME = 86400;
const PREFERRED_LIFETIME = 14400;

const ALL_NODES = parseAddress('ff02::1')!;
const LINK_LOCAL = parseCidr('fe80::/64')!;
/** The router's link-local address, which advertisements come from. */
export const ROUTER = addressAt(LINK_LOCAL, 2);

const isUnspecified = (a: Address): boolean => a.w0 === 0 && a.w1 === 0 && a.w2 === 0 && a.w3 === 0;

/** Neighbour discovery (RFC 4861), address configuration (RFC 4862) and the name server (RFC 8106). */
export class Ndp {
  readonly #plan: Plan;
  readonly #side: Side;
  readonly #frames: FrameWriter;
  readonly #timers: TimerQueue;
  readonly #learn: (a: Address, high: number, low: number) => void;
  readonly #timer: QueuedTimer;

  constructor(plan: Plan, side: Side, frames: FrameWriter, timers: TimerQueue, learn: (a: Address, high: number, low: number) => void) {
    this.#plan = plan;
    this.#side = side;
    this.#frames = frames;
    this.#timers = timers;
    this.#learn = learn;
    this.#timer = new QueuedTimer(() => this.advertise());
  }

  isOurs(a: Address): boolean {
    return sameAddress(a, this.#side.gateway) || sameAddress(a, this.#side.dns) || sameAddress(a, ROUTER)
      || this.#plan.routes.some((route) => sameAddress(route.address, a));
  }

  /** Whether a guest may have this source address. */
  isGuest(a: Address): boolean {
    return (contains(this.#side.network, a) || contains(LINK_LOCAL, a)) && !this.isOurs(a);
  }

  stop(): void {
    this.#timers.cancel(this.#timer);
  }

  /** An ICMPv6 message of types 133–137, whose checksum is right. */
  input(p: Packet): void {
    const { view, at } = p;
    if (p.hops !== HOPS || view.getUint8(at + 1) !== 0) return;
    const type = view.getUint8(at);
    if (type === ROUTER_SOLICITATION) {
      this.advertise();
      return;
    }
    if ((type !== NEIGHBOUR_SOLICITATION && type !== NEIGHBOUR_ADVERTISEMENT) || p.payloadEnd - at < 24) return;
    const target = { w0: view.getInt32(at + 8), w1: view.getInt32(at + 12), w2: view.getInt32(at + 16), w3: view.getInt32(at + 20) };
    if (type === NEIGHBOUR_ADVERTISEMENT) {
      if (this.isGuest(target)) this.#learn(target, p.macHigh, p.macLow);
      return;
    }
    const probing = isUnspecified(p.source);
    if (!probing && this.isGuest(p.source)) this.#learn(copyOf(p.source), p.macHigh, p.macLow);
    if (!this.isOurs(target)) return;
    // One that is looking whether its address is free gets the answer by multicast (RFC 4861, 7.2.4).
    if (probing) this.#neighbour(0x3333, 1, target, ALL_NODES, 0xa0000000 | 0);
    else this.#neighbour(p.macHigh, p.macLow, target, copyOf(p.source), 0xe0000000 | 0);
  }

  /** Asks where a guest is. */
  ask(target: Address): void {
    const group = { w0: 0xff020000 | 0, w1: 0, w2: 1, w3: 0xff000000 | (target.w3 & 0xffffff) };
    const { mac } = this.#plan;
    const { view } = this.#begin(0x3333, group.w3, ROUTER, group);
    const { at } = this.#frames;
    view.setUint16(at, NEIGHBOUR_SOLICITATION << 8);
    view.setInt32(at + 4, 0);
    putAddress(view, at + 8, target);
    view.setUint16(at + 24, 0x0101);
    view.setUint16(at + 26, mac.high);
    view.setInt32(at + 28, mac.low);
    this.#frames.end(32, 2);
  }

  /** A router advertisement to everybody (RFC 4861, 4.2), now and every few minutes. */
  advertise(): void {
    this.#timers.after(this.#timer, INTERVAL);
    const { mac, mtu } = this.#plan;
    const { view } = this.#begin(0x3333, 1, ROUTER, ALL_NODES);
    const { at } = this.#frames;
    view.setUint16(at, 134 << 8);
    view.setInt32(at + 4, (64 << 24) | ROUTER_LIFETIME);
    view.setInt32(at + 8, 0);
    view.setInt32(at + 12, 0);
    view.setUint16(at + 16, 0x0101);
    view.setUint16(at + 18, mac.high);
    view.setInt32(at + 20, mac.low);
    view.setInt32(at + 24, 0x05010000);
    view.setInt32(at + 28, mtu);
    // The prefix: on link, and for address configuration.
    view.setInt32(at + 32, 0x030440c0);
    view.setInt32(at + 36, PREFIX_LIFETIME);
    view.setInt32(at + 40, PREFERRED_LIFETIME);
    view.setInt32(at + 44, 0);
    putAddress(view, at + 48, this.#side.network.network);
    // The name server (RFC 8106, 5.1).
    view.setInt32(at + 64, 0x19030000);
    view.setInt32(at + 68, ROUTER_LIFETIME);
    putAddress(view, at + 72, this.#side.dns);
    this.#frames.end(88, 2);
  }

  #neighbour(macHigh: number, macLow: number, target: Address, to: Address, flags: number): void {
    const { mac } = this.#plan;
    const { view } = this.#begin(macHigh, macLow, target, to);
    const { at } = this.#frames;
    view.setUint16(at, NEIGHBOUR_ADVERTISEMENT << 8);
    view.setInt32(at + 4, flags);
    putAddress(view, at + 8, target);
    view.setUint16(at + 24, 0x0201);
    view.setUint16(at + 26, mac.high);
    view.setInt32(at + 28, mac.low);
    this.#frames.end(32, 2);
  }

  #begin(macHigh: number, macLow: number, from: Address, to: Address): FrameWriter {
    this.#frames.begin(macHigh, macLow, from, to, PROTO_ICMPV6, flowSum(from, to), HOPS);
    return this.#frames;
  }
}

function putAddress(view: DataView, at: number, a: Address): void {
  view.setInt32(at, a.w0);
  view.setInt32(at + 4, a.w1);
  view.setInt32(at + 8, a.w2);
  view.setInt32(at + 12, a.w3);
}

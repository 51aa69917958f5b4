import { SECOND } from '../time/scheduler.ts';
import { ipv4 } from '../wire/address.ts';
import type { Packet } from '../wire/packet.ts';
import { isHost, type Plan, type Side } from './plan.ts';
import type { UdpService } from './udp-service.ts';

/** Message types (RFC 2132, 9.6). */
const DISCOVER = 1;
const OFFER = 2;
const REQUEST = 3;
const DECLINE = 4;
const ACK = 5;
const NAK = 6;
const RELEASE = 7;
const INFORM = 8;

const SERVER_PORT = 67;
const CLIENT_PORT = 68;
const COOKIE = 0x63825363;
/** Where the options begin (RFC 2131, 2). */
const OPTIONS_AT = 240;
/** What a client takes at least (RFC 2131, 2): 576 bytes of IP. */
const REPLY_LENGTH = 300;
const LEASE_SECONDS = 86400;
/** An address that a client found taken is left alone so long. */
const DECLINED = 600 * SECOND;
const MOST_LEASES = 256;
const BROADCAST = ipv4(-1);

interface Lease {
  readonly word: number;
  /** The client's card; a number below 2^48. */
  owner: number;
  until: number;
}

/** The options of a request that matter here. */
interface Request {
  type: number;
  requested: number;
  server: number;
}

/** A DHCP server (RFC 2131) for one network, with everything that a guest needs to be configured. */
export class DhcpServer {
  readonly #side: Side;
  readonly #plan: Plan;
  readonly #names: { readonly hostname: string | undefined; readonly domain: string | undefined };
  readonly #udp: UdpService;
  readonly #now: () => number;
  readonly #leases: Lease[];

  constructor(plan: Plan, side: Side, names: { hostname: string | undefined; domain: string | undefined }, udp: UdpService, now: () => number) {
    this.#plan = plan;
    this.#side = side;
    this.#names = names;
    this.#udp = udp;
    this.#now = now;
    const own = [side.gateway, side.dns, ...plan.routes.map((route) => route.address)].map((a) => a.w3);
    this.#leases = [];
    for (let word = side.first.w3; isHost(side.network, ipv4(word)) && this.#leases.length < MOST_LEASES; word = (word + 1) | 0) {
      if (!own.includes(word)) this.#leases.push({ word, owner: -1, until: 0 });
    }
  }

  /** A datagram to port 67. */
  input(p: Packet): void {
    const at = p.at + 8;
    const { view } = p;
    if (p.payloadEnd - at < OPTIONS_AT || view.getUint8(at) !== 1 || view.getInt32(at + 236) !== COOKIE) return;
    // Ethernet cards only.
    if (view.getUint8(at + 1) !== 1 || view.getUint8(at + 2) !== 6) return;
    const request = readOptions(p, at + OPTIONS_AT);
    if (request === undefined) return;
    const client = view.getUint16(at + 28) * 2 ** 32 + view.getUint32(at + 30);
    const current = view.getInt32(at + 12);
    switch (request.type) {
      case DISCOVER: {
        const lease = this.#choose(client, request.requested);
        if (lease !== undefined) this.#reply(p, at, OFFER, lease.word);
        return;
      }
      case REQUEST: {
        this.#request(p, at, client, request, current);
        return;
      }
      case DECLINE: {
        this.#free(client, request.requested, this.#now() + DECLINED);
        return;
      }
      case RELEASE: {
        this.#free(client, current, 0);
        return;
      }
      case INFORM: {
        this.#reply(p, at, ACK, 0);
        return;
      }
      default:
    }
  }

  /** RFC 2131, 4.3.2: selecting, rebooting, renewing and rebinding differ in which field names the address. */
  #request(p: Packet, at: number, client: number, request: Request, current: number): void {
    if (request.server !== 0 && request.server !== this.#side.gateway.w3) return;
    const wanted = request.requested !== 0 ? request.requested : current;
    const lease = this.#leases.find((x) => x.word === wanted);
    if (lease === undefined || !this.#mayHave(lease, client)) {
      this.#reply(p, at, NAK, 0);
      return;
    }
    for (const other of this.#leases) if (other.owner === client && other !== lease) other.owner = -1;
    lease.owner = client;
    lease.until = this.#now() + LEASE_SECONDS * SECOND;
    this.#reply(p, at, ACK, lease.word);
  }

  #mayHave(lease: Lease, client: number): boolean {
    return lease.owner === client || lease.until <= this.#now();
  }

  /** Its own one, the one it wants, a free one, and at last the one that was leased longest ago: clients are made up easily. */
  #choose(client: number, wanted: number): Lease | undefined {
    const now = this.#now();
    const oldest = (): Lease | undefined => this.#leases.reduce<Lease | undefined>(
      (best, x) => (x.owner >= 0 && (best === undefined || x.until < best.until) ? x : best), undefined);
    const lease = this.#leases.find((x) => x.owner === client)
      ?? this.#leases.find((x) => x.word === wanted && this.#mayHave(x, client))
      ?? this.#leases.find((x) => this.#mayHave(x, client)) ?? oldest();
    if (lease === undefined) return undefined;
    lease.owner = client;
    // An offer is kept for a minute.
    lease.until = Math.max(lease.until, now + 60 * SECOND);
    return lease;
  }

  #free(client: number, word: number, until: number): void {
    const lease = this.#leases.find((x) => x.word === word && x.owner === client);
    if (lease === undefined) return;
    lease.owner = -1;
    lease.until = until;
  }

  #reply(p: Packet, at: number, type: number, address: number): void {
    const reply = new Uint8Array(REPLY_LENGTH + 512);
    const view = new DataView(reply.buffer);
    view.setUint8(0, 2);
    view.setUint16(1, 0x0106);
    // Transaction, flags, the client's current address, relay and hardware address come back.
    reply.set(p.bytes.subarray(at + 4, at + 8), 4);
    reply.set(p.bytes.subarray(at + 10, at + 12), 10);
    const current = p.view.getInt32(at + 12);
    if (type === ACK) view.setInt32(12, current);
    view.setInt32(16, address);
    if (type !== NAK) view.setInt32(20, this.#side.gateway.w3);
    reply.set(p.bytes.subarray(at + 28, at + 44), 28);
    view.setInt32(236, COOKIE);
    const end = this.#options(reply, view, type, address);
    const broadcast = type === NAK || current === 0;
    const to = broadcast ? BROADCAST : ipv4(current);
    const data = reply.subarray(0, Math.max(REPLY_LENGTH, end));
    this.#udp.deliver(p.macHigh, p.macLow, this.#side.gateway, SERVER_PORT, to, CLIENT_PORT, data);
  }

  /** RFC 2132; all that this server has, whether asked for or not. Returns where they end. */
  #options(reply: Uint8Array, view: DataView, type: number, address: number): number {
    const { gateway, dns, network } = this.#side;
    let at = OPTIONS_AT;
    const bytes = (code: number, data: ArrayLike<number>): void => {
      reply[at] = code;
      reply[at + 1] = data.length;
      reply.set(data, at + 2);
      at += 2 + data.length;
    };
    const word = (code: number, value: number): void => {
      reply[at] = code;
      reply[at + 1] = 4;
      view.setInt32(at + 2, value);
      at += 6;
    };
    bytes(53, [type]);
    word(54, gateway.w3);
    if (type !== NAK) {
      if (address !== 0) word(51, LEASE_SECONDS);
      word(1, network.mask.w3);
      word(28, network.network.w3 | ~network.mask.w3);
      word(3, gateway.w3);
      word(6, dns.w3);
      bytes(26, [this.#plan.mtu >> 8, this.#plan.mtu & 0xff]);
      const { hostname, domain } = this.#names;
      const text = new TextEncoder();
      if (hostname !== undefined) bytes(12, text.encode(hostname));
      if (domain !== undefined) bytes(15, text.encode(domain));
    }
    reply[at] = 255;
    return at + 1;
  }
}

/** Undefined when an option's length does not fit, or there is no message type. */
function readOptions(p: Packet, from: number): Request | undefined {
  const request: Request = { type: 0, requested: 0, server: 0 };
  const { view, payloadEnd } = p;
  let at = from;
  while (at < payloadEnd) {
    const code = view.getUint8(at);
    if (code === 255) break;
    if (code === 0) {
      at += 1;
      continue;
    }
    if (at + 2 > payloadEnd) return undefined;
    const length = view.getUint8(at + 1);
    if (at + 2 + length > payloadEnd) return undefined;
    if (code === 53 && length === 1) request.type = view.getUint8(at + 2);
    else if (code === 50 && length === 4) request.requested = view.getInt32(at + 2);
    else if (code === 54 && length === 4) request.server = view.getInt32(at + 2);
    at += 2 + length;
  }
  return request.type === 0 ? undefined : request;
}

import type { HostAddress, HostUdp } from '../host/host-sockets.ts';
import { isIpv4, sameAddress, type Address } from '../wire/address.ts';
import type { Packet } from '../wire/packet.ts';
import type { Neighbours } from './neighbours.ts';
import type { Side } from './plan.ts';
import { asSeen, type UdpService } from './udp-service.ts';

/** Peers that a forward remembers, so that answers find them; the one that was heard longest ago gives way. */
const MOST_PEERS = 256;
const MOST_SENDING = 64;

/** Datagrams from a port of the host to a port of a guest, and the guest's answers. */
export class UdpForward {
  readonly guest: Address;
  readonly guestPort: number;
  socket: HostUdp | undefined = undefined;
  readonly #side: Side;
  readonly #udp: UdpService;
  readonly #neighbours: Neighbours;
  readonly #ask: (a: Address) => void;
  /** By the address and port that the guest sees. */
  readonly #peers = new Map<string, HostAddress>();
  #sending = 0;

  constructor(guest: Address, guestPort: number, side: Side, udp: UdpService, neighbours: Neighbours, ask: (a: Address) => void) {
    this.guest = guest;
    this.guestPort = guestPort;
    this.#side = side;
    this.#udp = udp;
    this.#neighbours = neighbours;
    this.#ask = ask;
  }

  fromHost(data: Uint8Array, from: HostAddress): void {
    const seen = asSeen(this.#side, from.host);
    if (seen === undefined || isIpv4(seen) !== isIpv4(this.guest)) return;
    const key = peerKey(seen, from.port);
    this.#peers.delete(key);
    if (this.#peers.size >= MOST_PEERS) this.#peers.delete(this.#peers.keys().next().value!);
    this.#peers.set(key, from);
    const card = this.#neighbours.find(this.guest);
    // Like a router, which drops what it does not know the way of and asks.
    if (card === undefined) this.#ask(this.guest);
    else this.#udp.deliver(card.high, card.low, seen, from.port, this.guest, this.guestPort, data);
  }

  /** True when the packet was an answer to one of the peers. */
  fromGuest(p: Packet, from: number, to: number): boolean {
    if (from !== this.guestPort || this.socket === undefined || !sameAddress(p.source, this.guest)) return false;
    const peer = this.#peers.get(peerKey(p.destination, to));
    if (peer === undefined) return false;
    if (this.#sending >= MOST_SENDING) return true;
    this.#sending += 1;
    this.socket.send(p.bytes.slice(p.at + 8, p.payloadEnd), peer, () => {
      this.#sending -= 1;
    });
    return true;
  }
}

function peerKey(a: Address, port: number): string {
  return `${a.w0},${a.w1},${a.w2},${a.w3},${port}`;
}

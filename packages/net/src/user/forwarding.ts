import { netErrors, refuse } from '../errors.ts';
import { HostSocketError, type HostSockets } from '../host/host-sockets.ts';
import { contains, formatCidr, isIpv4, parseAddress, type Address } from '../wire/address.ts';
import type { Packet } from '../wire/packet.ts';
import { formatHostForward, type HostForward } from './forwards.ts';
import type { Neighbours } from './neighbours.ts';
import type { Plan } from './plan.ts';
import type { TcpService } from './tcp-service.ts';
import { UdpForward } from './udp-forward.ts';
import { asSeen, type UdpService } from './udp-service.ts';

/** A forward whose port of the host is open. */
export interface ActiveForward {
  readonly rule: HostForward;
  /** The host's port, chosen by the host when the rule says 0. */
  readonly hostPort: number;
  /** Closes the port; connections that stand go on. */
  close(): void;
}

export interface ForwardingOptions {
  readonly plan: Plan;
  readonly sockets: HostSockets;
  readonly udp: UdpService;
  readonly tcp: TcpService;
  readonly neighbours: Neighbours;
  readonly ask: (a: Address) => void;
  readonly pump: () => void;
}

/** The host's ports that lead to guests. */
export class Forwarding {
  readonly #options: ForwardingOptions;
  readonly #active = new Set<ActiveForward>();
  readonly #datagrams = new Set<UdpForward>();
  #closed = false;

  constructor(options: ForwardingOptions) {
    this.#options = options;
  }

  get active(): readonly ActiveForward[] {
    return [...this.#active];
  }

  async add(rule: HostForward): Promise<ActiveForward> {
    const guest = this.#guest(rule);
    const text = formatHostForward(rule);
    try {
      const opened = rule.protocol === 'tcp' ? await this.#tcp(rule, guest) : await this.#udp(rule, guest);
      const active: ActiveForward = {
        rule,
        hostPort: opened.port,
        close: () => {
          this.#active.delete(active);
          opened.close();
        },
      };
      this.#active.add(active);
      if (this.#closed) active.close();
      return active;
    } catch (error) {
      const at = { rule: text, address: rule.hostAddress, port: rule.hostPort };
      const failure = error instanceof HostSocketError ? error.failure : 'other';
      if (failure === 'in-use') throw refuse(netErrors['port-in-use']('', at, error));
      if (failure === 'denied') throw refuse(netErrors['port-denied']('', at, error));
      throw refuse(netErrors['cannot-listen']('', { ...at, why: error instanceof Error ? error.message : String(error) }, error));
    }
  }

  /** True when the packet is a guest's answer to a peer of a forward. */
  answer(p: Packet, from: number, to: number): boolean {
    for (const forward of this.#datagrams) if (forward.fromGuest(p, from, to)) return true;
    return false;
  }

  close(): void {
    this.#closed = true;
    for (const active of [...this.#active]) active.close();
  }

  #guest(rule: HostForward): Address {
    const { plan } = this.#options;
    const first = (plan.v4 ?? plan.v6)?.first;
    const guest = rule.guestAddress === undefined ? first : parseAddress(rule.guestAddress);
    const text = rule.guestAddress ?? '';
    if (guest === undefined) throw refuse(netErrors['bad-address']('', { what: 'guestAddress', text }));
    const side = isIpv4(guest) ? plan.v4 : plan.v6;
    if (side === undefined || !contains(side.network, guest)) {
      throw refuse(netErrors['outside-network']('', { what: 'guestAddress', address: text, network: side ? formatCidr(side.network) : 'no network' }));
    }
    return guest;
  }

  async #tcp(rule: HostForward, guest: Address): Promise<{ port: number; close(): void }> {
    const { plan, sockets, tcp, pump } = this.#options;
    const side = (isIpv4(guest) ? plan.v4 : plan.v6)!;
    return sockets.listenTcp({ host: rule.hostAddress, port: rule.hostPort }, (stream, from) => {
      // A caller of the other family cannot be shown: the gateway calls for it.
      const seen = asSeen(side, from.host);
      const events = tcp.call(stream, seen !== undefined && isIpv4(seen) === isIpv4(guest) ? seen : side.gateway, guest, rule.guestPort);
      pump();
      return events;
    });
  }

  async #udp(rule: HostForward, guest: Address): Promise<{ port: number; close(): void }> {
    const { plan, sockets, udp, neighbours, ask, pump } = this.#options;
    const side = (isIpv4(guest) ? plan.v4 : plan.v6)!;
    const forward = new UdpForward(guest, rule.guestPort, side, udp, neighbours, ask);
    const socket = await sockets.listenUdp({ host: rule.hostAddress, port: rule.hostPort }, {
      datagram: (data, from) => {
        forward.fromHost(data, from);
        pump();
      },
    });
    forward.socket = socket;
    this.#datagrams.add(forward);
    return {
      port: socket.port,
      close: () => {
        this.#datagrams.delete(forward);
        socket.close();
      },
    };
  }
}


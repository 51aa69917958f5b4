import type { HostSockets } from '../host/host-sockets.ts';
import type { Scheduler } from '../time/scheduler.ts';
import type { GuestForward, HostForward } from './forwards.ts';

/** The IPv4 side of a user network. What is left out is QEMU's. */
export interface UserIpv4Options {
  /** `10.0.2.0/24`; a prefix of 8 … 29 bits. */
  readonly network?: string;
  /** The host, as the guest sees it: the second address of the network. */
  readonly gateway?: string;
  /** The name server: the third address. */
  readonly dns?: string;
  /** The first address that DHCP gives: the fifteenth. */
  readonly dhcpStart?: string;
}

export interface UserIpv6Options {
  /** `fec0::/64`; always 64 bits, for address configuration. */
  readonly network?: string;
  readonly gateway?: string;
  readonly dns?: string;
}

/** Bounds on what guests make a network keep. */
export interface UserLimits {
  /** Connections at once (1,024). One more gets a reset. */
  readonly connections?: number;
  /** Connections that the host has not answered yet, or the guest not completed (256). More are not answered. */
  readonly opening?: number;
  /** UDP flows at once (512). The one that was silent longest gives way. */
  readonly flows?: number;
  /** Seconds until a silent UDP flow is forgotten (60; a flow of name queries 10). */
  readonly flowIdle?: number;
  /** Bytes of all buffers of connections together, beyond 16 KiB for each direction of each (64 MiB). */
  readonly buffers?: number;
  /** Bytes of one direction of one connection, a power of two from 16 KiB to 16 MiB (1 MiB). */
  readonly buffer?: number;
  /** Seconds of silence after which a connection's peer is asked whether it lives (7,200; RFC 9293, 3.8.4). */
  readonly idle?: number;
  /** Seconds in TIME-WAIT (30: there is no long way on which a segment could wander). */
  readonly timeWait?: number;
  /** Milliseconds that a retransmission waits at least (200). */
  readonly leastTimeout?: number;
}

export interface UserNetworkOptions {
  /** The host, as far as the network may reach it. */
  readonly sockets: HostSockets;
  /** The platform's time when left out. */
  readonly scheduler?: Scheduler;
  /** Largest IP datagram in bytes, 1,280 … 65,520 (1,500). Large ones are much faster. */
  readonly mtu?: number;
  /** The gateway's card: 52:55:0a:00:02:02. */
  readonly mac?: string;
  /** `false`: no IPv4. */
  readonly ipv4?: UserIpv4Options | false;
  readonly ipv6?: UserIpv6Options | false;
  /** What DHCP tells the guest. */
  readonly hostname?: string;
  readonly domain?: string;
  /** The guest reaches neither the host nor anything beyond, but for forwards. */
  readonly restrict?: boolean;
  readonly hostForwards?: readonly HostForward[];
  readonly guestForwards?: readonly GuestForward[];
  /**
   * `full`: checksums of the guest are verified, and ours are right. `offloaded`: the card says that frames need no
   * check, as between a virtio card and its device; TCP and UDP checksums are neither verified nor computed.
   */
  readonly checksums?: 'full' | 'offloaded';
  readonly limits?: UserLimits;
  /** For sequence numbers; unpredictable when left out. */
  readonly seed?: number;
}

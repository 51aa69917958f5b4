/**
 * What a user-mode network needs of its host. The composition injects it: `@polyvisor/net/node` has the one of Node,
 * `memoryHost` is one in memory. A network reaches nothing else.
 */

/** A numeric address, never a name. */
export interface HostAddress {
  readonly host: string;
  readonly port: number;
}

/** Why the host did not do something, as far as a guest can be told. */
export type HostFailure = 'refused' | 'unreachable' | 'timeout' | 'reset' | 'in-use' | 'denied' | 'other';

/** How `listenTcp` and `openUdp` reject. */
export class HostSocketError extends Error {
  readonly failure: HostFailure;

  constructor(failure: HostFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'HostSocketError';
    this.failure = failure;
  }
}

/** What a stream tells its user. Nothing comes before the call that made the stream has returned. */
export interface HostTcpEvents {
  connected(): void;
  /**
   * Bytes came; they are the stream's again when this returns. Returns how many were taken: when not all, the stream
   * keeps the others and pauses until `resume`, when it offers them again.
   */
  data(bytes: Uint8Array): number;
  /** The peer sends no more. Writing goes on. */
  ended(): void;
  /** The stream is gone. Nothing follows. */
  failed(why: HostFailure): void;
  /** Both directions ended in order. Nothing follows. */
  closed(): void;
}

/** A stream of the host. It reads nothing until `resume` is called first. */
export interface HostTcp {
  /** The bytes stay unchanged until `done`. One write is under way at a time. */
  write(bytes: Uint8Array, done: () => void): void;
  /** Sends the end after what was written. */
  end(): void;
  /** Resets the stream. No event follows. */
  abort(): void;
  /** Reads on. */
  resume(): void;
}

export interface HostListener {
  /** The port in use, which the host chose when 0 was asked for. */
  readonly port: number;
  close(): void;
}

export interface HostUdpEvents {
  /** A datagram came; its bytes are the socket's again when this returns. */
  datagram(bytes: Uint8Array, from: HostAddress): void;
}

export interface HostUdp {
  readonly port: number;
  /** `done` is called when the bytes are the caller's again, whether the datagram left or not. */
  send(bytes: Uint8Array, to: HostAddress, done: () => void): void;
  close(): void;
}

export interface HostSockets {
  connectTcp(to: HostAddress, events: HostTcpEvents): HostTcp;
  /** `accept` returns undefined to refuse a stream, which is then reset. */
  listenTcp(at: HostAddress, accept: (stream: HostTcp, from: HostAddress) => HostTcpEvents | undefined): Promise<HostListener>;
  /** A socket that sends at once and receives from anybody. */
  udp(family: 4 | 6, events: HostUdpEvents): HostUdp;
  /** A bound socket, for forwarding. */
  listenUdp(at: HostAddress, events: HostUdpEvents): Promise<HostUdp>;
  /** The host's name servers, the preferred one first. */
  resolvers(): readonly HostAddress[];
  /** Sends an ICMP echo and tells of the answer, where the host can do that. */
  readonly echo?: (to: string, data: Uint8Array, answer: (data: Uint8Array) => void) => void;
}

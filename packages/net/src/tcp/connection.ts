import { QueuedTimer, type TimerQueue } from '../time/timer-queue.ts';
import { ByteRing, type ByteBudget } from '../wire/byte-ring.ts';
import type { Address } from '../wire/address.ts';
import { Intervals } from './intervals.ts';
import { RetransmissionTimeout } from './rto.ts';

/** The states of RFC 9293, 3.3.2. LISTEN is not one of a connection's: see `waiting`. */
export const State = Object.freeze({
  /** A SYN came in, and the host has not connected yet: nothing was answered. */
  WAITING: 0,
  SYN_SENT: 1,
  SYN_RECEIVED: 2,
  ESTABLISHED: 3,
  FIN_WAIT_1: 4,
  FIN_WAIT_2: 5,
  CLOSE_WAIT: 6,
  CLOSING: 7,
  LAST_ACK: 8,
  TIME_WAIT: 9,
  CLOSED: 10,
});

/** What a connection tells whoever uses it. */
export interface TcpUser {
  /** The handshake is complete. */
  established(c: TcpConnection): void;
  /** `c.incoming` has bytes to read. */
  received(c: TcpConnection): void;
  /** The peer sends no more; what it sent is in `c.incoming`. */
  finished(c: TcpConnection): void;
  /** There is room in `c.outgoing` again. */
  acknowledged(c: TcpConnection): void;
  /** The connection ended by a reset or because the peer is silent. It is in no table any more. */
  broken(c: TcpConnection, why: 'reset' | 'timeout'): void;
  /** Bytes of `c.incoming` are still to be read, though the connection is over. */
  readonly draining: boolean;
  /** Nobody wants the connection any more. */
  close(): void;
}

/** What connections share: time, limits, and a place in the queue of those who have something to send. */
export interface TcpStack {
  readonly timers: TimerQueue;
  readonly budget: ByteBudget;
  readonly limits: TcpLimits;
  /** The largest segment that goes into one frame, without options (RFC 9293, 3.7.1). */
  largestSegment(c: TcpConnection): number;
  /** An unpredictable first sequence number. */
  initialSequence(): number;
  /** The connection wants to send. */
  ready(c: TcpConnection): void;
  /** The connection is over: nothing may refer to it. */
  forget(c: TcpConnection): void;
  /** A segment without a connection's state: a reset. */
  sendReset(c: TcpConnection, seq: number, ack: number, withAck: boolean): void;
}

export interface TcpLimits {
  /** The largest buffer of each direction in bytes, a power of two. */
  readonly sendBuffer: number;
  readonly receiveBuffer: number;
  /** ns */
  readonly leastTimeout: number;
  readonly timeWait: number;
  /** After so long without a segment the peer is asked whether it lives (RFC 9293, 3.8.4). */
  readonly idle: number;
}

/** Both rings begin with this much. */
const FIRST_BUFFER = 16384;

/**
 * A connection: the variables of RFC 9293, 3.3.1, and what the other standards add. The behaviour is in `input.ts`,
 * `output.ts`, `acknowledge.ts` and `timers.ts`.
 */
export class TcpConnection {
  // Who talks to whom.
  readonly guest: Address;
  readonly guestPort: number;
  readonly remote: Address;
  readonly remotePort: number;
  readonly hash: number;
  /** Sums over what does not change in a pseudo header. */
  readonly addressSum: number;
  next: TcpConnection | undefined = undefined;
  macHigh = -1;
  macLow = 0;

  readonly stack: TcpStack;
  readonly user: TcpUser;
  state: number = State.WAITING;
  /** In the queue of those who want to send. */
  queued = false;
  nextReady: TcpConnection | undefined = undefined;

  // Sending.
  iss = 0;
  una = 0;
  nxt = 0;
  /** The highest `nxt` ever: a timeout takes `nxt` back. */
  max = 0;
  window = 0;
  largestWindow = 0;
  windowSeq = 0;
  windowAck = 0;
  windowShift = 0;
  mss = 536;
  /** Bytes of the largest frame since the connection began: several segments where the card takes them as one. */
  largest = 0;
  /** The user sends no more: a FIN follows the data. */
  finQueued = false;
  /** In the sequence space behind all data; meaningful once `finSent`. */
  finSent = false;
  readonly outgoing: ByteRing;

  // Congestion (RFC 5681, 6582).
  cwnd = 0;
  ssthresh = 0x3fffffff;
  duplicates = 0;
  recovering = false;
  recover = 0;
  /** The hole at `una` is to be sent again at once. */
  resend = false;

  // Receiving.
  irs = 0;
  rcvNxt = 0;
  /** The right edge of what the peer was allowed to send; never moves back. */
  rcvEdge = 0;
  rcvShift = 0;
  /** An acknowledgement is due at once. */
  ackNow = false;
  /** Data segments that were not acknowledged yet. */
  unacknowledged = 0;
  /** The peer's FIN came out of order: where it stands. */
  finKnown = false;
  finAt = 0;
  readonly incoming: ByteRing;
  readonly arrived = new Intervals();

  // Timestamps (RFC 7323).
  timestamps = false;
  recentTimestamp = 0;
  lastAckSent = 0;

  // Timers.
  readonly rto: RetransmissionTimeout;
  /** The byte whose round trip is measured, and since when; −1 when none is. */
  timedSeq = 0;
  timedAt = -1;
  retries = 0;
  /** A window probe is due. */
  probe = false;
  persisting = false;
  lastHeard = 0;
  keepAlives = 0;
  readonly retransmit: QueuedTimer;
  readonly delayedAck: QueuedTimer;
  /** TIME_WAIT, the wait for a last FIN, and idleness. */
  readonly life: QueuedTimer;

  constructor(
    stack: TcpStack,
    user: TcpUser,
    flow: { guest: Address; guestPort: number; remote: Address; remotePort: number; hash: number; addressSum: number },
    timers: { retransmit(c: TcpConnection): void; delayedAck(c: TcpConnection): void; life(c: TcpConnection): void },
  ) {
    this.stack = stack;
    this.user = user;
    this.guest = flow.guest;
    this.guestPort = flow.guestPort;
    this.remote = flow.remote;
    this.remotePort = flow.remotePort;
    this.hash = flow.hash;
    this.addressSum = flow.addressSum;
    this.outgoing = new ByteRing(FIRST_BUFFER, stack.limits.sendBuffer, stack.budget);
    this.incoming = new ByteRing(FIRST_BUFFER, stack.limits.receiveBuffer, stack.budget);
    this.rto = new RetransmissionTimeout(stack.limits.leastTimeout);
    this.retransmit = new QueuedTimer(() => timers.retransmit(this));
    this.delayedAck = new QueuedTimer(() => timers.delayedAck(this));
    this.life = new QueuedTimer(() => timers.life(this));
  }

  /** Sent and not acknowledged, in sequence space. */
  get flight(): number {
    return (this.nxt - this.una) | 0;
  }
}

import { BUFFER, MAX_PENDING, MAX_PACKET, Op, ShutdownFlag } from './registers.ts';
import type { VsockPeer, VsockStream } from './vsock-host.ts';

/** What a connection asks of its device. */
export interface ConnectionOwner {
  /** There is something to send to the guest. */
  pump(): void;
  forget(connection: Connection): void;
}

/** One stream: what waits for the guest, and the credit of both sides (§5.10.6.3). Counters run freely, modulo 2^32. */
export class Connection implements VsockPeer {
  readonly guestPort: number;
  readonly hostPort: number;
  stream: VsockStream | undefined;
  /** Told by the guest. */
  guestBuffer = 0;
  guestConsumed = 0;
  /** Bytes given to the guest, taken from it, and passed on to the host. */
  sent = 0;
  received = 0;
  passed = 0;
  /** What the guest was last told of `passed`. */
  told = 0;
  #op: number | undefined;
  #shutdown = 0;
  #guestShutdown = 0;
  #gone = false;
  #creditWanted = false;
  #stopped = false;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  readonly #owner: ConnectionOwner;

  constructor(owner: ConnectionOwner, guestPort: number, hostPort: number) {
    this.#owner = owner;
    this.guestPort = guestPort;
    this.hostPort = hostPort;
  }

  opened(): void {
    if (!this.#gone) this.say(Op.RESPONSE);
  }
  data(bytes: Uint8Array): boolean {
    if (this.#gone) return true;
    this.#pending.push(Uint8Array.from(bytes));
    this.#pendingBytes += bytes.length;
    this.#owner.pump();
    this.#stopped = this.#pendingBytes >= MAX_PENDING;
    return !this.#stopped;
  }
  consumed(bytes: number): void {
    this.passed = (this.passed + bytes) >>> 0;
    // Told when half of the buffer is free again, so that not each byte costs a packet.
    if (((this.passed - this.told) >>> 0) < BUFFER / 2) return;
    this.#creditWanted = true;
    this.#owner.pump();
  }
  ended(): void {
    this.#shutdown |= ShutdownFlag.SEND;
    this.#owner.pump();
  }
  closed(): void {
    this.#gone = true;
    this.#owner.pump();
  }

  /** An operation that goes before data. */
  say(op: number): void {
    this.#op = op;
    this.#owner.pump();
  }
  sayCredit(): void {
    this.#creditWanted = true;
    this.#owner.pump();
  }

  /** The guest shut a direction down; true when nothing is left of the connection. */
  shutDown(flags: number): boolean {
    const fresh = flags & ~this.#guestShutdown;
    this.#guestShutdown |= flags & ShutdownFlag.BOTH;
    if ((fresh & ShutdownFlag.SEND) !== 0) this.stream?.end();
    if ((fresh & ShutdownFlag.RECEIVE) !== 0) this.#drop();
    return this.#guestShutdown === ShutdownFlag.BOTH;
  }

  /** The guest may send so many bytes more. */
  accepts(bytes: number): boolean {
    return ((this.received - this.passed) >>> 0) + bytes <= BUFFER && (this.#guestShutdown & ShutdownFlag.SEND) === 0;
  }

  /** What to send next; 0 for nothing. Data waits for credit; the end waits for the data. */
  next(): number {
    if (this.#op !== undefined) return this.#op;
    if (this.#pendingBytes > 0 && this.#credit() > 0) return Op.RW;
    if (this.#pendingBytes === 0 && this.#gone) return Op.RST;
    if (this.#pendingBytes === 0 && this.#shutdown !== 0) return Op.SHUTDOWN;
    return this.#creditWanted ? Op.CREDIT_UPDATE : 0;
  }

  /** It was sent. Returns flags for SHUTDOWN. */
  done(op: number): number {
    if (op === this.#op) this.#op = undefined;
    this.#creditWanted = false;
    this.told = this.passed;
    if (op !== Op.SHUTDOWN) return 0;
    const flags = this.#shutdown;
    this.#shutdown = 0;
    return flags;
  }

  /** Takes up to `room` bytes of what waits, as far as there is credit. */
  take(into: Uint8Array, room: number): number {
    const most = Math.min(room, this.#credit(), MAX_PACKET);
    let length = 0;
    while (length < most && this.#pending.length > 0) {
      const [first] = this.#pending;
      const step = Math.min(most - length, first!.length);
      into.set(first!.subarray(0, step), length);
      if (step === first!.length) this.#pending.shift();
      else this.#pending[0] = first!.subarray(step);
      length += step;
    }
    this.#pendingBytes -= length;
    this.sent = (this.sent + length) >>> 0;
    if (this.#stopped && this.#pendingBytes < MAX_PENDING / 2) {
      this.#stopped = false;
      this.stream?.resume();
    }
    return length;
  }

  /** The guest reset it. */
  destroy(): void {
    this.#gone = true;
    this.#drop();
    this.stream?.destroy();
    this.#owner.forget(this);
  }

  #credit(): number {
    return Math.max(0, this.guestBuffer - ((this.sent - this.guestConsumed) >>> 0));
  }
  #drop(): void {
    this.#pending = [];
    this.#pendingBytes = 0;
  }
}

import type { Timer } from '@polyvisor/core';
import type { Guest } from './guest.ts';

const FIN = 1;
const SYN = 2;
const RST = 4;
const ACK = 16;
const RTO = 300e6;
const WSCALE = 7;

/** What a connection sends: `at` from the beginning of the stream. */
export type Fill = (at: number, into: Uint8Array, from: number, count: number) => void;

/**
 * A guest's connection: go-back-N, a fixed timeout, no congestion control. It shares no code and no method with the
 * package, so that both are wrong in the same way only by chance.
 */
export class GuestTcp {
  state: 'syn-sent' | 'syn-received' | 'open' | 'reset' = 'syn-sent';
  readonly guest: Guest;
  readonly port: number;
  readonly remote: string;
  readonly remotePort: number;
  onData: (bytes: Uint8Array, at: number, count: number) => void = () => undefined;
  onOpen: () => void = () => undefined;
  received = 0;
  gotFin = false;
  /** The receive window that is offered, in bytes. */
  window = 4 * 2 ** 20;
  ackEvery = 1;
  #unacked = 0;
  readonly #iss: number;
  /** Offsets into the stream of what is acknowledged, sent, and to be sent in all. */
  acked = 0;
  sent = 0;
  total = 0;
  #fill: Fill = () => undefined;
  finishing = false;
  finAcked = false;
  #peerWindow = 0;
  #peerScale = 0;
  #mss = 1460;
  #rcv = 0;
  #later = new Map<number, Uint8Array>();
  #finAt: number | undefined;
  #duplicates = 0;
  #timer: Timer;

  constructor(guest: Guest, port: number, remote: string, remotePort: number, iss: number) {
    this.guest = guest;
    this.port = port;
    this.remote = remote;
    this.remotePort = remotePort;
    this.#iss = iss;
    this.#timer = guest.scheduler.timer(() => this.#timeout());
  }

  connect(): void {
    this.#segment(this.#iss, SYN, 0, 0);
    this.#arm();
  }
  accept(seq: number, options: { mss: number; scale: number }, window: number): void {
    this.state = 'syn-received';
    this.#synchronise(seq, options, window);
    this.#segment(this.#iss, SYN | ACK, 0, 0);
    this.#arm();
  }
  /** Appends `count` bytes to the stream. */
  send(count: number, fill: Fill): void {
    this.#fill = fill;
    this.total += count;
    this.guest.wake(this);
  }
  sendBytes(bytes: Uint8Array): void {
    const start = this.total;
    this.send(bytes.length, (at, into, from, count) => into.set(bytes.subarray(at - start, at - start + count), from));
  }
  finish(): void {
    this.finishing = true;
    this.guest.wake(this);
  }
  reset(): void {
    this.#segment(this.#sndSeq(this.sent), RST | ACK, 0, 0);
    this.#over('reset');
  }
  /** Tells the peer the window as it is now. */
  update(): void {
    this.#acknowledge();
  }

  arrives(view: DataView, bytes: Uint8Array, at: number, end: number): void {
    const seq = view.getInt32(at + 4);
    const ack = view.getInt32(at + 8);
    const flags = view.getUint8(at + 13);
    const window = view.getUint16(at + 14);
    const dataAt = at + (view.getUint8(at + 12) >> 4) * 4;
    if (flags & RST) {
      this.#over('reset');
      return;
    }
    if (this.state === 'syn-sent') {
      if ((flags & (SYN | ACK)) !== (SYN | ACK)) return;
      this.#synchronise(seq, this.guest.synOptions(view, at, dataAt), window);
      this.state = 'open';
      this.#timer.cancel();
      this.#acknowledge();
      this.onOpen();
      this.push();
      return;
    }
    if (flags & SYN) {
      if (this.state === 'open') this.#acknowledge();
      return;
    }
    if (this.state === 'syn-received') {
      this.state = 'open';
      this.#timer.cancel();
      this.onOpen();
    }
    this.#acks(ack, window << this.#peerScale, dataAt === end);
    this.#text(seq, bytes, dataAt, end - dataAt, (flags & FIN) !== 0);
    this.push();
  }

  /** Sends what the peer's window lets through. */
  push(): void {
    if (this.state !== 'open') return;
    let sent = false;
    while (this.sent < this.total && this.sent - this.acked < this.#peerWindow) {
      const count = Math.min(this.#mss, this.total - this.sent, this.#peerWindow - (this.sent - this.acked));
      // Counted before: the answer may arrive inside of the call.
      const at = this.sent;
      this.sent += count;
      if (!this.#segment(this.#sndSeq(at), ACK, at, count)) {
        this.sent = at;
        this.guest.wake(this);
        return;
      }
      sent = true;
    }
    if (this.finishing && this.sent === this.total && !this.finAcked) {
      this.sent += 1;
      this.#segment(this.#sndSeq(this.total), ACK | FIN, 0, 0);
      sent = true;
    }
    if ((sent && this.acked < this.total + (this.finishing ? 1 : 0)) || (this.sent < this.total && !this.#timer.armed)) this.#arm();
  }

  #synchronise(seq: number, options: { mss: number; scale: number }, window: number): void {
    this.#rcv = (seq + 1) | 0;
    this.#mss = Math.min(options.mss, this.guest.mtu - (this.remote.includes(':') ? 60 : 40));
    this.#peerScale = Math.max(0, options.scale);
    this.#peerWindow = window;
  }

  #acks(ack: number, window: number, pure: boolean): void {
    const offset = (ack - this.#sndSeq(0)) | 0;
    const moved = offset > this.acked;
    if (offset < this.acked || offset > this.total + 1) return;
    if (moved) {
      this.#duplicates = 0;
      if (offset === this.total + 1) this.finAcked = true;
      this.acked = Math.min(offset, this.total);
      this.sent = Math.max(this.sent, offset);
      if (offset >= this.total + (this.finishing ? 1 : 0)) this.#timer.cancel();
      else this.#arm();
    } else if (pure && window === this.#peerWindow && this.sent > this.acked) {
      this.#duplicates += 1;
      if (this.#duplicates === 3) {
        const count = Math.min(this.#mss, this.total - this.acked);
        if (count > 0) this.#segment(this.#sndSeq(this.acked), ACK, this.acked, count);
      }
    }
    this.#peerWindow = window;
  }

  #text(seq: number, bytes: Uint8Array, from: number, length: number, fin: boolean): void {
    if (length === 0 && !fin) {
      // A probe asks to be answered.
      if (((seq - this.#rcv) | 0) < 0) this.#acknowledge();
      return;
    }
    const start = (seq - this.#rcv) | 0;
    if (fin) this.#finAt = (seq + length) | 0;
    if (start > 0) {
      if (this.#later.size < 1000 && start < this.window) this.#later.set(seq, bytes.slice(from, from + length));
      this.#acknowledge();
      return;
    }
    // Beyond what was offered nothing is taken.
    const fits = Math.min(length, this.window - start);
    if (fits < length && this.#finAt === ((seq + length) | 0)) this.#finAt = undefined;
    if (fits + start > 0) this.#take(bytes, from - start, fits + start);
    for (let again = this.#later.size > 0; again;) {
      again = false;
      for (const [at, piece] of this.#later) {
        const skip = (this.#rcv - at) | 0;
        if (skip < 0) continue;
        this.#later.delete(at);
        if (skip < piece.length) this.#take(piece, skip, piece.length - skip);
        again = true;
      }
    }
    if (this.#finAt === this.#rcv && !this.gotFin) {
      this.gotFin = true;
      this.#rcv = (this.#rcv + 1) | 0;
      this.#acknowledge();
      return;
    }
    this.#unacked += 1;
    if (this.#unacked >= this.ackEvery || this.#later.size > 0 || start < 0 || fits < length) this.#acknowledge();
  }

  #take(bytes: Uint8Array, at: number, count: number): void {
    this.#rcv = (this.#rcv + count) | 0;
    this.received += count;
    this.onData(bytes, at, count);
  }

  #acknowledge(): void {
    this.#unacked = 0;
    this.#segment(this.#sndSeq(this.sent), ACK, 0, 0);
  }

  #sndSeq(offset: number): number {
    return (this.#iss + 1 + offset) | 0;
  }

  #segment(seq: number, flags: number, at: number, count: number): boolean {
    const window = Math.min(65535, (flags & SYN) !== 0 ? this.window : this.window >> WSCALE);
    return this.guest.sendTcp(this, seq, (flags & ACK) !== 0 ? this.#rcv : 0, flags, window, (flags & SYN) !== 0 ? WSCALE : -1,
      count, (into, from) => this.#fill(at, into, from, count));
  }

  #arm(): void {
    this.#timer.arm(this.guest.scheduler.now() + RTO);
  }

  #timeout(): void {
    if (this.state === 'reset') return;
    if (this.state === 'syn-sent') this.connect();
    else if (this.state === 'syn-received') this.#segment(this.#iss, SYN | ACK, 0, 0);
    else {
      const whole = this.total + (this.finishing ? 1 : 0);
      if (this.acked >= whole || this.finAcked) return;
      if (this.#peerWindow === 0 && this.acked < this.total) this.#segment(this.#sndSeq(this.acked), ACK, this.acked, 1);
      this.sent = this.acked;
      this.push();
    }
    this.#arm();
  }

  #over(state: 'reset'): void {
    this.state = state;
    this.#timer.cancel();
  }
}

import { State, type TcpConnection } from './connection.ts';
import { offeredEdge } from './receive.ts';
import { ACK, FIN, PSH, SYN } from './segment.ts';
import { before } from './sequence.ts';

/** What puts a segment into a frame. */
export interface SegmentWriter {
  /** Whether the card takes another frame. */
  open(): boolean;
  /** So many bytes may go in one frame: a segment's, or a multiple where the card takes several segments as one. */
  most(c: TcpConnection): number;
  /** `length` bytes from `offset` of what is outgoing, at `seq`. */
  send(c: TcpConnection, seq: number, flags: number, offset: number, length: number): void;
}

/** So many segments in a row, then another connection has its turn. */
const TURN = 64;

/** Sends what may be sent. What is left to be sent brings the connection back into the queue. */
export function transmit(c: TcpConnection, out: SegmentWriter): void {
  if (c.state === State.WAITING || c.state === State.CLOSED) return;
  if (!out.open()) {
    c.stack.ready(c);
    return;
  }
  if (c.state === State.SYN_SENT || c.state === State.SYN_RECEIVED) {
    sendSyn(c, out);
    return;
  }
  if (c.resend) resendHole(c, out);
  if (c.probe) sendProbe(c, out);
  let turn = TURN;
  for (; turn > 0 && out.open(); turn -= 1) if (!sendNext(c, out)) break;
  if (turn === 0 || !out.open()) c.stack.ready(c);
  if (c.ackNow && out.open()) send(c, out, c.nxt, ACK, 0, 0);
}

function sendSyn(c: TcpConnection, out: SegmentWriter): void {
  if (c.nxt !== c.iss) return;
  send(c, out, c.iss, c.state === State.SYN_SENT ? SYN : SYN | ACK, 0, 0);
  c.nxt = (c.iss + 1) | 0;
  c.max = c.nxt;
  c.stack.timers.after(c.retransmit, c.rto.value);
}

/** The next segment in order. False when nothing may go. */
function sendNext(c: TcpConnection, out: SegmentWriter): boolean {
  const { timers } = c.stack;
  const offset = c.flight;
  const queued = c.outgoing.length - offset;
  // Behind a FIN that was sent.
  if (queued < 0) return false;
  // RFC 3042: the first duplicates may each send one segment more.
  const cwnd = c.recovering ? c.cwnd : c.cwnd + Math.min(2, c.duplicates) * c.mss;
  const usable = Math.min(c.window, cwnd) - offset;
  let length = Math.max(0, Math.min(queued, usable, out.most(c)));
  // A frame that stands for several has no short segment in the middle of the stream.
  if (length > c.mss && length < queued) length -= length % c.mss;
  const fin = c.finQueued && length === queued && usable > length;
  if (length === 0 && !fin) {
    if (offset === 0 && (queued > 0 || c.finQueued) && c.window === 0) persist(c);
    return false;
  }
  // No small segments when the window is the reason (RFC 9293, 3.8.6.2.1), unless nothing else would open it.
  if (length < c.mss && length < queued && offset > 0 && length < c.largestWindow >> 1) return false;
  if (c.timedAt < 0 && c.nxt === c.max) {
    c.timedAt = timers.now();
    c.timedSeq = c.nxt;
  }
  send(c, out, c.nxt, ACK | (length === queued && length > 0 ? PSH : 0) | (fin ? FIN : 0), offset, length);
  if (fin) c.finSent = true;
  if (length > c.largest) c.largest = length;
  c.nxt = (c.nxt + length + (fin ? 1 : 0)) | 0;
  if (before(c.max, c.nxt)) c.max = c.nxt;
  if (!c.retransmit.armed) timers.after(c.retransmit, c.rto.value);
  return true;
}

/** The window is closed and nothing is under way: probes ask for it (RFC 9293, 3.8.6.1). */
function persist(c: TcpConnection): void {
  if (c.persisting) return;
  c.persisting = true;
  c.retries = 0;
  c.stack.timers.after(c.retransmit, c.rto.value);
}

function resendHole(c: TcpConnection, out: SegmentWriter): void {
  c.resend = false;
  if (c.una === c.max) return;
  const length = Math.min(c.mss, c.outgoing.length);
  const fin = c.finSent && length === c.outgoing.length;
  if (length > 0 || fin) send(c, out, c.una, ACK | (fin ? FIN : 0), 0, length);
}

/** One byte beyond the window, or, when nothing is left to send, a segment that must be answered. */
function sendProbe(c: TcpConnection, out: SegmentWriter): void {
  c.probe = false;
  if (!c.persisting) {
    send(c, out, (c.una - 1) | 0, ACK, 0, 0);
    return;
  }
  const length = Math.min(1, c.outgoing.length);
  const fin = length === 0 && c.finQueued;
  if (length === 0 && !fin) {
    c.persisting = false;
    return;
  }
  send(c, out, c.una, ACK | (fin ? FIN : 0), 0, length);
  const end = (c.una + 1) | 0;
  if (fin) c.finSent = true;
  if (before(c.max, end)) c.max = end;
  c.stack.timers.after(c.retransmit, c.rto.value);
}

function send(c: TcpConnection, out: SegmentWriter, seq: number, flags: number, offset: number, length: number): void {
  if ((flags & ACK) !== 0 && (flags & SYN) === 0) moveEdge(c);
  out.send(c, seq, flags, offset, length);
  c.ackNow = false;
  c.unacknowledged = 0;
  c.lastAckSent = c.rcvNxt;
  c.stack.timers.cancel(c.delayedAck);
}

/** The right edge moves by a useful amount or not at all, and never back (RFC 9293, 3.8.6.2.2). */
function moveEdge(c: TcpConnection): void {
  const edge = offeredEdge(c);
  if (((edge - c.rcvEdge) | 0) >= Math.min(c.mss, c.incoming.most >> 1)) c.rcvEdge = edge;
}

import { MILLISECOND } from '../time/scheduler.ts';
import { enterTimeWait } from './acknowledge.ts';
import { State, type TcpConnection } from './connection.ts';
import { FIN, type Segment } from './segment.ts';

/** RFC 9293, 3.8.6.3 asks for less than 500 ms; for every second segment at least. */
const ACK_DELAY = 40 * MILLISECOND;
const ACK_EVERY = 2;

/** The data and the FIN of an acceptable segment (RFC 9293, 3.10.7.4, seventh and eighth). */
export function takeText(c: TcpConnection, s: Segment): void {
  if (c.state > State.FIN_WAIT_2 || (c.finKnown && c.rcvNxt === ((c.finAt + 1) | 0))) {
    // Behind the peer's FIN there is nothing but repetitions.
    acknowledgeNow(c);
    return;
  }
  let { seq } = s;
  let at = s.dataAt;
  let length = s.dataLength;
  let fin = (s.flags & FIN) !== 0;
  const known = (c.rcvNxt - seq) | 0;
  if (known > 0) {
    seq = c.rcvNxt;
    at += known;
    length -= known;
  }
  const beyond = (seq + length - c.rcvEdge) | 0;
  if (beyond > 0) {
    length -= beyond;
    fin = false;
  }
  if (length > 0) {
    const offset = c.incoming.length + ((seq - c.rcvNxt) | 0);
    if (offset + length > c.incoming.capacity) {
      const room = c.incoming.reserveUpTo(offset + length) - offset;
      if (room < length) {
        length = room;
        fin = false;
      }
      if (room <= 0) {
        acknowledgeNow(c);
        return;
      }
    }
    c.incoming.place(offset, s.bytes, at, length);
  }
  if (length < 0 || (length === 0 && !fin)) {
    acknowledgeNow(c);
    return;
  }
  if (fin && !c.finKnown) {
    c.finKnown = true;
    c.finAt = (seq + length) | 0;
  }
  if (length > 0) {
    if (seq === c.rcvNxt) inOrder(c, (seq + length) | 0, length);
    else {
      // What cannot be remembered is not in the ring either, as far as anybody knows.
      c.arrived.add(seq, (seq + length) | 0);
      acknowledgeNow(c);
    }
  }
  if (c.finKnown && c.rcvNxt === c.finAt) peerFin(c);
  else if (c.incoming.length > 0) c.user.received(c);
}

function inOrder(c: TcpConnection, end: number, length: number): void {
  let next = end;
  if (c.arrived.count > 0) {
    next = c.arrived.advance(end);
    c.ackNow = true;
  }
  c.incoming.extend((next - c.rcvNxt) | 0);
  c.rcvNxt = next;
  c.unacknowledged += length > c.mss ? ACK_EVERY : 1;
  if (c.unacknowledged >= ACK_EVERY) c.ackNow = true;
  if (c.ackNow) c.stack.ready(c);
  else if (!c.delayedAck.armed) c.stack.timers.after(c.delayedAck, ACK_DELAY);
}

function peerFin(c: TcpConnection): void {
  c.rcvNxt = (c.rcvNxt + 1) | 0;
  acknowledgeNow(c);
  if (c.state === State.ESTABLISHED) c.state = State.CLOSE_WAIT;
  else if (c.state === State.FIN_WAIT_1) c.state = State.CLOSING;
  else if (c.state === State.FIN_WAIT_2) enterTimeWait(c);
  c.user.finished(c);
}

export function acknowledgeNow(c: TcpConnection): void {
  c.ackNow = true;
  c.stack.ready(c);
}

/** What the peer may send up to, as the reader stands now; what the header's field can say is the limit. */
export function offeredEdge(c: TcpConnection): number {
  const room = Math.min(c.incoming.most - c.incoming.length, 0xffff << c.rcvShift);
  return (c.rcvNxt + Math.max(0, room)) | 0;
}

/** The reader took bytes: the peer is told when that opens the window by much (RFC 9293, 3.8.6.2.2). */
export function windowOpened(c: TcpConnection): void {
  if (c.state < State.ESTABLISHED || c.state > State.FIN_WAIT_2) return;
  const gain = (offeredEdge(c) - c.rcvEdge) | 0;
  const left = (c.rcvEdge - c.rcvNxt) | 0;
  if (gain >= c.incoming.most >> 2 || (left < 2 * c.mss && gain >= Math.min(c.mss, c.incoming.most >> 1))) acknowledgeNow(c);
}

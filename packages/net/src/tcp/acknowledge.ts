import { MILLISECOND } from '../time/scheduler.ts';
import { State, type TcpConnection } from './connection.ts';
import { FIN, SYN, type Segment } from './segment.ts';
import { before, notAfter } from './sequence.ts';

/** Three duplicates mean a loss (RFC 5681, 3.2). */
const DUPLICATES = 3;

/** The clock of the timestamp option: milliseconds (RFC 7323, 5.4). */
export function timestampNow(c: TcpConnection): number {
  return Math.floor(c.stack.timers.now() / MILLISECOND) | 0;
}

/** The ACK field and the window of an acceptable segment (RFC 9293, 3.10.7.4, fifth). False: the segment is dropped. */
export function acknowledge(c: TcpConnection, s: Segment): boolean {
  const { ack } = s;
  if (before(c.max, ack)) {
    c.ackNow = true;
    c.stack.ready(c);
    return false;
  }
  const window = s.window << c.windowShift;
  if (before(c.una, ack)) advance(c, s);
  else if (ack === c.una && s.dataLength === 0 && window === c.window && c.una !== c.max && (s.flags & (SYN | FIN)) === 0) duplicate(c);
  if (before(c.windowSeq, s.seq) || (c.windowSeq === s.seq && notAfter(c.windowAck, ack))) updateWindow(c, s, window);
  return true;
}

export function updateWindow(c: TcpConnection, s: Segment, window: number): void {
  c.windowSeq = s.seq;
  c.windowAck = s.ack;
  if (window > c.window) c.stack.ready(c);
  c.window = window;
  if (window > c.largestWindow) c.largestWindow = window;
  if (window > 0 && c.persisting) {
    c.persisting = false;
    c.rto.restore();
    c.stack.timers.cancel(c.retransmit);
  }
}

function advance(c: TcpConnection, s: Segment): void {
  const { timers } = c.stack;
  const acked = (s.ack - c.una) | 0;
  measure(c, s);
  c.retries = 0;
  let bytes = acked;
  if (c.una === c.iss) bytes -= 1;
  // The FIN stands behind all data.
  const finAcked = bytes > c.outgoing.length;
  if (finAcked) bytes = c.outgoing.length;
  c.outgoing.consume(bytes);
  c.una = s.ack;
  if (before(c.nxt, c.una)) c.nxt = c.una;
  const first = !c.recovering || c.duplicates > 0;
  congestion(c, acked);
  if (c.persisting) timers.after(c.retransmit, c.rto.value);
  else if (c.una === c.max) timers.cancel(c.retransmit);
  // RFC 6582, 3.2: in a recovery only the first partial acknowledgement gives the timer more time.
  else if (!c.recovering || first) timers.after(c.retransmit, c.rto.value);
  if (finAcked) ourFinAcknowledged(c);
  c.stack.ready(c);
}

function measure(c: TcpConnection, s: Segment): void {
  if (c.timedAt >= 0 && before(c.timedSeq, s.ack)) {
    c.rto.sample(c.stack.timers.now() - c.timedAt);
    c.timedAt = -1;
  } else if (c.retries > 0 && c.timestamps && s.hasTimestamps && s.echo !== 0) {
    // What was sent again cannot be timed (Karn), but a timestamp says which of the two it was.
    const rtt = (timestampNow(c) - s.echo) | 0;
    if (rtt >= 0 && rtt < 60_000) c.rto.sample(rtt * MILLISECOND);
  } else c.rto.restore();
}

function congestion(c: TcpConnection, acked: number): void {
  if (c.recovering) {
    c.duplicates = 0;
    if (notAfter(c.recover, c.una)) {
      c.cwnd = Math.min(c.ssthresh, Math.max(c.flight, c.mss) + c.mss);
      c.recovering = false;
    } else {
      c.resend = true;
      c.cwnd = Math.max(c.mss, c.cwnd - acked + (acked >= c.mss ? c.mss : 0));
    }
    return;
  }
  c.duplicates = 0;
  // By bytes (RFC 3465): an acknowledgement of a large frame stands for those of all its segments.
  const counted = c.largest > c.mss ? acked : Math.min(acked, 2 * c.mss);
  if (c.cwnd < c.ssthresh) c.cwnd += counted;
  else c.cwnd += Math.max(1, Math.floor((c.mss * Math.max(c.mss, c.largest > c.mss ? acked : 0)) / c.cwnd));
  c.cwnd = Math.min(c.cwnd, 2 * c.stack.limits.sendBuffer);
}

function duplicate(c: TcpConnection): void {
  c.duplicates += 1;
  if (c.recovering) c.cwnd += c.mss;
  else if (c.duplicates === DUPLICATES && notAfter(c.recover, c.una)) {
    c.ssthresh = Math.max(c.flight >> 1, 2 * c.mss);
    c.recover = c.max;
    c.recovering = true;
    c.resend = true;
    c.cwnd = c.ssthresh + DUPLICATES * c.mss;
    c.timedAt = -1;
    c.stack.timers.after(c.retransmit, c.rto.value);
  }
  c.stack.ready(c);
}

function ourFinAcknowledged(c: TcpConnection): void {
  if (c.state === State.FIN_WAIT_1) c.state = State.FIN_WAIT_2;
  else if (c.state === State.CLOSING) enterTimeWait(c);
  else if (c.state === State.LAST_ACK) {
    c.state = State.CLOSED;
    c.stack.forget(c);
  }
}

/** Two maximum segment lifetimes, so that an old segment does not disturb a new connection (RFC 9293, 3.6.1). */
export function enterTimeWait(c: TcpConnection): void {
  c.state = State.TIME_WAIT;
  c.stack.timers.cancel(c.retransmit);
  c.outgoing.release();
  c.stack.timers.remove(c.life);
  c.stack.timers.after(c.life, c.stack.limits.timeWait);
}

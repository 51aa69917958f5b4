import { acknowledge, updateWindow } from './acknowledge.ts';
import { breakOff, destroy } from './close.ts';
import { State, type TcpConnection } from './connection.ts';
import { acceptSyn } from './open.ts';
import { acknowledgeNow, takeText } from './receive.ts';
import { ACK, FIN, RST, SYN, type Segment } from './segment.ts';
import { before, notAfter } from './sequence.ts';

/** A segment of this connection arrived (RFC 9293, 3.10.7). */
export function segmentArrives(c: TcpConnection, s: Segment): void {
  if (c.state === State.WAITING) {
    // Repetitions of the SYN wait for the host's answer as the first one does.
    if (s.has(RST) && s.seq === c.rcvNxt) breakOff(c, 'reset');
    return;
  }
  c.lastHeard = c.stack.timers.now();
  c.keepAlives = 0;
  if (c.state === State.SYN_SENT) {
    inSynSent(c, s);
    return;
  }
  if (!acceptable(c, s)) return;
  if (s.has(RST)) {
    reset(c, s);
    return;
  }
  if (s.has(SYN)) {
    // RFC 5961, 4.2; a SYN that is repeated gets its answer repeated.
    if (c.state === State.SYN_RECEIVED && s.seq === c.irs) c.nxt = c.una;
    acknowledgeNow(c);
    return;
  }
  if (!s.has(ACK)) return;
  if (c.state === State.SYN_RECEIVED && !handshakeDone(c, s)) return;
  const queued = c.outgoing.length;
  if (!acknowledge(c, s) || c.state === State.CLOSED) return;
  if (s.dataLength > 0 || s.has(FIN)) takeText(c, s);
  if (c.outgoing.length < queued) c.user.acknowledged(c);
}

/** RFC 9293, 3.10.7.4, first, with RFC 7323, 5.3. Unacceptable segments are answered here. */
function acceptable(c: TcpConnection, s: Segment): boolean {
  if (c.timestamps && !s.has(RST)) {
    if (!s.hasTimestamps) return false;
    if (before(s.timestamp, c.recentTimestamp)) {
      acknowledgeNow(c);
      return false;
    }
  }
  const length = s.length;
  const window = (c.rcvEdge - c.rcvNxt) | 0;
  const start = (s.seq - c.rcvNxt) | 0;
  // In the window, or repeating what came, with something new behind it; a probe of a closed window is read for its ACK.
  const fits = length === 0
    ? start === 0 || (start > 0 && start < window)
    : (start === 0 || start < window) && start + length > 0;
  if (!fits) {
    if (!s.has(RST)) acknowledgeNow(c);
    return false;
  }
  if (c.timestamps && s.hasTimestamps && notAfter(s.seq, c.lastAckSent)) c.recentTimestamp = s.timestamp;
  return true;
}

/** Only a reset at exactly the expected place counts (RFC 5961, 3.2). */
function reset(c: TcpConnection, s: Segment): void {
  if (s.seq !== c.rcvNxt) {
    acknowledgeNow(c);
    return;
  }
  if (c.state === State.TIME_WAIT) destroy(c);
  else breakOff(c, 'reset');
}

function handshakeDone(c: TcpConnection, s: Segment): boolean {
  if (!before(c.una, s.ack) || before(c.max, s.ack)) {
    c.stack.sendReset(c, s.ack, 0, false);
    return false;
  }
  established(c, s, s.window << c.windowShift);
  return true;
}

function established(c: TcpConnection, s: Segment, window: number): void {
  c.state = c.finQueued ? State.FIN_WAIT_1 : State.ESTABLISHED;
  c.rto.restore();
  updateWindow(c, s, window);
  const { timers } = c.stack;
  timers.after(c.life, c.stack.limits.idle);
  c.user.established(c);
}

function inSynSent(c: TcpConnection, s: Segment): void {
  const acks = s.has(ACK);
  if (acks && (!before(c.iss, s.ack) || before(c.max, s.ack))) {
    if (!s.has(RST)) c.stack.sendReset(c, s.ack, 0, false);
    return;
  }
  if (s.has(RST)) {
    if (acks) breakOff(c, 'reset');
    return;
  }
  if (!s.has(SYN)) return;
  acceptSyn(c, s);
  acknowledgeNow(c);
  if (!acks) {
    // Both called at once (RFC 9293, figure 8): the SYN goes again, now with an ACK.
    c.state = State.SYN_RECEIVED;
    c.nxt = c.una;
    return;
  }
  acknowledge(c, s);
  // The window of a SYN is not scaled.
  established(c, s, s.window);
  // Data may come with the SYN; they stand one behind it.
  if (s.dataLength > 0 || s.has(FIN)) {
    s.seq = (s.seq + 1) | 0;
    takeText(c, s);
  }
}

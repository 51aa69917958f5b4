import { SECOND } from '../time/scheduler.ts';
import { State, type TcpConnection } from './connection.ts';
import { destroy, giveUp } from './close.ts';

/** A SYN is given up after this many repetitions, data after that many (RFC 9293, 3.8.3: R2 at least 3 min and 100 s). */
const SYN_RETRIES = 6;
const DATA_RETRIES = 12;
const KEEP_ALIVE_INTERVAL = 75 * SECOND;
const KEEP_ALIVES = 9;

/** RFC 6298, 5.4–5.7, and the persist timer of RFC 9293, 3.8.6.1, which is the same one at other times. */
export function retransmitTimeout(c: TcpConnection): void {
  if (c.persisting) {
    c.probe = true;
    c.rto.backOff();
    c.stack.ready(c);
    return;
  }
  if (c.una === c.max) return;
  c.retries += 1;
  const opening = c.state === State.SYN_SENT || c.state === State.SYN_RECEIVED;
  if (c.retries > (opening ? SYN_RETRIES : DATA_RETRIES)) {
    giveUp(c);
    return;
  }
  if (c.retries === 1) c.ssthresh = Math.max(c.flight >> 1, 2 * c.mss);
  c.cwnd = c.mss;
  c.recovering = false;
  c.recover = c.max;
  c.duplicates = 0;
  c.timedAt = -1;
  // Everything not acknowledged goes again, as the congestion window opens.
  c.nxt = c.una;
  c.rto.backOff();
  c.stack.ready(c);
}

export function delayedAckTimeout(c: TcpConnection): void {
  if (c.unacknowledged === 0) return;
  c.ackNow = true;
  c.stack.ready(c);
}

export function lifeTimeout(c: TcpConnection): void {
  const { timers, limits } = c.stack;
  if (c.state === State.TIME_WAIT) {
    destroy(c);
    return;
  }
  if (c.state < State.ESTABLISHED) {
    giveUp(c);
    return;
  }
  const idle = timers.now() - c.lastHeard;
  if (idle < limits.idle) {
    if (c.incoming.length === 0 && c.arrived.count === 0) c.incoming.release();
    if (c.outgoing.length === 0) c.outgoing.release();
    c.keepAlives = 0;
    timers.arm(c.life, c.lastHeard + limits.idle);
    return;
  }
  if (c.keepAlives >= KEEP_ALIVES) {
    giveUp(c);
    return;
  }
  c.keepAlives += 1;
  c.probe = true;
  c.stack.ready(c);
  timers.after(c.life, KEEP_ALIVE_INTERVAL);
}

export const tcpTimers = { retransmit: retransmitTimeout, delayedAck: delayedAckTimeout, life: lifeTimeout };

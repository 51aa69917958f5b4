import { State, type TcpConnection } from './connection.ts';
import type { Segment } from './segment.ts';

/** RFC 6928: ten segments to begin with. */
export const INITIAL_SEGMENTS = 10;
/** What a peer takes that says nothing (RFC 9293, 3.7.1), and the least we believe: smaller segments only cost. */
const DEFAULT_MSS = 536;
const LEAST_MSS = 64;
const TIMESTAMP_OPTION = 12;

/** How far the window field must be shifted for the whole buffer to be told. */
function shiftFor(buffer: number): number {
  let shift = 0;
  while (shift < 14 && 0xffff << shift < buffer) shift += 1;
  return shift;
}

/** The guest's SYN: remembered, not yet answered. */
export function rememberSyn(c: TcpConnection, s: Segment): void {
  c.irs = s.seq;
  c.rcvNxt = (s.seq + 1) | 0;
  c.rcvShift = s.windowScale < 0 ? 0 : shiftFor(c.incoming.most);
  c.windowShift = Math.max(0, s.windowScale);
  c.timestamps = s.hasTimestamps;
  c.recentTimestamp = s.timestamp;
  c.window = s.window;
  c.largestWindow = s.window;
  c.windowSeq = s.seq;
  const ours = c.stack.largestSegment(c);
  const theirs = s.mss === 0 ? DEFAULT_MSS : Math.max(LEAST_MSS, s.mss);
  c.mss = Math.min(ours, theirs) - (c.timestamps ? TIMESTAMP_OPTION : 0);
  c.cwnd = INITIAL_SEGMENTS * c.mss;
  c.lastHeard = c.stack.timers.now();
}

/** The first window: what a header without scaling can say, and what the ring is allowed to hold. */
function firstWindow(c: TcpConnection): number {
  return Math.min(0xffff, c.incoming.most);
}

/** The host has connected: the guest's SYN is answered. */
export function answerSyn(c: TcpConnection): void {
  startSequence(c);
  c.state = State.SYN_RECEIVED;
  c.rcvEdge = (c.rcvNxt + firstWindow(c)) | 0;
  c.stack.ready(c);
}

/** A stream came from the host: the guest is called. */
export function sendSyn(c: TcpConnection): void {
  startSequence(c);
  c.state = State.SYN_SENT;
  c.rcvShift = shiftFor(c.incoming.most);
  c.timestamps = true;
  c.cwnd = c.stack.largestSegment(c);
  c.lastHeard = c.stack.timers.now();
  c.stack.ready(c);
}

function startSequence(c: TcpConnection): void {
  c.iss = c.stack.initialSequence();
  c.una = c.iss;
  c.nxt = c.iss;
  c.max = c.iss;
  c.recover = c.iss;
}

/** The guest's SYN in answer to ours (or crossing it). */
export function acceptSyn(c: TcpConnection, s: Segment): void {
  const { rcvShift } = c;
  rememberSyn(c, s);
  // Scaling is in force only when both asked for it (RFC 7323, 2.2); timestamps likewise.
  c.rcvShift = s.windowScale < 0 ? 0 : rcvShift;
  c.rcvEdge = (c.rcvNxt + firstWindow(c)) | 0;
}

import { State, type TcpConnection } from './connection.ts';

/** Takes the connection out of everything. */
export function destroy(c: TcpConnection): void {
  if (c.state === State.CLOSED) return;
  c.state = State.CLOSED;
  c.stack.forget(c);
}

/** The user aborts: the peer gets a reset (RFC 9293, 3.10.5). */
export function abort(c: TcpConnection): void {
  if (c.state === State.CLOSED) return;
  if (c.state === State.WAITING) c.stack.sendReset(c, 0, (c.irs + 1) | 0, true);
  else if (c.state !== State.SYN_SENT && c.state !== State.TIME_WAIT) c.stack.sendReset(c, c.max, c.rcvNxt, true);
  destroy(c);
}

/** The peer reset the connection, or does not answer. */
export function breakOff(c: TcpConnection, why: 'reset' | 'timeout'): void {
  if (c.state === State.CLOSED) return;
  destroy(c);
  c.user.broken(c, why);
}

export function giveUp(c: TcpConnection): void {
  const silent = c.state <= State.SYN_SENT;
  if (!silent) c.stack.sendReset(c, c.max, c.rcvNxt, true);
  breakOff(c, 'timeout');
}

/** The user has no more to send (RFC 9293, 3.10.4): a FIN goes behind the data. */
export function finish(c: TcpConnection): void {
  if (c.finQueued || c.state === State.CLOSED) return;
  c.finQueued = true;
  if (c.state === State.ESTABLISHED) c.state = State.FIN_WAIT_1;
  else if (c.state === State.CLOSE_WAIT) c.state = State.LAST_ACK;
  c.stack.ready(c);
}

import type { Address } from '../wire/address.ts';
import type { TcpConnection } from './connection.ts';

/** @hot Where a connection stands: a mix of its ports and the low words of its addresses. */
export function flowHash(guest: number, guestPort: number, remote: number, remotePort: number): number {
  let h = Math.imul(guest ^ (guestPort << 16) ^ remotePort, 0x9e3779b1);
  h = Math.imul((h ^ (h >>> 15)) + remote, 0x85ebca6b);
  return h ^ (h >>> 13);
}

const BUCKETS = 1024;

/** All connections, by addresses and ports. Bounded by who adds. */
export class TcpTable {
  count = 0;
  readonly #buckets = new Array<TcpConnection | undefined>(BUCKETS).fill(undefined);
  #latest: TcpConnection | undefined = undefined;
  readonly all = new Set<TcpConnection>();

  find(guest: Address, guestPort: number, remote: Address, remotePort: number): TcpConnection | undefined {
    const latest = this.#latest;
    if (latest !== undefined && matches(latest, guest, guestPort, remote, remotePort)) return latest;
    let c = this.#buckets[flowHash(guest.w3, guestPort, remote.w3, remotePort) & (BUCKETS - 1)];
    while (c !== undefined && !matches(c, guest, guestPort, remote, remotePort)) c = c.next;
    if (c !== undefined) this.#latest = c;
    return c;
  }

  add(c: TcpConnection): void {
    const bucket = c.hash & (BUCKETS - 1);
    c.next = this.#buckets[bucket];
    this.#buckets[bucket] = c;
    this.all.add(c);
    this.count += 1;
  }

  remove(c: TcpConnection): void {
    if (!this.all.delete(c)) return;
    if (this.#latest === c) this.#latest = undefined;
    this.count -= 1;
    const bucket = c.hash & (BUCKETS - 1);
    let at = this.#buckets[bucket];
    if (at === c) {
      this.#buckets[bucket] = c.next;
      return;
    }
    while (at !== undefined && at.next !== c) at = at.next;
    if (at !== undefined) at.next = c.next;
  }
}

function matches(c: TcpConnection, guest: Address, guestPort: number, remote: Address, remotePort: number): boolean {
  return c.guestPort === guestPort && c.remotePort === remotePort
    && c.guest.w3 === guest.w3 && c.remote.w3 === remote.w3 && c.guest.w2 === guest.w2 && c.remote.w2 === remote.w2
    && c.guest.w1 === guest.w1 && c.remote.w1 === remote.w1 && c.guest.w0 === guest.w0 && c.remote.w0 === remote.w0;
}

import type { HostFailure, HostTcp, HostTcpEvents } from '../host/host-sockets.ts';
import { abort, finish } from '../tcp/close.ts';
import { State, type TcpConnection, type TcpUser } from '../tcp/connection.ts';
import { answerSyn } from '../tcp/open.ts';
import { windowOpened } from '../tcp/receive.ts';

/** What a splice needs of the service that made it. */
export interface SpliceOwner {
  /** The host could not connect: the guest is told, and the connection forgotten. */
  refused(c: TcpConnection, why: HostFailure): void;
  /** Sends what became sendable; after each event of the host. */
  pump(): void;
  /** A connection that left the table before its bytes reached the host has nothing left now. */
  drained(c: TcpConnection): void;
}

/**
 * One connection of a guest and one stream of the host, joined. Bytes are in two rings and nowhere else: a full ring
 * pauses the stream in one direction and closes the guest's window in the other.
 */
export class Splice implements TcpUser, HostTcpEvents {
  c!: TcpConnection;
  host: HostTcp | undefined = undefined;
  readonly #owner: SpliceOwner;
  /** Bytes of the ring that the stream has and was not done with. */
  #writing = 0;
  #flushing = false;
  #stalled = false;
  #guestFinished = false;
  #ended = false;
  #over = false;

  constructor(owner: SpliceOwner) {
    this.#owner = owner;
  }

  // The host's side.

  connected(): void {
    if (this.#over) return;
    if (this.c.state === State.WAITING) answerSyn(this.c);
    this.#owner.pump();
  }

  data(bytes: Uint8Array): number {
    // Nobody wants it: as if it was taken.
    if (this.#over) return bytes.length;
    const taken = this.c.outgoing.append(bytes, 0, bytes.length);
    this.#stalled = taken < bytes.length;
    if (taken > 0) this.c.stack.ready(this.c);
    this.#owner.pump();
    return taken;
  }

  ended(): void {
    if (this.#over) return;
    finish(this.c);
    this.#owner.pump();
  }

  failed(why: HostFailure): void {
    if (this.#over) return;
    this.#over = true;
    this.host = undefined;
    if (this.c.state === State.CLOSED) this.#owner.drained(this.c);
    else if (this.c.state === State.WAITING) this.#owner.refused(this.c, why);
    else abort(this.c);
    this.#owner.pump();
  }

  closed(): void {
    this.host = undefined;
  }

  // The guest's side.

  established(): void {
    this.host?.resume();
  }

  received(): void {
    this.#flush();
  }

  finished(): void {
    this.#guestFinished = true;
    this.#flush();
  }

  acknowledged(c: TcpConnection): void {
    // In large steps: each resumption may be a system call.
    if (!this.#stalled || c.outgoing.length > c.outgoing.capacity >> 1) return;
    this.#stalled = false;
    this.host?.resume();
  }

  broken(): void {
    this.close();
  }

  /** The connection broke: the stream goes with it. */
  close(): void {
    if (this.#over) return;
    this.#over = true;
    this.host?.abort();
    this.host = undefined;
  }

  /** What the guest sent before its end is still on its way to the host. */
  get draining(): boolean {
    return this.#guestFinished && !this.#ended && !this.#over && this.host !== undefined;
  }

  #flush(): void {
    if (this.#flushing || this.host === undefined) return;
    const { incoming } = this.c;
    this.#flushing = true;
    while (this.#writing === 0 && incoming.length > 0 && !this.#over) {
      const chunk = incoming.peek();
      this.#writing = chunk.length;
      this.host.write(chunk, this.#done);
    }
    this.#flushing = false;
    if (this.#guestFinished && !this.#ended && this.#writing === 0 && incoming.length === 0) {
      this.#ended = true;
      this.host.end();
      if (this.c.state === State.CLOSED) this.#owner.drained(this.c);
    }
  }

  readonly #done = (): void => {
    if (this.#over) return;
    this.c.incoming.consume(this.#writing);
    this.#writing = 0;
    windowOpened(this.c);
    this.#flush();
    this.#owner.pump();
  };
}

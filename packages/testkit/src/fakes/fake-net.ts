import type { NetBackend, NetCard } from '@polyvisor/core';
import { Trace } from '../trace/trace.ts';

/** A network that keeps what the card sends and delivers what a test gives it. */
export class FakeNet implements NetBackend {
  readonly mtu = 1500;
  readonly sent: Uint8Array[] = [];
  card: NetCard | undefined = undefined;
  readonly #trace: Trace;

  constructor(trace: Trace = new Trace()) {
    this.#trace = trace;
  }

  send(frame: Uint8Array): boolean {
    this.#trace.tick();
    if (!this.#trace.on) return true;
    this.sent.push(Uint8Array.from(frame));
    this.#trace.add(`net send ${frame.length}`);
    return true;
  }
  attach(card: NetCard): void {
    this.card = card;
  }
  detach(): void {
    this.card = undefined;
  }
  /** False when no card is attached or it has no buffer. */
  deliver(frame: Uint8Array): boolean {
    return this.card?.receive(frame) ?? false;
  }
}

import { FrameOffload, type NetBackend, type NetCard } from '@polyvisor/core';
import { Trace } from '../trace/trace.ts';

/** A network that keeps what the card sends and delivers what a test gives it. */
export class FakeNet implements NetBackend {
  readonly mtu = 1500;
  /** What it says to take beside ordinary frames; set before a card is attached. */
  offloads = 0;
  readonly sent: Uint8Array[] = [];
  /** How each of them is to be read; `undefined` for ordinary ones. */
  readonly sentOffloads: (FrameOffload | undefined)[] = [];
  /** How often the card said that it has buffers again. */
  ready = 0;
  card: NetCard | undefined = undefined;
  readonly #trace: Trace;

  constructor(trace: Trace = new Trace()) {
    this.#trace = trace;
  }

  send(frame: Uint8Array, offload?: FrameOffload): boolean {
    this.#trace.tick();
    if (!this.#trace.on) return true;
    this.sent.push(Uint8Array.from(frame));
    this.sentOffloads.push(offload && Object.assign(new FrameOffload(), offload));
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
  deliver(frame: Uint8Array, offload?: FrameOffload): boolean {
    return this.card?.receive(frame, offload) ?? false;
  }
  receiveReady(): void {
    this.#trace.tick();
    this.ready += 1;
    if (this.#trace.on) this.#trace.add('net ready');
  }
}

import { MAX_EVENTS } from './registers.ts';
import type { EventsState } from './state.ts';

/**
 * Asynchronous events (5.2). The driver leaves requests with the controller, and each event takes one. After an event its
 * type is masked until the driver reads the log page that the event names.
 */
export class AsyncEvents {
  readonly #report: (command: number, event: number) => void;
  readonly #requests: number[] = [];
  readonly #pending: number[] = [];
  #masked = 0;

  constructor(report: (command: number, event: number) => void) {
    this.#report = report;
  }

  /** False when there are too many requests. */
  request(command: number): boolean {
    if (this.#requests.length >= MAX_EVENTS) return false;
    this.#requests.push(command);
    this.#deliver();
    return true;
  }

  /** Takes a request back; false when it is not here. */
  abort(command: number): boolean {
    const at = this.#requests.indexOf(command);
    if (at >= 0) this.#requests.splice(at, 1);
    return at >= 0;
  }

  /** @hot An event that waits already, or is one too many, is lost. */
  raise(event: number): void {
    if (this.#pending.length >= MAX_EVENTS || this.#pending.includes(event) || (this.#masked & bitOf(event)) !== 0) return;
    this.#pending.push(event);
    this.#deliver();
  }

  /** The driver has read a log page: events of its type come again. */
  logRead(page: number): void {
    for (let type = 0; type < 8; type++) if (pageOfType(type) === page) this.#masked &= ~(1 << type);
    this.#deliver();
  }

  reset(): void {
    this.#requests.length = 0;
    this.#pending.length = 0;
    this.#masked = 0;
  }

  save(): EventsState {
    return { requests: [...this.#requests], pending: [...this.#pending], masked: this.#masked };
  }

  restore({ requests, pending, masked }: EventsState): void {
    this.#requests.push(...requests);
    this.#pending.push(...pending);
    this.#masked = masked;
  }

  /** @hot */
  #deliver(): void {
    while (this.#pending.length > 0 && this.#requests.length > 0) {
      const event = this.#pending.shift()!;
      if ((this.#masked & bitOf(event)) !== 0) continue;
      this.#masked |= bitOf(event);
      this.#report(this.#requests.shift()!, event);
    }
  }
}

/** @hot */
function bitOf(event: number): number {
  return 1 << (event & 7);
}

/** Errors are told of in log page 1, health in 2 (figure 149). */
function pageOfType(type: number): number {
  return type < 2 ? type + 1 : -1;
}

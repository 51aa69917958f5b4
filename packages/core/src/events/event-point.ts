import { Observable, type Subscriber } from 'rxjs';

/**
 * A place that can be watched. Emitting code asks `active` first, so a point nobody watches costs one load and one
 * branch, and the event object is not even made:
 *
 *     if (events.irq.active) events.irq.emit({ gsi, asserted });
 *
 * Events are for people, tests and managers. MMIO, port I/O, IRQ lines and DMA are direct calls.
 */
export class EventPoint<T> {
  /** True while somebody is subscribed. */
  active = false;
  readonly name: string;
  /** Subscribing switches the point on; the last one to leave switches it off. */
  readonly stream: Observable<T>;
  readonly #subscribers = new Set<Subscriber<T>>();
  #completed = false;

  constructor(name: string) {
    this.name = name;
    this.stream = new Observable<T>((subscriber) => {
      if (this.#completed) {
        subscriber.complete();
        return undefined;
      }
      this.#subscribers.add(subscriber);
      this.active = true;
      return () => {
        this.#subscribers.delete(subscriber);
        this.active = this.#subscribers.size > 0;
      };
    });
  }

  emit(event: T): void {
    for (const subscriber of this.#subscribers) subscriber.next(event);
  }

  /** Ends the stream for everybody, now and later: the machine was destroyed. */
  complete(): void {
    this.#completed = true;
    for (const subscriber of [...this.#subscribers]) subscriber.complete();
    this.#subscribers.clear();
    this.active = false;
  }
}

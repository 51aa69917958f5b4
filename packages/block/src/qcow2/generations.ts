interface Generation {
  requests: number;
  next: Generation | undefined;
  ended: (() => void) | undefined;
}

/**
 * Tells when every request that had begun by now has ended. A cluster that is dropped from the tables may still be
 * read or written by such a request, so it is not used again before.
 */
export class Generations {
  #oldest: Generation = { requests: 0, next: undefined, ended: undefined };
  #current: Generation = this.#oldest;

  enter(): Generation {
    this.#current.requests++;
    return this.#current;
  }

  leave(generation: Generation): void {
    generation.requests--;
    if (generation === this.#oldest) this.#advance();
  }

  /** Calls back when what has entered by now has left. */
  afterAll(then: () => void): void {
    const closed = this.#current;
    closed.ended = then;
    this.#current = closed.next = { requests: 0, next: undefined, ended: undefined };
    this.#advance();
  }

  /** Resolves when what has entered by now has left. */
  settled(): Promise<void> {
    return new Promise((resolve) => {
      this.afterAll(resolve);
    });
  }

  #advance(): void {
    for (let { next } = this.#oldest; this.#oldest.requests === 0 && next; next = this.#oldest.next) {
      const { ended } = this.#oldest;
      this.#oldest = next;
      ended?.();
    }
  }
}

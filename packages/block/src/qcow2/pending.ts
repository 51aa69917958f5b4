/** Waits for several promises to settle, then fails as the first that failed. Each has a handler from the start. */
export class Pending {
  #left = 0;
  #failed = false;
  #error: unknown;
  #resolve: (() => void) | undefined;

  readonly #done = (): void => {
    if (--this.#left === 0) this.#resolve?.();
  };
  readonly #fail = (error: unknown): void => {
    if (!this.#failed) {
      this.#failed = true;
      this.#error = error;
    }
    this.#done();
  };

  add(promise: Promise<unknown>): void {
    this.#left++;
    promise.then(this.#done, this.#fail);
  }

  async wait(): Promise<void> {
    if (this.#left > 0) {
      await new Promise<void>((resolve) => {
        this.#resolve = resolve;
      });
      this.#resolve = undefined;
    }
    if (this.#failed) throw this.#error;
  }
}

import { MILLISECOND, SECOND } from '../time/scheduler.ts';

/** The timeout's upper bound (RFC 6298, 2.5: at least 60 s). */
const LARGEST = 60 * SECOND;

/** When to send again (RFC 6298). Times in ns. */
export class RetransmissionTimeout {
  /** With the back-off of 5.5 in it. */
  value: number;
  readonly #least: number;
  #smoothed = -1;
  #variation = 0;
  #base: number;

  /**
   * RFC 6298 asks for a second at least (2.4) where one cannot tell better; on a link without length that would only
   * be a pause. 200 ms, which Linux uses, is longer than any delayed acknowledgement of it.
   */
  constructor(least = 200 * MILLISECOND) {
    this.#least = least;
    this.#base = SECOND;
    this.value = SECOND;
  }

  /** A round trip was measured, of a segment that was sent once (Karn) or that carried a timestamp. */
  sample(rtt: number): void {
    if (this.#smoothed < 0) {
      this.#smoothed = rtt;
      this.#variation = rtt / 2;
    } else {
      this.#variation = 0.75 * this.#variation + 0.25 * Math.abs(this.#smoothed - rtt);
      this.#smoothed = 0.875 * this.#smoothed + 0.125 * rtt;
    }
    this.#base = Math.min(LARGEST, Math.max(this.#least, this.#smoothed + Math.max(MILLISECOND, 4 * this.#variation)));
    this.value = this.#base;
  }

  /** The timer went off (5.5). */
  backOff(): void {
    this.value = Math.min(LARGEST, 2 * this.value);
  }

  /** New data were acknowledged: the path works. */
  restore(): void {
    this.value = this.#base;
  }
}

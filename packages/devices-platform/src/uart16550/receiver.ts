import { Fifo } from './fifo.ts';
import { FIFO_DEPTH, Lsr } from './registers.ts';

/** An entry of the receiver's FIFO is a character with its LSR error bits above it. */
const ERROR_SHIFT = 8;

/**
 * The receiver's side: FIFO or single buffer, and the error bits of LSR (§8.4). In the 16450 mode the FIFO holds one
 * character.
 */
export class Receiver {
  readonly #fifo = new Fifo(FIFO_DEPTH);
  /** Follows FCR0. Change it with `configure`. */
  #depth = 1;
  /** Characters that make the received data interrupt; 1 in the 16450 mode. */
  trigger = 1;
  /** OE, PE, FE, BI and the FIFO error bit, latched until LSR is read. */
  errors = 0;
  /** The character timeout interrupt waits (§8.11). */
  timedOut = false;
  /** What RBR holds after the last character was read. */
  #last = 0;

  get length(): number {
    return this.#fifo.length;
  }

  get hasRoom(): boolean {
    return this.#fifo.length < this.#depth;
  }

  configure(fifoMode: boolean, trigger: number): void {
    this.#depth = fifoMode ? FIFO_DEPTH : 1;
    this.trigger = fifoMode ? trigger : 1;
  }

  /**
   * @hot A character with its errors (bits of `Lsr.CHARACTER_ERRORS`) is complete. Without room it is an overrun: the
   * 16450 mode overwrites the old character, a full FIFO keeps what it has (§8.4, bit 1).
   */
  push(byte: number, errors: number): void {
    if (!this.hasRoom) {
      this.errors |= Lsr.OE;
      if (this.#depth > 1) return;
      this.#fifo.clear();
    }
    this.#fifo.push(byte | (errors << ERROR_SHIFT));
    if (errors !== 0 && this.#depth > 1) this.errors |= Lsr.FIFO_ERROR;
    // Errors show when their character comes to the top.
    if (this.#fifo.length === 1) this.errors |= errors;
  }

  /** @hot Reads RBR. The data sheet does not say what an empty receiver gives; it is the last character again. */
  pop(): number {
    if (this.#fifo.length === 0) return this.#last;
    this.#last = this.#fifo.shift() & 0xff;
    if (this.#fifo.length > 0) this.errors |= this.#fifo.at(0) >> ERROR_SHIFT;
    return this.#last;
  }

  /** @hot Reads the error bits and clears them. The FIFO error bit stays while an unseen error is in the FIFO. */
  takeErrors(): number {
    const seen = this.errors;
    this.errors = 0;
    if ((seen & Lsr.FIFO_ERROR) !== 0) {
      if (this.#fifo.length > 0) this.#fifo.replaceHead(this.#fifo.at(0) & 0xff);
      for (let i = 1; i < this.#fifo.length; i++) {
        if (this.#fifo.at(i) >> ERROR_SHIFT !== 0) this.errors = Lsr.FIFO_ERROR;
      }
    }
    return seen;
  }

  /**
   * Empties the FIFO ("all bits low", table I). The errors of characters go with them; an overrun is of the line and
   * stays until LSR is read.
   */
  clear(): void {
    this.#fifo.clear();
    this.#last = 0;
    this.errors &= Lsr.OE;
    this.timedOut = false;
  }

  save() {
    return { entries: this.#fifo.toArray(), last: this.#last, errors: this.errors, timedOut: this.timedOut };
  }

  restore(saved: ReturnType<Receiver['save']>): void {
    this.#fifo.clear();
    for (const entry of saved.entries) this.#fifo.push(entry);
    this.#last = saved.last;
    this.errors = saved.errors;
    this.timedOut = saved.timedOut;
  }
}

import { Fifo } from './fifo.ts';
import { FIFO_DEPTH } from './registers.ts';

/** The shift register holds nothing. */
const IDLE = -1;

/** The transmitter's side: holding register or FIFO, and the shift register behind it. */
export class Transmitter {
  readonly #fifo = new Fifo(FIFO_DEPTH);
  #depth = 1;
  #shifting = IDLE;

  /** THRE: the holding register, or the FIFO, is empty (§8.4, bit 5). */
  get holdingEmpty(): boolean {
    return this.#fifo.length === 0;
  }

  get shifterEmpty(): boolean {
    return this.#shifting === IDLE;
  }

  configure(fifoMode: boolean): void {
    this.#depth = fifoMode ? FIFO_DEPTH : 1;
  }

  /**
   * @hot Writes THR. A driver looks at THRE first; for one that does not, the holding register is overwritten, and
   * a full FIFO drops the character, because the data sheet gives it no place.
   */
  write(byte: number): void {
    if (this.#fifo.length === this.#depth) {
      if (this.#depth > 1) return;
      this.#fifo.clear();
    }
    this.#fifo.push(byte);
  }

  /** @hot Moves the next character into the empty shift register. True when it was the last that waited. */
  load(): boolean {
    this.#shifting = this.#fifo.shift();
    return this.#fifo.length === 0;
  }

  /** @hot The character in the shift register has left. */
  finish(): number {
    const byte = this.#shifting;
    this.#shifting = IDLE;
    return byte;
  }

  /** Empties the FIFO. The shift register goes on (§8.5, bit 2). */
  clear(): void {
    this.#fifo.clear();
  }

  reset(): void {
    this.clear();
    this.#shifting = IDLE;
  }

  save() {
    return { holding: this.#fifo.toArray(), shifting: this.#shifting };
  }

  restore(saved: ReturnType<Transmitter['save']>): void {
    this.#fifo.clear();
    for (const byte of saved.holding) this.#fifo.push(byte);
    this.#shifting = saved.shifting;
  }
}

import type { VgaState } from './state.ts';

const COLOURS = 256;

/** The colour look-up table: three bytes for each of 256 colours, of 6 bits or, when dispi says so, 8. */
export class Dac {
  readonly colours = new Uint8Array(3 * COLOURS);
  mask = 0xff;
  #state: 0 | 3 = 0;
  #read = 0;
  #write = 0;
  #step = 0;
  readonly #next = new Uint8Array(3);

  reset(): void {
    this.colours.fill(0);
    this.#next.fill(0);
    this.mask = 0xff;
    this.#state = 0;
    this.#read = this.#write = this.#step = 0;
  }

  /** @hot 3 after the address for reading was written, 0 after that for writing. */
  get state(): 0 | 3 {
    return this.#state;
  }
  /** @hot */
  get writeAddress(): number {
    return this.#write;
  }

  /** @hot */
  setReadAddress(value: number): void {
    this.#read = value;
    this.#step = 0;
    this.#state = 3;
  }

  /** @hot */
  setWriteAddress(value: number): void {
    this.#write = value;
    this.#step = 0;
    this.#state = 0;
  }

  /** @hot */
  readData(): number {
    const value = this.colours[3 * this.#read + this.#step]!;
    if (++this.#step === 3) {
      this.#step = 0;
      this.#read = (this.#read + 1) & 0xff;
    }
    return value;
  }

  /** @hot True: a colour is complete. */
  writeData(value: number): boolean {
    this.#next[this.#step] = value;
    if (++this.#step < 3) return false;
    this.#step = 0;
    for (let i = 0; i < 3; i++) this.colours[3 * this.#write + i] = this.#next[i]!;
    this.#write = (this.#write + 1) & 0xff;
    return true;
  }

  save() {
    return {
      colours: Uint8Array.from(this.colours), colour: Uint8Array.from(this.#next), pelMask: this.mask, dacState: this.#state,
      dacRead: this.#read, dacWrite: this.#write, dacStep: this.#step,
    };
  }

  restore(saved: VgaState): void {
    this.colours.set(saved.colours);
    this.#next.set(saved.colour);
    this.mask = saved.pelMask;
    this.#state = saved.dacState;
    this.#read = saved.dacRead;
    this.#write = saved.dacWrite;
    this.#step = saved.dacStep;
  }
}

import { Icw1, Icw4, Ocw2, Ocw3, POLL_INTERRUPT } from './registers.ts';
import type { Pic8259State } from './state.ts';

/** The data sheet leaves it undefined; a chip that nobody has set up is quiet. */
const POWER_ON: Pic8259State = {
  lines: 0, latch: 0, imr: 0xff, isr: 0, elcr: 0, base: 0, slaves: 0, lowest: 7, expects: 0, single: false, wantsIcw4: false,
  autoEoi: false, rotateInAutoEoi: false, specialFullyNested: false, specialMask: false, readsIsr: false, polled: false,
};

/** Acknowledged without a request: the default input (data sheet, "Interrupt request" IR7). */
const SPURIOUS = 7;

/**
 * One Intel 8259A.
 *
 *     IR0…IR7 ─▶ edge latch or level ─▶ IRR ─▶ not IMR ─▶ priority resolver ─▶ INT
 *                                                             ▲
 *                                               ISR ──────────┘
 */
export class Pic8259 {
  /** INT is asserted. */
  int = false;
  /** Inputs that slaves drive: they request for as long as the slave's INT is asserted. */
  readonly #cascaded: number;
  readonly #elcrMask: number;
  #lines = 0;
  #latch = 0;
  #imr = 0;
  #isr = 0;
  #elcr = 0;
  #base = 0;
  #slaves = 0;
  #lowest = 7;
  #expects: Pic8259State['expects'] = 0;
  #single = false;
  #wantsIcw4 = false;
  #autoEoi = false;
  #rotateInAutoEoi = false;
  #specialFullyNested = false;
  #specialMask = false;
  #readsIsr = false;
  #polled = false;

  constructor(cascaded: number, elcrMask: number) {
    this.#cascaded = cascaded;
    this.#elcrMask = elcrMask;
    this.restore(POWER_ON);
  }

  get elcr(): number {
    return this.#elcr;
  }

  /** @hot An input changed. Without `edge` a rise is not latched: a level that comes out of a snapshot. */
  setLine(input: number, high: boolean, edge: boolean): void {
    const bit = 1 << input;
    if (high) {
      if (edge && (this.#lines & bit) === 0 && (this.#levels() & bit) === 0) this.#latch |= bit;
      this.#lines |= bit;
    } else {
      this.#lines &= ~bit;
      // An input that goes low before the acknowledgement is no request any more.
      this.#latch &= ~bit;
    }
    this.#update();
  }

  /** @hot A rising edge of an input that stays high until it is acknowledged. */
  pulse(input: number): void {
    this.#latch |= 1 << input;
    this.#update();
  }

  /** @hot INTA: the input that is served, with bit 3 set when there was no request. */
  acknowledge(): number {
    const input = this.#highest();
    if (input < 0) return SPURIOUS | 8;
    this.#serve(input);
    return input;
  }

  /** @hot The vector of an input. */
  vector(input: number): number {
    return this.#base | (input & 7);
  }

  /** @hot Which of the inputs have slaves: those of the wiring that ICW3 names. */
  hasSlave(input: number): boolean {
    return (this.#cascaded & this.#slaves & (1 << input)) !== 0;
  }

  /** @hot A0 is the offset. */
  read(a0: number): number {
    if (this.#polled) return this.#poll();
    if (a0 !== 0) return this.#imr;
    return this.#readsIsr ? this.#isr : this.#requests();
  }

  /** @hot */
  write(a0: number, value: number): void {
    const byte = value & 0xff;
    if (a0 === 0) {
      if ((byte & Icw1.SELECT) !== 0) this.#icw1(byte);
      else if ((byte & Ocw3.SELECT) !== 0) this.#ocw3(byte);
      else this.#ocw2(byte);
    } else this.#writeUpper(byte);
    this.#update();
  }

  /** @hot */
  writeElcr(value: number): void {
    this.#elcr = value & this.#elcrMask;
    this.#latch &= ~this.#elcr;
    this.#update();
  }

  reset(): void {
    this.restore(POWER_ON);
  }

  save(): Pic8259State {
    return {
      lines: this.#lines, latch: this.#latch, imr: this.#imr, isr: this.#isr, elcr: this.#elcr, base: this.#base,
      slaves: this.#slaves, lowest: this.#lowest, expects: this.#expects, single: this.#single, wantsIcw4: this.#wantsIcw4,
      autoEoi: this.#autoEoi, rotateInAutoEoi: this.#rotateInAutoEoi, specialFullyNested: this.#specialFullyNested,
      specialMask: this.#specialMask, readsIsr: this.#readsIsr, polled: this.#polled,
    };
  }

  restore(saved: Pic8259State): void {
    this.#lines = saved.lines;
    this.#latch = saved.latch;
    this.#imr = saved.imr;
    this.#isr = saved.isr;
    this.#elcr = saved.elcr & this.#elcrMask;
    this.#base = saved.base;
    this.#slaves = saved.slaves;
    this.#lowest = saved.lowest;
    this.#expects = saved.expects;
    this.#single = saved.single;
    this.#wantsIcw4 = saved.wantsIcw4;
    this.#autoEoi = saved.autoEoi;
    this.#rotateInAutoEoi = saved.rotateInAutoEoi;
    this.#specialFullyNested = saved.specialFullyNested;
    this.#specialMask = saved.specialMask;
    this.#readsIsr = saved.readsIsr;
    this.#polled = saved.polled;
    this.#update();
  }

  /** @hot Inputs that are sensed by level. */
  #levels(): number {
    return this.#elcr | this.#cascaded;
  }

  /** @hot IRR. */
  #requests(): number {
    return this.#latch | (this.#lines & this.#levels());
  }

  /**
   * @hot The input to serve, or −1. The resolver looks from the highest priority down; an interrupt in service stops it,
   * except that a master in the special fully nested mode lets a slave request again, and that the special mask mode
   * leaves masked ones in service out.
   */
  #highest(): number {
    if (this.#expects !== 0) return -1;
    const pending = this.#requests() & ~this.#imr;
    if (pending === 0) return -1;
    const blocking = this.#specialMask ? this.#isr & ~this.#imr : this.#isr;
    for (let i = 1; i <= 8; i++) {
      const input = (this.#lowest + i) & 7;
      const bit = 1 << input;
      const blocked = (blocking & bit) !== 0;
      const again = !blocked || (this.#specialFullyNested && this.hasSlave(input));
      if ((pending & bit) !== 0 && again) return input;
      if (blocked) return -1;
    }
    return -1;
  }

  /** @hot */
  #serve(input: number): void {
    const bit = 1 << input;
    this.#latch &= ~bit;
    if (!this.#autoEoi) this.#isr |= bit;
    else if (this.#rotateInAutoEoi) this.#lowest = input;
    this.#update();
  }

  /** @hot A read after a poll command is the acknowledgement. */
  #poll(): number {
    this.#polled = false;
    const input = this.#highest();
    if (input < 0) return 0;
    this.#serve(input);
    return POLL_INTERRUPT | input;
  }

  /** @hot Clears what the data sheet lists under ICW1, and what was in service. */
  #icw1(byte: number): void {
    this.#single = (byte & Icw1.SNGL) !== 0;
    this.#wantsIcw4 = (byte & Icw1.IC4) !== 0;
    this.#expects = 2;
    this.#latch = 0;
    this.#imr = 0;
    this.#isr = 0;
    this.#lowest = 7;
    this.#specialMask = false;
    this.#readsIsr = false;
    this.#polled = false;
    this.#rotateInAutoEoi = false;
    this.#autoEoi = false;
    this.#specialFullyNested = false;
    if (this.#single) this.#slaves = 0;
  }

  /** @hot ICW2 to ICW4 in their turn, else OCW1. */
  #writeUpper(byte: number): void {
    const icw4 = this.#wantsIcw4 ? 4 : 0;
    switch (this.#expects) {
      case 2:
        this.#base = byte & 0xf8;
        this.#expects = this.#single ? icw4 : 3;
        break;
      case 3:
        this.#slaves = byte;
        this.#expects = icw4;
        break;
      case 4:
        this.#autoEoi = (byte & Icw4.AEOI) !== 0;
        this.#specialFullyNested = (byte & Icw4.SFNM) !== 0;
        this.#expects = 0;
        break;
      default:
        this.#imr = byte;
    }
  }

  /** @hot */
  #ocw2(byte: number): void {
    const input = byte & 7;
    switch (byte >> 5) {
      case Ocw2.NON_SPECIFIC_EOI:
        this.#endHighest(false);
        break;
      case Ocw2.ROTATE_ON_NON_SPECIFIC_EOI:
        this.#endHighest(true);
        break;
      case Ocw2.SPECIFIC_EOI:
        this.#isr &= ~(1 << input);
        break;
      case Ocw2.ROTATE_ON_SPECIFIC_EOI:
        this.#isr &= ~(1 << input);
        this.#lowest = input;
        break;
      case Ocw2.SET_PRIORITY:
        this.#lowest = input;
        break;
      case Ocw2.SET_ROTATE_IN_AEOI:
        this.#rotateInAutoEoi = true;
        break;
      case Ocw2.CLEAR_ROTATE_IN_AEOI:
        this.#rotateInAutoEoi = false;
        break;
      default:
        break;
    }
  }

  /** @hot In the special mask mode a masked interrupt in service is left alone by a non-specific EOI. */
  #endHighest(rotate: boolean): void {
    const serving = this.#specialMask ? this.#isr & ~this.#imr : this.#isr;
    for (let i = 1; i <= 8; i++) {
      const input = (this.#lowest + i) & 7;
      if ((serving & (1 << input)) === 0) continue;
      this.#isr &= ~(1 << input);
      if (rotate) this.#lowest = input;
      return;
    }
  }

  /** @hot */
  #ocw3(byte: number): void {
    if ((byte & Ocw3.ESMM) !== 0) this.#specialMask = (byte & Ocw3.SMM) !== 0;
    if ((byte & Ocw3.POLL) !== 0) this.#polled = true;
    else if ((byte & Ocw3.RR) !== 0) this.#readsIsr = (byte & Ocw3.RIS) !== 0;
  }

  /** @hot */
  #update(): void {
    this.int = this.#highest() >= 0;
  }
}

import type { Region } from '@polyvisor/core';
import type { ApicBus } from './apic-bus.ts';
import type { ApicConfig } from './config.ts';
import { Delivery, IOAPIC_PINS, IoApicIndex, IoApicOffset, Redirection } from './registers.ts';
import type { IoApicState } from './state.ts';

/**
 * The I/O APIC: 24 inputs, each with a redirection entry (82093AA). Inputs are asserted or not; the polarity of an entry
 * is kept and means nothing more.
 */
export class IoApic implements Region {
  readonly #bus: ApicBus;
  readonly #config: Pick<ApicConfig, 'ioId' | 'ioVersion'>;
  readonly #low = new Int32Array(IOAPIC_PINS);
  readonly #high = new Int32Array(IOAPIC_PINS);
  #select = 0;
  #id: number;
  #pins = 0;

  constructor(bus: ApicBus, config: Pick<ApicConfig, 'ioId' | 'ioVersion'>, saved: IoApicState | undefined) {
    this.#bus = bus;
    this.#config = config;
    this.#id = config.ioId;
    this.#low.fill(Redirection.MASKED);
    if (!saved) return;
    this.#select = saved.select;
    this.#id = saved.id;
    this.#pins = saved.pins;
    saved.entries.forEach(({ low, high }, pin) => {
      this.#low[pin] = low;
      this.#high[pin] = high;
    });
  }

  /** @hot */
  read(offset: number): number {
    switch (offset) {
      case IoApicOffset.IOREGSEL:
        return this.#select;
      case IoApicOffset.IOWIN:
        return this.#readIndexed();
      default:
        return 0;
    }
  }

  /** @hot */
  write(offset: number, _size: 1 | 2 | 4, value: number): void {
    switch (offset) {
      case IoApicOffset.IOREGSEL:
        this.#select = value & 0xff;
        break;
      case IoApicOffset.IOWIN:
        this.#writeIndexed(value);
        break;
      case IoApicOffset.EOI:
        if (this.#config.ioVersion >= 0x20) this.endOfInterrupt(value & 0xff);
        break;
      default:
        break;
    }
  }

  /** @hot A pin's level. Edges of masked entries are lost (3.2.4, interrupt mask). */
  setPin(pin: number, asserted: boolean, edge: boolean): void {
    const bit = 1 << pin;
    const rose = asserted && (this.#pins & bit) === 0;
    this.#pins = asserted ? this.#pins | bit : this.#pins & ~bit;
    if (!edge || !rose) return;
    if ((this.#low[pin]! & Redirection.LEVEL) === 0) this.pulse(pin);
    else this.#requestLevel(pin);
  }

  /** @hot One rising edge. A level-sensitive entry needs a level to deliver. */
  pulse(pin: number): void {
    const low = this.#low[pin]!;
    if ((low & (Redirection.MASKED | Redirection.LEVEL)) === 0) this.#deliver(pin);
  }

  /** @hot A level-triggered interrupt with this vector has ended: a level that is still there interrupts again. */
  endOfInterrupt(vector: number): void {
    for (let pin = 0; pin < IOAPIC_PINS; pin++) {
      const low = this.#low[pin]!;
      if ((low & Redirection.REMOTE_IRR) === 0 || (low & Redirection.VECTOR) !== vector) continue;
      this.#low[pin] = low & ~Redirection.REMOTE_IRR;
      this.#requestLevel(pin);
    }
  }

  reset(): void {
    this.#select = 0;
    this.#id = this.#config.ioId;
    this.#pins = 0;
    this.#low.fill(Redirection.MASKED);
    this.#high.fill(0);
  }

  save(): IoApicState {
    const entries = Array.from(this.#low, (low, pin) => ({ low, high: this.#high[pin]! }));
    return { select: this.#select, id: this.#id, pins: this.#pins, entries };
  }

  /** @hot */
  #readIndexed(): number {
    switch (this.#select) {
      case IoApicIndex.ID:
      case IoApicIndex.ARBITRATION:
        return this.#id << 24;
      case IoApicIndex.VERSION:
        return this.#config.ioVersion | ((IOAPIC_PINS - 1) << 16);
      default: {
        const pin = (this.#select - IoApicIndex.REDIRECTION) >> 1;
        if (pin < 0 || pin >= IOAPIC_PINS) return 0;
        return (this.#select & 1) === 0 ? this.#low[pin]! : this.#high[pin]!;
      }
    }
  }

  /** @hot */
  #writeIndexed(value: number): void {
    if (this.#select === IoApicIndex.ID) this.#id = (value >>> 24) & 0xf;
    const pin = (this.#select - IoApicIndex.REDIRECTION) >> 1;
    if (pin < 0 || pin >= IOAPIC_PINS) return;
    if ((this.#select & 1) === 0) this.#writeLow(pin, value);
    else this.#high[pin] = value & 0xff00_0000;
  }

  /** @hot Remote IRR is read-only, and an edge has none: drivers clear it by a moment as an edge. */
  #writeLow(pin: number, value: number): void {
    const remote = this.#low[pin]! & Redirection.REMOTE_IRR;
    const written = value & Redirection.WRITABLE;
    this.#low[pin] = (written & Redirection.LEVEL) === 0 ? written : written | remote;
    this.#requestLevel(pin);
  }

  /** @hot */
  #requestLevel(pin: number): void {
    const low = this.#low[pin]!;
    if ((this.#pins & (1 << pin)) === 0 || (low & Redirection.LEVEL) === 0) return;
    if ((low & (Redirection.MASKED | Redirection.REMOTE_IRR)) !== 0) return;
    const mode = (low >>> Redirection.MODE_SHIFT) & 7;
    // Only what is ended by an EOI can be level-triggered; the others count as edges (3.2.4, delivery mode).
    const ends = mode === Delivery.FIXED || mode === Delivery.LOWEST;
    // Before the delivery: it may be acknowledged and ended within it.
    if (ends) this.#low[pin] = low | Redirection.REMOTE_IRR;
    if (!this.#deliver(pin) && ends) this.#low[pin] = low;
  }

  /** @hot */
  #deliver(pin: number): boolean {
    const low = this.#low[pin]!;
    const mode = (low >>> Redirection.MODE_SHIFT) & 7;
    if (mode === Delivery.STARTUP) return false;
    const level = (low & Redirection.LEVEL) !== 0 && (mode === Delivery.FIXED || mode === Delivery.LOWEST);
    const destination = this.#high[pin]! >>> 24;
    return this.#bus.deliver(mode, low & Redirection.VECTOR, level, destination, (low & Redirection.LOGICAL) !== 0, false);
  }
}

import { Access, Status } from './registers.ts';
import type { CounterState } from './state.ts';

/** Nothing was programmed: as after a control word for mode 0, without a count. The data sheet leaves it undefined. */
const POWER_ON: CounterState = {
  mode: 0, bcd: false, access: Access.BOTH, count: 0, loaded: 0, counting: false, start: 0, held: -1, reloadAt: -1, resumedAt: -1, halfWritten: -1,
  readsHigh: false, latchedCount: -1, latchedStatus: -1, gate: true, out: false,
};

/** Places in the array of moments, which are too large for small integers. */
const At = { start: 0, held: 1, reload: 2, resumed: 3 } as const;

/**
 * One counter of the 8254. It never counts: what the counting element holds and what OUT shows follow from the moment
 * it was loaded. `now` is in ticks everywhere.
 */
export class Counter {
  /** OUT, as of the last call that took `now`. */
  out = false;
  readonly #at = new Float64Array(4);
  #mode = 0;
  #bcd = false;
  #access: number = Access.BOTH;
  #count = 0;
  #loaded = 0;
  #counting = false;
  #halfWritten = -1;
  #readsHigh = false;
  #latchedCount = -1;
  #latchedStatus = -1;
  #gate = true;

  constructor() {
    this.restore(POWER_ON);
  }

  /** @hot A control word for this counter, other than the latch command. */
  control(now: number, access: number, mode: number, bcd: boolean): void {
    this.#access = access;
    // Modes 6 and 7 are 2 and 3.
    this.#mode = mode > 5 ? mode - 4 : mode;
    this.#bcd = bcd;
    this.#counting = false;
    this.#at[At.held] = -1;
    this.#at[At.reload] = -1;
    this.#at[At.resumed] = -1;
    this.#halfWritten = -1;
    this.#readsHigh = false;
    this.#latchedCount = -1;
    this.#latchedStatus = -1;
    this.settle(now);
  }

  /** @hot */
  write(now: number, byte: number): void {
    this.settle(now);
    switch (this.#access) {
      case Access.LSB:
        this.#load(now, byte);
        break;
      case Access.MSB:
        this.#load(now, byte << 8);
        break;
      default:
        if (this.#halfWritten < 0) {
          this.#halfWritten = byte;
          // The first byte stops the count in mode 0, and OUT goes low.
          if (this.#mode === 0) this.#counting = false;
        } else {
          const low = this.#halfWritten;
          this.#halfWritten = -1;
          this.#load(now, low | (byte << 8));
        }
    }
    this.settle(now);
  }

  /** @hot The latched status, the latched count, or the count. */
  read(now: number): number {
    this.settle(now);
    if (this.#latchedStatus >= 0) {
      const status = this.#latchedStatus;
      this.#latchedStatus = -1;
      return status;
    }
    const count = this.#latchedCount >= 0 ? this.#latchedCount : this.#value(now);
    const high = this.#access === Access.MSB || (this.#access === Access.BOTH && this.#readsHigh);
    if (this.#access === Access.BOTH) this.#readsHigh = !this.#readsHigh;
    if (this.#access !== Access.BOTH || high) this.#latchedCount = -1;
    return high ? count >> 8 : count & 0xff;
  }

  /** @hot A count that is latched stays until it is read. */
  latchCount(now: number): void {
    this.settle(now);
    if (this.#latchedCount < 0) this.#latchedCount = this.#value(now);
  }

  /** @hot */
  latchStatus(now: number): void {
    if (this.#latchedStatus >= 0) return;
    this.settle(now);
    const loading = !this.#counting || this.#at[At.reload]! >= 0 || this.#at[At.start]! > now;
    this.#latchedStatus =
      (this.out ? Status.OUT : 0) | (loading ? Status.NULL_COUNT : 0) | (this.#access << 4) | (this.#mode << 1) | (this.#bcd ? 1 : 0);
  }

  /** @hot GATE: stops modes 0, 2, 3 and 4; its rise begins anew in all but 0 and 4. */
  setGate(now: number, gate: boolean): void {
    if (gate === this.#gate) return;
    this.settle(now);
    this.#gate = gate;
    const { held, start } = At;
    if (this.#mode === 1 || this.#mode === 5) {
      if (gate && (this.#counting || this.#at[At.reload]! >= 0)) this.#begin(now + 1);
    } else if (this.#counting) {
      if (!gate) this.#at[held] = Math.max(0, now - this.#at[start]!);
      else if (this.#mode !== 0 && this.#mode !== 4) this.#begin(now + 1);
      else if (this.#at[start]! <= now) {
        // Within one tick it is as if nothing had been.
        if (now - this.#at[start]! > this.#at[held]!) this.#at[At.resumed] = now;
        this.#at[start] = now - this.#at[held]!;
      }
      if (gate) this.#at[held] = -1;
    }
    this.settle(now);
  }

  /** @hot Takes a new count over when its time has come, and looks at OUT. */
  settle(now: number): void {
    const at = this.#at[At.reload]!;
    // A gate that stopped the count keeps the new one waiting for its rise.
    if (at >= 0 && at <= now && this.#mode !== 1 && this.#mode !== 5 && this.#at[At.held]! < 0) {
      const wasHigh = this.#outAt(at - 1);
      this.#begin(at);
      // In mode 3 a count may come in with the low half of the period.
      if (this.#mode === 3 && wasHigh) this.#at[At.start] = at - ((this.#length() + 1) >> 1);
    }
    this.out = this.#outAt(now);
  }

  /** @hot The tick of the next rise of OUT after `now`; −1 when none is to come. */
  nextRise(now: number): number {
    if (!this.#counting || this.#at[At.held]! >= 0) return -1;
    const start = this.#at[At.start]!;
    const length = this.#length();
    switch (this.#mode) {
      case 0:
      case 1:
        return start + length > now ? start + length : -1;
      case 2:
      case 3: {
        const reload = this.#at[At.reload]!;
        if (reload > now) {
          // It comes with the end of a period, or with the low half of one, which then has the new length.
          const half = this.#mode === 3 && this.#outAt(reload - 1);
          return half ? reload + (this.#lengthOf(this.#count) >> 1) : reload;
        }
        return now < start ? start + length : start + length * (Math.floor((now - start) / length) + 1);
      }
      default:
        return start + length + 1 > now ? start + length + 1 : -1;
    }
  }

  reset(gate: boolean): void {
    this.restore({ ...POWER_ON, gate });
  }

  save(): CounterState {
    return {
      mode: this.#mode, bcd: this.#bcd, access: this.#access, count: this.#count, loaded: this.#loaded, counting: this.#counting,
      start: this.#at[At.start]!, held: this.#at[At.held]!, reloadAt: this.#at[At.reload]!, resumedAt: this.#at[At.resumed]!, halfWritten: this.#halfWritten,
      readsHigh: this.#readsHigh, latchedCount: this.#latchedCount, latchedStatus: this.#latchedStatus, gate: this.#gate, out: this.out,
    };
  }

  restore(saved: CounterState): void {
    this.#mode = saved.mode;
    this.#bcd = saved.bcd;
    this.#access = saved.access;
    this.#count = saved.count;
    this.#loaded = saved.loaded;
    this.#counting = saved.counting;
    this.#at[At.start] = saved.start;
    this.#at[At.held] = saved.held;
    this.#at[At.reload] = saved.reloadAt;
    this.#at[At.resumed] = saved.resumedAt;
    this.#halfWritten = saved.halfWritten;
    this.#readsHigh = saved.readsHigh;
    this.#latchedCount = saved.latchedCount;
    this.#latchedStatus = saved.latchedStatus;
    this.#gate = saved.gate;
    this.out = saved.out;
  }

  /** @hot A count is complete. */
  #load(now: number, count: number): void {
    this.#count = count;
    switch (this.#mode) {
      case 1:
      case 5:
        // Waits for the trigger, unless one comes with this very tick.
        if (this.#counting && this.#at[At.start]! > now) this.#begin(now + 1);
        else this.#at[At.reload] = now + 1;
        break;
      case 2:
      case 3:
        if (!this.#counting || this.#at[At.held]! >= 0 || this.#at[At.start]! > now) this.#begin(now + 1);
        else this.#at[At.reload] = this.#endOfCycle(now);
        break;
      default:
        this.#begin(now + 1);
    }
  }

  /** @hot The count register goes to the counting element. */
  #begin(at: number): void {
    this.#loaded = this.#count;
    this.#counting = true;
    this.#at[At.start] = at;
    this.#at[At.reload] = -1;
    this.#at[At.held] = this.#gate || this.#mode === 1 || this.#mode === 5 ? -1 : 0;
  }

  /** @hot When a new count is taken in: the end of the period in mode 2, of half of it in mode 3. */
  #endOfCycle(now: number): number {
    const start = this.#at[At.start]!;
    const length = this.#length();
    const period = start + length * Math.floor((now - start) / length);
    const half = period + ((length + 1) >> 1);
    return this.#mode === 3 && now < half ? half : period + length;
  }

  /** @hot */
  #length(): number {
    return this.#lengthOf(this.#loaded);
  }

  /** @hot Ticks of a count: 0 is the largest. Periods of 1 do not exist. */
  #lengthOf(written: number): number {
    const count = this.#bcd ? fromBcd(written) : written;
    if (count === 0) return this.#modulus();
    return count === 1 && (this.#mode === 2 || this.#mode === 3) ? this.#modulus() : count;
  }

  /** @hot */
  #modulus(): number {
    return this.#bcd ? 10_000 : 0x1_0000;
  }

  /** @hot */
  #outAt(now: number): boolean {
    if (!this.#counting) return this.#mode !== 0;
    const held = this.#at[At.held]!;
    if (held >= 0 && (this.#mode === 2 || this.#mode === 3)) return true;
    const passed = now - this.#at[At.start]!;
    const elapsed = held >= 0 ? held : passed;
    // Until the tick of the load OUT stays, but for mode 0, where writing the count takes it back.
    if (passed < 0) return this.#mode !== 0 && this.out;
    const length = this.#length();
    switch (this.#mode) {
      case 0:
      case 1:
        return elapsed >= length;
      case 2:
        return elapsed % length !== length - 1;
      case 3:
        return elapsed % length < (length + 1) >> 1;
      default:
        // The strobe is over with its tick, and does not come back with the gate.
        return elapsed !== length || passed !== length || now === this.#at[At.resumed]!;
    }
  }

  /** @hot What the counting element shows. */
  #value(now: number): number {
    if (!this.#counting) return this.#loaded;
    const held = this.#at[At.held]!;
    const elapsed = Math.max(0, held >= 0 ? held : now - this.#at[At.start]!);
    const length = this.#length();
    const modulus = this.#modulus();
    let value = 0;
    if (this.#mode === 2) value = length - (elapsed % length);
    else if (this.#mode === 3) {
      const half = (length + 1) >> 1;
      const within = elapsed % length;
      value = (length & ~1) - 2 * (within < half ? within : within - half);
    } else value = (((length - elapsed) % modulus) + modulus) % modulus;
    value %= modulus;
    return this.#bcd ? toBcd(value) : value;
  }
}

/** @hot */
function fromBcd(bcd: number): number {
  return (bcd & 0xf) + 10 * ((bcd >> 4) & 0xf) + 100 * ((bcd >> 8) & 0xf) + 1000 * (bcd >> 12);
}

/** @hot */
function toBcd(value: number): number {
  const thousands = Math.floor(value / 1000) % 10;
  const hundreds = Math.floor(value / 100) % 10;
  return (thousands << 12) | (hundreds << 8) | ((Math.floor(value / 10) % 10) << 4) | value % 10;
}

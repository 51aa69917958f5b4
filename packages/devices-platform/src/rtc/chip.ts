import type { Clock, LevelLine, Region, Timer } from '@polyvisor/core';
import { dayOf, daysOf, monthOf, weekdayOf, yearOf } from './calendar.ts';
import { DO_NOT_CARE, Index, PM, Reg, RegA, RegB, RegC, VRT } from './registers.ts';
import type { RtcState } from './state.ts';

export interface RtcWiring {
  readonly clock: Clock;
  /** IRQ, through the PC's inverter. */
  readonly irq: LevelLine;
  readonly centuryRegister: number;
  /** The memory at power-on. */
  readonly ram: Uint8Array;
  /** The date at power-on, in milliseconds since 1970. */
  readonly start: number;
  timer(fire: () => void): Timer;
}

const SECOND = 1e9;
const DAY = 86_400;
/** UIP rises this long before an update, in ns (register A). */
const UIP_BEFORE_UPDATE = 244_000;
/** Time base in Hz, and from a divider that is let go to the first update in ns. */
const TIME_BASE = 32_768;
const HALF_SECOND = 5e8;
/** Register A and B as firmware leaves them: 32.768 kHz, 1024 Hz; BCD, 24 hours. */
const POWER_ON_A = 0x26;
const POWER_ON_B = RegB.HOURS_24;

/** Places in the array of moments, which are too large for small integers. */
const At = { second: 0, settled: 1 } as const;

/**
 * The MC146818A. The date is worked out from the second it was set in; flags from the time since they were last looked
 * at. Only a flag that interrupts needs a timer.
 */
export class RtcChip implements Region {
  readonly #wiring: RtcWiring;
  readonly #timer: Timer;
  readonly #ram: Uint8Array;
  readonly #at = new Float64Array(2);
  #index = 0;
  #nmiMasked = false;
  #a = POWER_ON_A;
  #b: number = POWER_ON_B;
  #flags = 0;
  #days = 0;
  #second = 0;
  #weekdayShift = 0;

  constructor(wiring: RtcWiring, saved: RtcState | undefined) {
    this.#wiring = wiring;
    this.#timer = wiring.timer(() => this.#settle());
    this.#ram = Uint8Array.from(saved?.ram ?? wiring.ram);
    if (saved) this.#restore(saved);
    else {
      const now = wiring.clock.now();
      const seconds = Math.floor(wiring.start / 1000);
      this.#days = Math.floor(seconds / DAY);
      this.#second = seconds - this.#days * DAY;
      this.#at[At.second] = Math.round(now - (wiring.start - 1000 * seconds) * 1e6);
      this.#at[At.settled] = now;
    }
    this.#drive();
  }

  /** @hot The index cannot be read. */
  read(offset: number): number {
    return offset === 0 ? 0xff : this.#readData();
  }

  /** @hot */
  write(offset: number, _size: 1 | 2 | 4, value: number): void {
    const byte = value & 0xff;
    if (offset !== 0) {
      this.#writeData(byte);
      return;
    }
    this.#index = byte & Index.REGISTER;
    this.#nmiMasked = (byte & Index.NMI_MASK) !== 0;
  }

  /** The RESET pin: interrupts are off; the date and the memory have a battery. */
  reset(): void {
    this.#settle();
    this.#index = 0;
    this.#nmiMasked = false;
    this.#b &= ~(RegB.PIE | RegB.AIE | RegB.UIE | RegB.SQWE);
    this.#flags = 0;
    this.#update();
  }

  destroy(): void {
    this.#timer.cancel();
    this.#wiring.irq.set(false);
  }

  save(): RtcState {
    return {
      index: this.#index, nmiMasked: this.#nmiMasked, registerA: this.#a, registerB: this.#b, flags: this.#flags, days: this.#days,
      second: this.#second, secondAt: this.#at[At.second]!, weekdayShift: this.#weekdayShift, settledAt: this.#at[At.settled]!,
      ram: Uint8Array.from(this.#ram), wakesAt: this.#timer.armed ? this.#timer.deadline : null,
    };
  }

  #restore(saved: RtcState): void {
    this.#index = saved.index;
    this.#nmiMasked = saved.nmiMasked;
    this.#a = saved.registerA;
    this.#b = saved.registerB;
    this.#flags = saved.flags;
    this.#days = saved.days;
    this.#second = saved.second;
    this.#at[At.second] = saved.secondAt;
    this.#weekdayShift = saved.weekdayShift;
    this.#at[At.settled] = saved.settledAt;
    if (saved.wakesAt !== null) this.#timer.arm(saved.wakesAt);
  }

  /** @hot */
  #readData(): number {
    switch (this.#index) {
      case Reg.A:
        return this.#a | (this.#updates() ? RegA.UIP : 0);
      case Reg.B:
        return this.#b;
      case Reg.C:
        return this.#readFlags();
      case Reg.D:
        return VRT;
      default:
        if (!this.#isDate(this.#index) || !this.#runs()) return this.#ram[this.#index]!;
        return this.#dateByte(this.#index, this.#elapsed());
    }
  }

  /** @hot */
  #writeData(byte: number): void {
    switch (this.#index) {
      case Reg.A:
        this.#settle();
        this.#writeControl(byte & RegA.WRITABLE, this.#b);
        break;
      case Reg.B:
        this.#settle();
        // SET takes UIE back.
        this.#writeControl(this.#a, (byte & RegB.SET) !== 0 ? byte & ~RegB.UIE : byte);
        break;
      case Reg.C:
      case Reg.D:
        break;
      default:
        this.#settle();
        this.#writeRam(byte);
    }
    this.#update();
  }

  /** @hot Registers A and B. A change of the format leaves the date's bytes, which then mean something else. */
  #writeControl(a: number, b: number): void {
    const ran = this.#runs();
    const wasReset = dividerReset(this.#a);
    if (ran) this.#freeze();
    this.#a = a;
    this.#b = b;
    if (wasReset && !dividerReset(a)) this.#at[At.second] = this.#wiring.clock.now() - HALF_SECOND;
    if (this.#runs()) this.#thaw();
  }

  /** @hot */
  #writeRam(byte: number): void {
    const date = this.#isDate(this.#index) && this.#runs();
    if (date) this.#freeze();
    this.#ram[this.#index] = byte;
    if (date) this.#thaw();
  }

  /** @hot */
  #readFlags(): number {
    this.#settle();
    const flags = this.#flags;
    const value = (flags & this.#b & RegC.FLAGS) !== 0 ? flags | RegC.IRQF : flags;
    if (flags !== 0) {
      this.#flags = 0;
      this.#update();
    }
    return value;
  }

  /** @hot Updates happen: not while SET is 1 or the divider is held. */
  #runs(): boolean {
    return (this.#b & RegB.SET) === 0 && !dividerReset(this.#a);
  }

  /** @hot An index whose byte follows from the date. */
  #isDate(index: number): boolean {
    if (index === this.#wiring.centuryRegister) return true;
    return index <= Reg.YEAR && (index >= Reg.DAY_OF_WEEK || (index & 1) === 0);
  }

  /** @hot Whole seconds since `secondAt`. */
  #elapsed(): number {
    return Math.floor((this.#wiring.clock.now() - this.#at[At.second]!) / SECOND);
  }

  /** @hot UIP. */
  #updates(): boolean {
    if (!this.#runs()) return false;
    const since = this.#wiring.clock.now() - this.#at[At.second]!;
    return SECOND - (since % SECOND) <= UIP_BEFORE_UPDATE;
  }

  /** @hot */
  #dateByte(index: number, elapsed: number): number {
    const total = this.#second + elapsed;
    const days = this.#days + Math.floor(total / DAY);
    const second = total - Math.floor(total / DAY) * DAY;
    switch (index) {
      case Reg.SECONDS:
        return this.#encode(second % 60);
      case Reg.MINUTES:
        return this.#encode(Math.floor(second / 60) % 60);
      case Reg.HOURS:
        return this.#encodeHour(Math.floor(second / 3600));
      case Reg.DAY_OF_WEEK:
        return this.#encode(((weekdayOf(days) + this.#weekdayShift) % 7) + 1);
      case Reg.DAY:
        return this.#encode(dayOf(days));
      case Reg.MONTH:
        return this.#encode(monthOf(days));
      case Reg.YEAR:
        return this.#encode(yearOf(days) % 100);
      default:
        return this.#encode(Math.floor(yearOf(days) / 100) % 100);
    }
  }

  /** @hot The date goes to the bytes, where it stands still. */
  #freeze(): void {
    const elapsed = this.#elapsed();
    for (let index = Reg.SECONDS as number; index <= Reg.YEAR; index++) {
      if (this.#isDate(index)) this.#ram[index] = this.#dateByte(index, elapsed);
    }
    this.#ram[this.#wiring.centuryRegister] = this.#dateByte(this.#wiring.centuryRegister, elapsed);
  }

  /** @hot The date comes from the bytes and runs on. Impossible ones mean the next possible date. */
  #thaw(): void {
    const ram = this.#ram;
    const year = 100 * this.#decode(ram[this.#wiring.centuryRegister]!) + this.#decode(ram[Reg.YEAR]!);
    const month = Math.min(12, Math.max(1, this.#decode(ram[Reg.MONTH]!)));
    const day = Math.max(1, this.#decode(ram[Reg.DAY]!));
    const total = this.#decodeHour(ram[Reg.HOURS]!) * 3600 + this.#decode(ram[Reg.MINUTES]!) * 60 + this.#decode(ram[Reg.SECONDS]!);
    this.#days = daysOf(year, month, day) + Math.floor(total / DAY);
    this.#second = total % DAY;
    this.#at[At.second]! += this.#elapsed() * SECOND;
    const weekday = this.#decode(ram[Reg.DAY_OF_WEEK]!) + 6;
    this.#weekdayShift = (((weekday - weekdayOf(this.#days)) % 7) + 7) % 7;
  }

  /** @hot */
  #encode(value: number): number {
    return (this.#b & RegB.BINARY) !== 0 ? value : (Math.floor(value / 10) << 4) | value % 10;
  }

  /** @hot */
  #decode(byte: number): number {
    return (this.#b & RegB.BINARY) !== 0 ? byte : 10 * (byte >> 4) + (byte & 0xf);
  }

  /** @hot */
  #encodeHour(hour: number): number {
    if ((this.#b & RegB.HOURS_24) !== 0) return this.#encode(hour);
    const encoded = this.#encode(hour % 12 === 0 ? 12 : hour % 12);
    return hour >= 12 ? encoded | PM : encoded;
  }

  /** @hot */
  #decodeHour(byte: number): number {
    if ((this.#b & RegB.HOURS_24) !== 0) return this.#decode(byte);
    return (this.#decode(byte & ~PM) % 12) + ((byte & PM) !== 0 ? 12 : 0);
  }

  /** @hot Length of the periodic interrupt in ns; 0 without one. Rates 1 and 2 are those of 8 and 9. */
  #period(): number {
    const rate = this.#a & RegA.RATE;
    if (rate === 0 || dividerReset(this.#a)) return 0;
    return (SECOND * 2 ** ((rate < 3 ? rate + 7 : rate) - 1)) / TIME_BASE;
  }

  /** @hot The first end of a period after `at`, in whole ns. */
  #nextPeriod(at: number, period: number): number {
    const phase = this.#at[At.second]!;
    const next = phase + period * (Math.floor((at - phase) / period) + 1);
    // Periods are not whole nanoseconds: the end of one must not be found again from its own rounded time.
    return Math.ceil(next) > at ? Math.ceil(next) : Math.ceil(next + period);
  }

  /** @hot The first update after `at`. */
  #nextUpdate(at: number): number {
    const phase = this.#at[At.second]!;
    return phase + SECOND * (Math.floor((at - phase) / SECOND) + 1);
  }

  /** @hot The first update after `at` that brings the alarm; −1 when none does. */
  #nextAlarm(at: number): number {
    const ram = this.#ram;
    const seconds = ram[Reg.SECONDS_ALARM]! >= DO_NOT_CARE ? -1 : this.#decode(ram[Reg.SECONDS_ALARM]!);
    const minutes = ram[Reg.MINUTES_ALARM]! >= DO_NOT_CARE ? -1 : this.#decode(ram[Reg.MINUTES_ALARM]!);
    const hours = ram[Reg.HOURS_ALARM]! >= DO_NOT_CARE ? -1 : this.#decodeHour(ram[Reg.HOURS_ALARM]!);
    if (seconds > 59 || minutes > 59 || hours > 23) return -1;
    const update = this.#nextUpdate(at);
    const elapsed = Math.round((update - this.#at[At.second]!) / SECOND);
    const first = (((this.#second + elapsed) % DAY) + DAY) % DAY;
    let second = seconds < 0 ? first : first + ((seconds - (first % 60) + 60) % 60);
    // A day of minutes, and the one that has begun.
    for (let i = 0; i <= 1440; i++) {
      const hour = Math.floor(second / 3600) % 24;
      const minute = Math.floor(second / 60) % 60;
      if ((hours < 0 || hours === hour) && (minutes < 0 || minutes === minute)) return update + (second - first) * SECOND;
      second = seconds < 0 ? (Math.floor(second / 60) + 1) * 60 : second + 60;
    }
    return -1;
  }

  /** @hot Brings the flags up to date. */
  #settle(): void {
    const now = this.#wiring.clock.now();
    const settled = this.#at[At.settled]!;
    if (now > settled) {
      const period = this.#period();
      if ((this.#flags & RegC.PF) === 0 && period > 0 && this.#nextPeriod(settled, period) <= now) this.#flags |= RegC.PF;
      if (this.#runs()) {
        if ((this.#flags & RegC.UF) === 0 && this.#nextUpdate(settled) <= now) this.#flags |= RegC.UF;
        if ((this.#flags & RegC.AF) === 0) this.#settleAlarm(settled, now);
      }
      this.#at[At.settled] = now;
    }
    this.#update();
  }

  /** @hot */
  #settleAlarm(settled: number, now: number): void {
    const alarm = this.#nextAlarm(settled);
    if (alarm >= 0 && alarm <= now) this.#flags |= RegC.AF;
  }

  /** @hot Drives the line, and sees to it that the next flag which interrupts is noticed. */
  #update(): void {
    this.#drive();
    const wanted = this.#b & ~this.#flags;
    const from = this.#at[At.settled]!;
    let next = Infinity;
    const period = this.#period();
    if ((wanted & RegB.PIE) !== 0 && period > 0) next = this.#nextPeriod(from, period);
    if (this.#runs()) {
      if ((wanted & RegB.UIE) !== 0) next = Math.min(next, this.#nextUpdate(from));
      if ((wanted & RegB.AIE) !== 0) {
        const alarm = this.#nextAlarm(from);
        if (alarm >= 0) next = Math.min(next, alarm);
      }
    }
    if (next === Infinity) this.#timer.cancel();
    else this.#timer.arm(next);
  }

  /** @hot */
  #drive(): void {
    this.#wiring.irq.set((this.#flags & this.#b & RegC.FLAGS) !== 0);
  }
}

/** @hot The divider chain is held (register A, DV = 11x). */
function dividerReset(a: number): boolean {
  return a >> RegA.DIVIDER_SHIFT >= RegA.DIVIDER_RESET;
}

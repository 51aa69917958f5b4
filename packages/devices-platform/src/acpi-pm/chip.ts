import type { Clock, DeviceLog, LevelLine, PowerControl, Region, Timer } from '@polyvisor/core';
import type { PmConfig } from './config.ts';
import { PM_TIMER_FREQUENCY, Pm1, Pm1Control, PmOffset, SMI_APMC_ENABLED } from './registers.ts';
import type { AcpiPmState } from './state.ts';

export interface AcpiPmWiring {
  readonly clock: Clock;
  readonly sci: LevelLine;
  readonly power: PowerControl;
  readonly log: DeviceLog;
  timer(fire: () => void): Timer;
}

const SECOND = 1e9;

/** Fixed ACPI hardware: events, control, timer and the SMI command port. */
export class AcpiPmChip implements Region {
  /** The SMI command port and the byte beside it. */
  readonly smi: Region;
  readonly #wiring: AcpiPmWiring;
  readonly #config: PmConfig;
  readonly #timer: Timer;
  /** Ticks at which the timer's highest bit changes. */
  readonly #half: number;
  /** One number beyond 32 bits, which a field would box: ticks up to which the status is known. */
  readonly #settled = new Float64Array(1);
  #status = 0;
  #enable = 0;
  #control: number;
  #smiCommand = 0;
  #smiData = 0;

  constructor(wiring: AcpiPmWiring, config: PmConfig, saved: AcpiPmState | undefined) {
    this.#wiring = wiring;
    this.#config = config;
    this.#half = 2 ** (config.timerBits - 1);
    this.#timer = wiring.timer(() => this.#update());
    this.#control = config.startsEnabled ? Pm1Control.SCI_EN : 0;
    this.smi = {
      read: (offset) => (offset === 0 ? this.#smiCommand : this.#smiData),
      write: (offset, _size, value) => this.#writeSmi(offset, value & 0xff),
    };
    this.#settled[0] = this.#ticks();
    if (!saved) return;
    this.#status = saved.status;
    this.#enable = saved.enable;
    this.#control = saved.control;
    this.#settled[0] = saved.settledAt;
    this.#smiCommand = saved.smiCommand;
    this.#smiData = saved.smiData;
    if (saved.timerAt !== null) this.#timer.arm(saved.timerAt);
    wiring.sci.set(this.#raises());
  }

  /** @hot Any width: registers are looked at as 32-bit words. */
  read(offset: number, size: 1 | 2 | 4): number {
    const shift = 8 * (offset & 3);
    const low = this.#word(offset & ~3) >>> shift;
    if ((offset & 3) + size <= 4) return low | 0;
    return low | (this.#word((offset & ~3) + 4) << (32 - shift));
  }

  /** @hot */
  write(offset: number, size: 1 | 2 | 4, value: number): void {
    for (let i = 0; i < size; i++) this.#writeByte(offset + i, (value >> (8 * i)) & 0xff);
    this.#update();
  }

  /** The power button was pressed (4.8.2.2.1). */
  pressButton(): void {
    this.#status |= Pm1.PWRBTN;
    this.#update();
  }

  reset(): void {
    this.#status = 0;
    this.#enable = 0;
    this.#control = this.#config.startsEnabled ? Pm1Control.SCI_EN : 0;
    this.#settled[0] = this.#ticks();
    this.#smiCommand = 0;
    this.#smiData = 0;
    this.#update();
  }

  destroy(): void {
    this.#timer.cancel();
    this.#wiring.sci.set(false);
  }

  save(): AcpiPmState {
    return {
      status: this.#status, enable: this.#enable, control: this.#control, settledAt: this.#settled[0]!,
      timerAt: this.#timer.armed ? this.#timer.deadline : null, smiCommand: this.#smiCommand, smiData: this.#smiData,
    };
  }

  /** @hot */
  #word(offset: number): number {
    switch (offset) {
      case PmOffset.EVENT:
        this.#settle();
        return this.#status | (this.#enable << 16);
      case PmOffset.CONTROL:
        return this.#control;
      case PmOffset.TIMER:
        return this.#config.timerBits === 24 ? this.#ticks() & 0xff_ffff : this.#ticks() | 0;
      case PmOffset.SMI_ENABLE:
        return SMI_APMC_ENABLED;
      default:
        return 0;
    }
  }

  /** @hot */
  #writeByte(offset: number, byte: number): void {
    const shift = 8 * (offset & 1);
    const mask = 0xff << shift;
    const bits = byte << shift;
    switch (offset & ~1) {
      case PmOffset.EVENT:
        this.#settle();
        this.#status &= ~bits;
        break;
      case PmOffset.EVENT + 2:
        this.#enable = ((this.#enable & ~mask) | bits) & Pm1.ENABLE;
        break;
      case PmOffset.CONTROL: {
        // SCI_EN belongs to the firmware (4.8.3.2.1).
        const written = (this.#control & ~mask) | bits;
        this.#control = (written & Pm1Control.WRITABLE) | (this.#control & Pm1Control.SCI_EN);
        if ((bits & Pm1Control.SLP_EN) !== 0) this.#sleep();
        break;
      }
      default:
        break;
    }
  }

  /** @hot SLP_EN was written. */
  #sleep(): void {
    if (this.#control >> Pm1Control.SLP_TYP_SHIFT === this.#config.s5) this.#wiring.power.powerOff(0);
    else this.#wiring.log.guestError('a sleep state other than S5 was asked for; there is none');
  }

  /** @hot */
  #writeSmi(offset: number, byte: number): void {
    if (offset !== 0) {
      this.#smiData = byte;
      return;
    }
    this.#smiCommand = byte;
    if (byte === this.#config.enable) this.#control |= Pm1Control.SCI_EN;
    else if (byte === this.#config.disable) this.#control &= ~Pm1Control.SCI_EN;
    this.#update();
  }

  /** @hot By seconds, so that the products stay below 2^53. */
  #ticks(): number {
    const ns = this.#wiring.clock.now();
    const seconds = Math.floor(ns / SECOND);
    return seconds * PM_TIMER_FREQUENCY + Math.floor(((ns - seconds * SECOND) * PM_TIMER_FREQUENCY) / SECOND);
  }

  /** @hot The timer's status is set when its highest bit changes (4.8.2.1). */
  #settle(): void {
    const now = this.#ticks();
    if (Math.floor(now / this.#half) !== Math.floor(this.#settled[0]! / this.#half)) this.#status |= Pm1.TMR;
    this.#settled[0] = now;
  }

  /** @hot */
  #raises(): boolean {
    return (this.#control & Pm1Control.SCI_EN) !== 0 && (this.#status & this.#enable) !== 0;
  }

  /** @hot Drives SCI, and wakes up for the timer's status when that would raise it. */
  #update(): void {
    this.#settle();
    this.#wiring.sci.set(this.#raises());
    if ((this.#enable & ~this.#status & Pm1.TMR) === 0 || (this.#control & Pm1Control.SCI_EN) === 0) {
      this.#timer.cancel();
      return;
    }
    const tick = this.#half * (Math.floor(this.#settled[0]! / this.#half) + 1);
    const seconds = Math.floor(tick / PM_TIMER_FREQUENCY);
    const rest = tick - seconds * PM_TIMER_FREQUENCY;
    this.#timer.arm(seconds * SECOND + Math.ceil((rest * SECOND) / PM_TIMER_FREQUENCY));
  }
}

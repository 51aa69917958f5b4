import type { Clock, CpuPins, Timer } from '@polyvisor/core';
import { ApicTimer } from './apic-timer.ts';
import {
  Base, Delivery, Esr, Icr, LAPIC_VERSION, LVT_COUNT, LVT_WRITABLE, Lapic, Lvt, Svr,
} from './registers.ts';
import type { LocalApicState } from './state.ts';
import { VectorSet } from './vector-set.ts';

/** What a local APIC is connected to. */
export interface LocalApicWiring {
  /** Index of its processor, which is its APIC ID as well. */
  readonly id: number;
  readonly pins: CpuPins;
  readonly clock: Clock;
  timer(fire: () => void): Timer;
  /** Sends what ICR says. */
  send(sender: LocalApic, icr: number, destination: number): void;
  /** A level-triggered interrupt has ended. */
  broadcastEoi(vector: number): void;
  /** INTA to the 8259 pair. */
  acknowledgeExternal(): number;
}

type Mode = LocalApicState['mode'];
/** Flat model, and the bits that are always 1 (11.6.2.2). */
const DFR_POWER_ON = -1;
const DFR_CLUSTER = 0;
/** Entries of the local vector table that have work to do besides the timer. */
const LINT0 = Lapic.LVT_LINT0 - Lapic.LVT_TIMER;
const ERROR = Lapic.LVT_ERROR - Lapic.LVT_TIMER;

/** One processor's local APIC. */
export class LocalApic {
  readonly id: number;
  readonly #wiring: LocalApicWiring;
  readonly #timer: ApicTimer;
  readonly #irr = new VectorSet();
  readonly #isr = new VectorSet();
  readonly #tmr = new VectorSet();
  readonly #lvt = new Int32Array(LVT_COUNT);
  #mode: Mode = 'xapic';
  #tpr = 0;
  #ldr = 0;
  #dfr = DFR_POWER_ON;
  #svr: number = Svr.VECTOR;
  #esr = 0;
  #errors = 0;
  #icrLow = 0;
  #icrHigh = 0;
  #lint0 = false;
  #external = false;
  #intr = false;

  constructor(wiring: LocalApicWiring, virtualWire: boolean, saved: LocalApicState | undefined) {
    this.id = wiring.id;
    this.#wiring = wiring;
    this.#timer = new ApicTimer(wiring.clock, (fire) => wiring.timer(fire), () => this.#local(0));
    this.#initialise();
    if (virtualWire) this.#openVirtualWire();
    if (saved) this.#restore(saved);
    this.update();
  }

  get mode(): Mode {
    return this.#mode;
  }
  /** @hot It takes part in the delivery of fixed interrupts. */
  get enabled(): boolean {
    return this.#mode !== 'disabled' && (this.#svr & Svr.ENABLED) !== 0;
  }
  get timer(): ApicTimer {
    return this.#timer;
  }
  get icrHigh(): number {
    return this.#icrHigh;
  }

  /** IA32_APIC_BASE. A disabled one forgets everything; a change to x2APIC mode keeps all but LDR and ICR's high half. */
  setBase(low: number): void {
    const enabled = (low & Base.ENABLED) !== 0;
    const mode: Mode = !enabled ? 'disabled' : (low & Base.X2APIC) !== 0 ? 'x2apic' : 'xapic';
    if (mode === this.#mode) return;
    if (mode === 'disabled' || this.#mode === 'x2apic') this.#initialise();
    this.#mode = mode;
    if (mode === 'x2apic') this.#icrHigh = 0;
    this.update();
  }

  /** @hot The register at an index; reserved ones read 0 and are an error in xAPIC mode. */
  read(index: number): number {
    if (index >= Lapic.ISR && index < Lapic.IRR + 8) return this.#vectors(index).words[index & 7]!;
    if (index >= Lapic.LVT_TIMER && index < Lapic.LVT_TIMER + LVT_COUNT) return this.#lvt[index - Lapic.LVT_TIMER]!;
    switch (index) {
      case Lapic.ID:
        return this.#mode === 'x2apic' ? this.id : this.id << 24;
      case Lapic.VERSION:
        return LAPIC_VERSION;
      case Lapic.TPR:
        return this.#tpr;
      case Lapic.PPR:
        return this.priority();
      case Lapic.LDR:
        return this.#mode === 'x2apic' ? this.#clusterId() : this.#ldr;
      case Lapic.DFR:
        return this.#dfr;
      case Lapic.SVR:
        return this.#svr;
      case Lapic.ESR:
        return this.#esr;
      case Lapic.ICR_LOW:
        return this.#icrLow;
      case Lapic.ICR_HIGH:
        return this.#icrHigh;
      case Lapic.INITIAL_COUNT:
        return this.#timer.initialCount;
      case Lapic.CURRENT_COUNT:
        return this.#timer.currentCount();
      case Lapic.DIVIDE:
        return this.#timer.divideBits;
      case Lapic.APR:
      case Lapic.EOI:
      case Lapic.RRD:
        return 0;
      default:
        this.#error(Esr.ILLEGAL_REGISTER);
        return 0;
    }
  }

  /** @hot Read-only registers take nothing. */
  write(index: number, value: number): void {
    if (index >= Lapic.LVT_TIMER && index < Lapic.LVT_TIMER + LVT_COUNT) {
      this.#writeLvt(index - Lapic.LVT_TIMER, value);
      return;
    }
    switch (index) {
      case Lapic.TPR:
        this.#tpr = value & 0xff;
        this.update();
        break;
      case Lapic.EOI:
        this.#endOfInterrupt();
        break;
      case Lapic.LDR:
        this.#ldr = value & 0xff00_0000;
        break;
      case Lapic.DFR:
        this.#dfr = value | 0x0fff_ffff;
        break;
      case Lapic.SVR:
        this.#writeSvr(value);
        break;
      case Lapic.ESR:
        this.#esr = this.#errors;
        this.#errors = 0;
        break;
      case Lapic.ICR_LOW:
        this.writeIcr(value, this.#icrHigh);
        break;
      case Lapic.ICR_HIGH:
        this.#icrHigh = value & 0xff00_0000;
        break;
      case Lapic.INITIAL_COUNT:
        this.#timer.writeInitialCount(value);
        break;
      case Lapic.DIVIDE:
        this.#timer.writeDivide(value);
        break;
      default:
        if (!isReadOnly(index)) this.#error(Esr.ILLEGAL_REGISTER);
    }
  }

  /** @hot The whole ICR; its low half sends. */
  writeIcr(low: number, high: number): void {
    this.#icrLow = low & Icr.WRITABLE;
    this.#icrHigh = high;
    const mode = (low >>> Icr.MODE_SHIFT) & 7;
    if ((low & Icr.VECTOR) < 16 && (mode === Delivery.FIXED || mode === Delivery.LOWEST)) {
      this.#error(Esr.SEND_ILLEGAL_VECTOR);
      return;
    }
    this.#wiring.send(this, this.#icrLow, this.#mode === 'x2apic' ? high : high >>> 24);
  }

  /** @hot SELF IPI. */
  sendSelf(vector: number): void {
    if (vector < 16) this.#error(Esr.SEND_ILLEGAL_VECTOR);
    else this.accept(Delivery.FIXED, vector, false);
  }

  /** @hot Bits 7–4 of TPR. */
  get taskPriority(): number {
    return this.#tpr >> 4;
  }
  /** @hot */
  set taskPriority(priority: number) {
    this.#tpr = (priority & 0xf) << 4;
    this.update();
  }

  /** @hot PPR: the greater of the task's priority and that of what is in service (11.8.3.1). */
  priority(): number {
    const serving = Math.max(0, this.#isr.highest()) & 0xf0;
    return (this.#tpr & 0xf0) >= serving ? this.#tpr : serving;
  }

  /** @hot Whether a destination without broadcast or shorthand means this one (11.6.2, 11.12.9, 11.12.10). */
  matches(destination: number, logical: boolean): boolean {
    if (this.#mode === 'disabled') return false;
    if (!logical) return destination === this.id;
    if (this.#mode === 'x2apic') return ((this.#clusterId() ^ destination) >>> 16) === 0 && (this.#clusterId() & destination & 0xffff) !== 0;
    if (destination >>> 8 !== 0) return false;
    const own = this.#ldr >>> 24;
    if (this.#dfr >>> 28 !== DFR_CLUSTER) return (own & destination) !== 0;
    return (destination >> 4 === 0xf || destination >> 4 === own >> 4) && (own & destination & 0xf) !== 0;
  }

  /** @hot A message for this processor. False when it cannot be taken. */
  accept(mode: number, vector: number, level: boolean): boolean {
    switch (mode) {
      case Delivery.FIXED:
      case Delivery.LOWEST:
        return this.#acceptFixed(vector, level);
      case Delivery.SMI:
        this.#wiring.pins.smi(this.id);
        return true;
      case Delivery.NMI:
        this.#wiring.pins.nmi(this.id);
        return true;
      case Delivery.INIT:
        this.#initialise();
        this.update();
        this.#wiring.pins.init(this.id);
        return true;
      case Delivery.STARTUP:
        this.#wiring.pins.sipi(this.id, vector);
        return true;
      case Delivery.EXTINT:
        this.#external = true;
        this.update();
        return true;
      default:
        return false;
    }
  }

  /** @hot The INT output of the 8259 pair, on the bootstrap processor. */
  setLint0(asserted: boolean): void {
    if (asserted === this.#lint0) return;
    this.#lint0 = asserted;
    if (this.#lint0IsLevel()) this.#requestLint0();
    else if (asserted) this.#local(LINT0);
    this.update();
  }

  /** @hot INTA: the vector, or −1 when nothing is left to deliver. */
  acknowledge(): number {
    if (this.#externalWaits()) {
      this.#external = false;
      const vector = this.#wiring.acknowledgeExternal();
      this.update();
      return vector;
    }
    const vector = this.#deliverable();
    if (vector < 0) return -1;
    this.#irr.delete(vector);
    this.#isr.add(vector);
    this.update();
    return vector;
  }

  /** @hot Drives INTR. */
  update(): void {
    const intr = this.#externalWaits() || this.#deliverable() >= 0;
    if (intr === this.#intr) return;
    this.#intr = intr;
    this.#wiring.pins.setIntr(this.id, intr);
  }

  /** Power-on. */
  reset(virtualWire: boolean): void {
    this.#mode = 'xapic';
    this.#lint0 = false;
    this.#initialise();
    this.#timer.powerOn();
    if (virtualWire) this.#openVirtualWire();
    this.update();
  }

  destroy(): void {
    this.#timer.stop();
    this.#wiring.pins.setIntr(this.id, false);
  }

  save(): LocalApicState {
    return {
      mode: this.#mode, tpr: this.#tpr, ldr: this.#ldr, dfr: this.#dfr, svr: this.#svr, esr: this.#esr, errors: this.#errors,
      icrLow: this.#icrLow, icrHigh: this.#icrHigh, lvt: [...this.#lvt], irr: [...this.#irr.words], isr: [...this.#isr.words],
      tmr: [...this.#tmr.words], lint0: this.#lint0, external: this.#external, timer: this.#timer.save(),
    };
  }

  #restore(saved: LocalApicState): void {
    this.#mode = saved.mode;
    this.#tpr = saved.tpr;
    this.#ldr = saved.ldr;
    this.#dfr = saved.dfr;
    this.#svr = saved.svr;
    this.#esr = saved.esr;
    this.#errors = saved.errors;
    this.#icrLow = saved.icrLow;
    this.#icrHigh = saved.icrHigh;
    this.#lvt.set(saved.lvt);
    this.#irr.words.set(saved.irr);
    this.#isr.words.set(saved.isr);
    this.#tmr.words.set(saved.tmr);
    this.#lint0 = saved.lint0;
    this.#external = saved.external;
    this.#timer.restore(saved.timer, this.#lvt[0]!);
  }

  /** What power-on, INIT and disabling leave (11.4.7.1, 11.4.7.3). */
  #initialise(): void {
    this.#tpr = 0;
    this.#ldr = 0;
    this.#dfr = DFR_POWER_ON;
    this.#svr = Svr.VECTOR;
    this.#esr = 0;
    this.#errors = 0;
    this.#icrLow = 0;
    this.#icrHigh = 0;
    this.#lvt.fill(Lvt.MASKED);
    this.#irr.clear();
    this.#isr.clear();
    this.#tmr.clear();
    this.#external = false;
    this.#timer.reset();
  }

  #openVirtualWire(): void {
    this.#lvt[LINT0] = Delivery.EXTINT << Lvt.MODE_SHIFT;
  }

  /** @hot ISR, TMR or IRR, which follow one another. */
  #vectors(index: number): VectorSet {
    return index < Lapic.TMR ? this.#isr : index < Lapic.IRR ? this.#tmr : this.#irr;
  }

  /** @hot The logical x2APIC ID: the cluster, and the bit in it (11.12.10.2). */
  #clusterId(): number {
    return ((this.id >> 4) << 16) | (1 << (this.id & 0xf));
  }

  /** @hot Local interrupts and their masks; a disabled APIC keeps them masked (11.4.7.2). */
  #writeLvt(entry: number, value: number): void {
    const kept = this.#lvt[entry]! & Lvt.REMOTE_IRR;
    const masked = (this.#svr & Svr.ENABLED) === 0 ? Lvt.MASKED : 0;
    const written = (value & LVT_WRITABLE[entry]!) | masked;
    // Remote IRR is a level-triggered entry's.
    this.#lvt[entry] = (written & Lvt.LEVEL) !== 0 ? written | kept : written;
    if (entry === 0) this.#timer.configure(this.#lvt[0]!);
    else if (entry === LINT0) this.#requestLint0();
    this.update();
  }

  /** @hot */
  #writeSvr(value: number): void {
    this.#svr = value & Svr.MASK;
    if ((this.#svr & Svr.ENABLED) === 0) {
      for (let i = 0; i < LVT_COUNT; i++) this.#lvt[i]! |= Lvt.MASKED;
      this.#timer.configure(this.#lvt[0]!);
    }
    this.update();
  }

  /** @hot IRR, and TMR for the EOI to come; what is in IRR already is one with it. */
  #acceptFixed(vector: number, level: boolean): boolean {
    if (!this.enabled) return false;
    if (vector < 16) {
      this.#error(Esr.RECEIVE_ILLEGAL_VECTOR);
      return true;
    }
    if (level) this.#tmr.add(vector);
    else this.#tmr.delete(vector);
    this.#irr.add(vector);
    this.update();
    return true;
  }

  /** @hot */
  #endOfInterrupt(): void {
    const vector = this.#isr.highest();
    if (vector < 0) return;
    this.#isr.delete(vector);
    if (this.#tmr.has(vector)) {
      this.#endLint0(vector);
      if ((this.#svr & Svr.SUPPRESS_EOI_BROADCAST) === 0) this.#wiring.broadcastEoi(vector);
    }
    this.update();
  }

  /** @hot A local vector table entry's interrupt, as an edge. ExtINT is a level that `update` looks at. */
  #local(entry: number): void {
    const lvt = this.#lvt[entry]!;
    if ((lvt & Lvt.MASKED) !== 0) return;
    const mode = entry === 0 || entry === ERROR ? Delivery.FIXED : (lvt >>> Lvt.MODE_SHIFT) & 7;
    switch (mode) {
      case Delivery.FIXED:
      case Delivery.SMI:
      case Delivery.NMI:
      case Delivery.INIT:
        this.accept(mode, lvt & Lvt.VECTOR, false);
        break;
      default:
        break;
    }
  }

  /** @hot LINT0 is sensed by level, which only a fixed interrupt can be. */
  #lint0IsLevel(): boolean {
    const lvt = this.#lvt[LINT0]!;
    return (lvt & Lvt.LEVEL) !== 0 && ((lvt >>> Lvt.MODE_SHIFT) & 7) === Delivery.FIXED;
  }

  /** @hot A level of LINT0 that is not in service yet. */
  #requestLint0(): void {
    const lvt = this.#lvt[LINT0]!;
    if (!this.#lint0 || !this.#lint0IsLevel() || (lvt & (Lvt.MASKED | Lvt.REMOTE_IRR)) !== 0) return;
    if (this.#acceptFixed(lvt & Lvt.VECTOR, true)) this.#lvt[LINT0] = lvt | Lvt.REMOTE_IRR;
  }

  /** @hot The end of a level-triggered interrupt of LINT0, which comes again when the pin is still asserted. */
  #endLint0(vector: number): void {
    const lvt = this.#lvt[LINT0]!;
    if ((lvt & Lvt.REMOTE_IRR) === 0 || (lvt & Lvt.VECTOR) !== vector) return;
    this.#lvt[LINT0] = lvt & ~Lvt.REMOTE_IRR;
    this.#requestLint0();
  }

  /** @hot */
  #error(bits: number): void {
    if (this.#mode === 'disabled') return;
    this.#errors |= bits;
    const entry = this.#lvt[ERROR]!;
    // An entry with an illegal vector would be an error again.
    if ((entry & Lvt.VECTOR) >= 16) this.#local(ERROR);
    else if ((entry & Lvt.MASKED) === 0) this.#errors |= Esr.RECEIVE_ILLEGAL_VECTOR;
  }

  /** @hot An interrupt of the 8259 pair: LINT0 as ExtINT, or as INTR while there is no APIC (11.4.3). */
  #externalWaits(): boolean {
    if (this.#external) return true;
    if (!this.#lint0) return false;
    if (this.#mode === 'disabled') return true;
    const lvt = this.#lvt[LINT0]!;
    return (lvt & Lvt.MASKED) === 0 && ((lvt >>> Lvt.MODE_SHIFT) & 7) === Delivery.EXTINT;
  }

  /** @hot The vector whose priority is above the processor's, or −1. */
  #deliverable(): number {
    const vector = this.#irr.highest();
    return vector >= 0 && (vector & 0xf0) > (this.priority() & 0xf0) ? vector : -1;
  }
}

/** @hot Registers that exist and take no value. */
function isReadOnly(index: number): boolean {
  if (index >= Lapic.ISR && index < Lapic.IRR + 8) return true;
  switch (index) {
    case Lapic.ID:
    case Lapic.VERSION:
    case Lapic.APR:
    case Lapic.PPR:
    case Lapic.RRD:
    case Lapic.CURRENT_COUNT:
      return true;
    default:
      return false;
  }
}

import type { ByteSink, ByteSource, Clock, LevelLine, Region, Timer } from '@polyvisor/core';
import { characterTime } from './character-time.ts';
import { Receiver } from './receiver.ts';
import { Fcr, Ier, Iir, Lcr, Lsr, Mcr, Msr, Offset, TRIGGER_LEVELS } from './registers.ts';
import type { Uart16550State } from './state.ts';
import { Transmitter } from './transmitter.ts';

/** What the chip's pins are connected to. */
export interface Uart16550Wiring {
  readonly clock: Clock;
  /** SOUT. */
  readonly out: ByteSink;
  /** SIN. Its bytes are taken only when there is room, so that none is lost to an overrun. */
  readonly in: ByteSource;
  /** INTR, through the gate that a PC's card has. */
  readonly intr: LevelLine;
  readonly out2GatesInterrupt: boolean;
  /** Characters take their time on the line. */
  readonly timed: boolean;
  /** Bits of a character after a reset, 5 to 8. */
  readonly wordLength: number;
  timer(fire: () => void): Timer;
}

/** Data bits where WLS is 0. */
const LEAST_WORD = 5;
/** A peer that is always there: CTS, DSR and DCD asserted, no ringing. */
const PEER_PRESENT = Msr.CTS | Msr.DSR | Msr.DCD;

/** 9600 baud. The data sheet leaves the divisor latch undefined at power-on; a defined one makes runs repeatable. */
const POWER_ON_DIVISOR = 12;

/** Character times without receiving or reading before the timeout interrupt (§8.11). */
const TIMEOUT_CHARACTERS = 4;

/**
 * The PC16550D: registers, FIFOs, timing and the INTR pin.
 *
 *     THR ─▶ FIFO ─▶ shift register ─┬─▶ SOUT ─▶ out          MCR.LOOP joins the two shift registers,
 *                                    │ loop                   holds SOUT marking, ignores SIN, and
 *     RBR ◀─ FIFO ◀──────────────────┴─◀ SIN ◀── in           feeds MCR's four outputs into MSR.
 */
export class Uart16550Chip implements Region {
  readonly #wiring: Uart16550Wiring;
  readonly #receiver = new Receiver();
  readonly #transmitter = new Transmitter();
  readonly #arrival: Timer;
  readonly #departure: Timer;
  readonly #timeout: Timer;
  /** Looks at the source once the machine runs. It is not saved: it follows from the rest and from what waits. */
  readonly #look: Timer;
  #divisor = POWER_ON_DIVISOR;
  #ier = 0;
  #fcr = 0;
  #lcr = 0;
  #mcr = 0;
  #msr = PEER_PRESENT;
  #scr = 0;
  #modemInputs = PEER_PRESENT;
  /** Cleared with IER.ETBEI, so that it means an interrupt that waits. */
  #thrEmptyPending = false;
  #paused = false;

  constructor(wiring: Uart16550Wiring, saved: Uart16550State | undefined) {
    this.#wiring = wiring;
    this.#arrival = wiring.timer(() => this.#arrive());
    this.#departure = wiring.timer(() => this.#depart());
    this.#timeout = wiring.timer(() => this.#expire());
    this.#look = wiring.timer(() => this.#pull());
    wiring.in.onAvailable = () => this.#pull();
    this.#lcr = this.#resetLcr();
    if (saved) this.#restore(saved);
    this.#lookSoon();
    this.#drive();
  }

  /** @hot */
  read(offset: number): number {
    switch (offset) {
      case Offset.DATA:
        return (this.#lcr & Lcr.DLAB) !== 0 ? this.#divisor & 0xff : this.#readCharacter();
      case Offset.IER:
        return (this.#lcr & Lcr.DLAB) !== 0 ? this.#divisor >> 8 : this.#ier;
      case Offset.IIR_FCR:
        return this.#readIir();
      case Offset.LCR:
        return this.#lcr;
      case Offset.MCR:
        return this.#mcr;
      case Offset.LSR:
        return this.#readLsr();
      case Offset.MSR:
        return this.#readMsr();
      default:
        return this.#scr;
    }
  }

  /** @hot */
  write(offset: number, _size: 1 | 2 | 4, value: number): void {
    const byte = value & 0xff;
    switch (offset) {
      case Offset.DATA:
        if ((this.#lcr & Lcr.DLAB) !== 0) this.#divisor = (this.#divisor & 0xff00) | byte;
        else this.#writeCharacter(byte);
        break;
      case Offset.IER:
        if ((this.#lcr & Lcr.DLAB) !== 0) this.#divisor = (this.#divisor & 0xff) | (byte << 8);
        else this.#writeIer(byte);
        break;
      case Offset.IIR_FCR:
        this.#writeFcr(byte);
        break;
      case Offset.LCR:
        this.#lcr = byte;
        break;
      case Offset.MCR:
        this.#writeMcr(byte);
        break;
      case Offset.SCR:
        this.#scr = byte;
        break;
      default:
        // LSR is for factory tests when written (§8.4, note), and MSR's inputs come from outside.
        break;
    }
  }

  /**
   * @hot A character is complete in the receiver, with `errors` out of PE, FE and BI. A break is the character 0 with
   * BI. Without room for it the chip reports an overrun.
   */
  receive(byte: number, errors: number): void {
    this.#receiver.push(byte & this.#wordMask(), errors & Lsr.CHARACTER_ERRORS);
    if (!this.#receiver.timedOut) this.#restartTimeout();
    this.#drive();
  }

  /** The modem's lines changed: bits of `Msr.INPUTS`, set where asserted. */
  setModemInputs(inputs: number): void {
    this.#modemInputs = inputs & Msr.INPUTS;
    this.#sampleModem();
    this.#drive();
  }

  /** Master reset (§8.0, table I), and the registers that it leaves alone too, so that every start is the same. */
  reset(): void {
    this.#divisor = POWER_ON_DIVISOR;
    this.#ier = 0;
    this.#fcr = 0;
    this.#lcr = this.#resetLcr();
    this.#mcr = 0;
    this.#msr = this.#modemInputs;
    this.#scr = 0;
    this.#thrEmptyPending = false;
    this.#receiver.configure(false, 1);
    this.#receiver.clear();
    this.#receiver.errors = 0;
    this.#transmitter.configure(false);
    this.#transmitter.reset();
    this.#cancelTimers();
    this.#lookSoon();
    this.#drive();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#pull();
  }

  destroy(): void {
    this.#wiring.in.onAvailable = undefined;
    this.#cancelTimers();
    this.#wiring.intr.set(false);
  }

  save(): Uart16550State {
    return {
      divisor: this.#divisor,
      ier: this.#ier,
      fcr: this.#fcr,
      lcr: this.#lcr,
      mcr: this.#mcr,
      msr: this.#msr,
      scr: this.#scr,
      modemInputs: this.#modemInputs,
      thrEmptyPending: this.#thrEmptyPending,
      receiver: this.#receiver.save(),
      transmitter: this.#transmitter.save(),
      arrivesAt: deadlineOf(this.#arrival),
      leavesAt: deadlineOf(this.#departure),
      timesOutAt: deadlineOf(this.#timeout),
    };
  }

  #restore(saved: Uart16550State): void {
    this.#divisor = saved.divisor;
    this.#ier = saved.ier;
    this.#fcr = saved.fcr;
    this.#lcr = saved.lcr;
    this.#mcr = saved.mcr;
    this.#msr = saved.msr;
    this.#scr = saved.scr;
    this.#modemInputs = saved.modemInputs;
    this.#thrEmptyPending = saved.thrEmptyPending;
    this.#configureFifos();
    this.#receiver.restore(saved.receiver);
    this.#transmitter.restore(saved.transmitter);
    if (saved.arrivesAt !== null) this.#arrival.arm(saved.arrivesAt);
    if (saved.leavesAt !== null) this.#departure.arm(saved.leavesAt);
    if (saved.timesOutAt !== null) this.#timeout.arm(saved.timesOutAt);
  }

  #cancelTimers(): void {
    this.#arrival.cancel();
    this.#departure.cancel();
    this.#timeout.cancel();
    this.#look.cancel();
  }

  /** @hot */
  #readCharacter(): number {
    const byte = this.#receiver.pop();
    this.#receiver.timedOut = false;
    this.#restartTimeout();
    this.#pull();
    this.#drive();
    return byte;
  }

  /** @hot Reading IIR takes back the THR empty interrupt when that is what it shows (§8.6, table V). */
  #readIir(): number {
    const source = this.#source();
    if (source === Iir.THR_EMPTY) {
      this.#thrEmptyPending = false;
      this.#drive();
    }
    return (this.#fcr & Fcr.ENABLE) !== 0 ? source | Iir.FIFOS_ENABLED : source;
  }

  /** @hot */
  #readLsr(): number {
    let lsr = 0;
    if (this.#receiver.length > 0) lsr |= Lsr.DR;
    if (this.#transmitter.holdingEmpty) lsr |= this.#transmitter.shifterEmpty ? Lsr.THRE | Lsr.TEMT : Lsr.THRE;
    if (this.#receiver.errors !== 0) {
      lsr |= this.#receiver.takeErrors();
      this.#drive();
    }
    return lsr;
  }

  /** @hot */
  #readMsr(): number {
    const msr = this.#msr;
    if ((msr & Msr.DELTAS) !== 0) {
      this.#msr = msr & Msr.INPUTS;
      this.#drive();
    }
    return msr;
  }

  /** @hot */
  #writeCharacter(byte: number): void {
    this.#transmitter.write(byte);
    this.#thrEmptyPending = false;
    // INTR falls here even when it rises again at once: an edge-triggered PIC has to see the next interrupt.
    this.#drive();
    this.#transmit();
  }

  /**
   * @hot Setting ETBEI while THR is empty raises the interrupt again, even after IIR was read. Drivers count on it:
   * Linux tests for it at start-up (`serial8250_THRE_test`).
   */
  #writeIer(value: number): void {
    const before = this.#ier;
    this.#ier = value & Ier.MASK;
    if ((this.#ier & Ier.ETBEI) === 0) this.#thrEmptyPending = false;
    else if ((before & Ier.ETBEI) === 0) this.#thrEmptyPending = this.#transmitter.holdingEmpty;
    this.#drive();
  }

  /** @hot §8.5. With bit 0 clear the other bits are not programmed. Changing bit 0 empties both FIFOs. */
  #writeFcr(value: number): void {
    const enabled = (value & Fcr.ENABLE) !== 0;
    const changed = ((value ^ this.#fcr) & Fcr.ENABLE) !== 0;
    this.#fcr = enabled ? value & Fcr.STORED : 0;
    this.#configureFifos();
    if (changed || (enabled && (value & Fcr.RCVR_RESET) !== 0)) {
      this.#receiver.clear();
      this.#timeout.cancel();
    }
    if (changed || (enabled && (value & Fcr.XMIT_RESET) !== 0)) {
      if (!this.#transmitter.holdingEmpty) {
        this.#transmitter.clear();
        this.#holdingBecameEmpty();
      }
    }
    this.#pull();
    this.#drive();
  }

  /** @hot */
  #writeMcr(value: number): void {
    const looped = (this.#mcr & Mcr.LOOP) !== 0;
    this.#mcr = value & Mcr.MASK;
    this.#sampleModem();
    if (looped && (this.#mcr & Mcr.LOOP) === 0) this.#pull();
    this.#drive();
  }

  /** @hot */
  #configureFifos(): void {
    const enabled = (this.#fcr & Fcr.ENABLE) !== 0;
    this.#receiver.configure(enabled, TRIGGER_LEVELS[this.#fcr >> Fcr.TRIGGER_SHIFT]!);
    this.#transmitter.configure(enabled);
  }

  /** @hot Moves characters through the shift register for as long as it is free. */
  #transmit(): void {
    while (this.#transmitter.shifterEmpty && !this.#transmitter.holdingEmpty) {
      if (this.#transmitter.load()) this.#holdingBecameEmpty();
      if (this.#wiring.timed) this.#departure.arm(this.#wiring.clock.now() + this.#characterTime());
      else this.#send();
    }
    this.#drive();
  }

  /** @hot The shift register's character has left. */
  #send(): void {
    const byte = this.#transmitter.finish() & this.#wordMask();
    if ((this.#mcr & Mcr.LOOP) !== 0) this.receive(byte, 0);
    // A break holds SOUT spacing; the transmitter behind it goes on (§8.1, bit 6).
    else if ((this.#lcr & Lcr.BREAK) === 0) this.#wiring.out.write(byte);
  }

  /** @hot */
  #depart(): void {
    this.#send();
    this.#transmit();
  }

  /** @hot */
  #holdingBecameEmpty(): void {
    if ((this.#ier & Ier.ETBEI) !== 0) this.#thrEmptyPending = true;
  }

  /** @hot A character waits at SIN, and nothing keeps the receiver from taking it. */
  #canPull(): boolean {
    return (
      (this.#mcr & Mcr.LOOP) === 0 && this.#receiver.hasRoom && !this.#arrival.armed && this.#wiring.in.available > 0
    );
  }

  /** @hot Takes what waits at SIN, as far as there is room; when timed, starts the next character. */
  #pull(): void {
    if (this.#paused) return;
    while (this.#canPull()) {
      if (this.#wiring.timed) {
        this.#arrival.arm(this.#wiring.clock.now() + this.#characterTime());
        return;
      }
      const byte = this.#wiring.in.read();
      if (byte < 0) return;
      this.receive(byte, 0);
    }
  }

  /** @hot A character's time at SIN is over. In loopback it stays with the source, and so it does without room. */
  #arrive(): void {
    if ((this.#mcr & Mcr.LOOP) !== 0 || !this.#receiver.hasRoom) return;
    const byte = this.#wiring.in.read();
    if (byte >= 0) this.receive(byte, 0);
    this.#pull();
  }

  #lookSoon(): void {
    if (this.#canPull()) this.#look.arm(this.#wiring.clock.now());
  }

  /** @hot Received or read a character: the four character times begin again (§8.11). */
  #restartTimeout(): void {
    if ((this.#fcr & Fcr.ENABLE) === 0) return;
    if (this.#receiver.length === 0) this.#timeout.cancel();
    else this.#timeout.arm(this.#wiring.clock.now() + TIMEOUT_CHARACTERS * this.#characterTime());
  }

  /** @hot */
  #expire(): void {
    this.#receiver.timedOut = true;
    this.#drive();
  }

  /** @hot Takes over the modem's lines, or MCR's outputs in loopback, and notes what changed (§8.8, §8.9). */
  #sampleModem(): void {
    const inputs = (this.#mcr & Mcr.LOOP) !== 0 ? loopedInputs(this.#mcr) : this.#modemInputs;
    const before = this.#msr & Msr.INPUTS;
    let deltas = (inputs ^ before) >> 4;
    // RI counts when ringing ends only.
    if ((inputs & Msr.RI) !== 0) deltas &= ~Msr.TERI;
    this.#msr = inputs | (this.#msr & Msr.DELTAS) | deltas;
  }

  /** @hot IIR's low four bits: the highest of the sources that wait and are enabled (§8.6, table V). */
  #source(): number {
    if ((this.#ier & Ier.ELSI) !== 0 && (this.#receiver.errors & Lsr.INTERRUPTING) !== 0) return Iir.LINE_STATUS;
    if ((this.#ier & Ier.ERBFI) !== 0) {
      if (this.#receiver.timedOut) return Iir.CHARACTER_TIMEOUT;
      if (this.#receiver.length >= this.#receiver.trigger) return Iir.RECEIVED_DATA;
    }
    if (this.#thrEmptyPending) return Iir.THR_EMPTY;
    if ((this.#ier & Ier.EDSSI) !== 0 && (this.#msr & Msr.DELTAS) !== 0) return Iir.MODEM_STATUS;
    return Iir.NONE;
  }

  /**
   * @hot Drives INTR. The gate follows the MCR bit, not the OUT2 pin, which loopback holds inactive: the chips that
   * PCs have had since do it so, and loopback keeps its interrupts (§8.8).
   */
  #drive(): void {
    const gate = !this.#wiring.out2GatesInterrupt || (this.#mcr & Mcr.OUT2) !== 0;
    this.#wiring.intr.set(gate && this.#source() !== Iir.NONE);
  }

  #resetLcr(): number {
    return this.#wiring.wordLength - LEAST_WORD;
  }

  /** @hot Bits beyond the word length are not on the line. */
  #wordMask(): number {
    return 0xff >> (3 - (this.#lcr & Lcr.WLS));
  }

  /** @hot */
  #characterTime(): number {
    return characterTime(this.#lcr, this.#divisor);
  }
}

/** @hot In loopback DTR, RTS, OUT1 and OUT2 are connected to DSR, CTS, RI and DCD (§8.8, bit 4). */
function loopedInputs(mcr: number): number {
  let inputs = 0;
  if ((mcr & Mcr.DTR) !== 0) inputs |= Msr.DSR;
  if ((mcr & Mcr.RTS) !== 0) inputs |= Msr.CTS;
  if ((mcr & Mcr.OUT1) !== 0) inputs |= Msr.RI;
  if ((mcr & Mcr.OUT2) !== 0) inputs |= Msr.DCD;
  return inputs;
}

function deadlineOf(timer: Timer): number | null {
  return timer.armed ? timer.deadline : null;
}

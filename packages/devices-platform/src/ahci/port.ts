import { DmaStatus, type BlockBackend, type DeviceLog, type Dma } from '@polyvisor/core';
import type { DriveConfig } from '../ide/config.ts';
import type { Drive } from '../ide/drive.ts';
import type { Cdrom } from '../ide/cdrom.ts';
import type { Disk } from '../ide/disk.ts';
import { Command, Control, ErrorBit, Feature, SECTOR, Status } from '../ide/registers.ts';
import { Phase } from '../ide/state.ts';
import { Issued, loadTask, received } from './command.ts';
import { errorLog, extendIdentity, logDirectory, rangesOf } from './extras.ts';
import { Moved, Regions } from './prdt.ts';
import { Queue, type Outcome } from './queue.ts';
import {
  BUSY_BITS, Cmd, Det, FIS_BYTES, Fis, FisFlag, HEADER_BYTES, Header, Interrupt, NCQ_ERROR_LOG, NO_DEVICE, PortOffset, Received, SLOTS, Sata,
  Serr, Ssts, TRIM, TRIM_BLOCKS, Table,
} from './registers.ts';
import type { PortState } from './state.ts';

const READY = Status.DRDY | Status.DSC;
const PACKET_WORDS = 3;

export interface PortWiring {
  readonly dma: Dma;
  readonly log: DeviceLog;
  readonly config: DriveConfig | undefined;
  readonly backend: BlockBackend | undefined;
  /** Makes the drive, whose answers come to `onAnswer`. */
  makeDrive(onAnswer: () => void): Disk | Cdrom | undefined;
  /** PxIS or PxIE changed. */
  onInterrupt(): void;
  /** There may be commands to start. */
  onWork(): void;
}

/**
 * A port (AHCI 1.3.1, chapter 5): its registers, the frames to and from the drive, and commands by their slots. Commands
 * that are not queued are those of the drives on IDE cables, one at a time; queued ones run side by side.
 */
export class Port {
  /** What the last command cost: regions and pages. */
  work = 0;
  readonly #wiring: PortWiring;
  readonly #drive: Disk | Cdrom | undefined;
  readonly #queue: Queue;
  readonly #bases = new Int32Array(4);
  #is = 0;
  #ie = 0;
  #cmd: number = Cmd.SUD | Cmd.POD;
  #tfd: number = NO_DEVICE;
  #sig = -1;
  #ssts = 0;
  #sctl = 0;
  #serr = 0;
  #sact = 0;
  #ci = 0;
  #slot = 0;
  #greets = false;
  #halted = false;
  #softReset = false;
  #current: Issued | undefined;
  #advancing = false;
  #failure: PortState['failure'] = null;
  readonly #fis = new Uint8Array(FIS_BYTES);

  constructor(wiring: PortWiring, saved: PortState | undefined) {
    this.#wiring = wiring;
    this.#drive = wiring.makeDrive(() => this.#advance());
    this.#queue = new Queue(wiring, (command, outcome) => this.#queuedEnded(command, outcome));
    if (saved) this.#restore(saved);
    else this.powerOn();
  }

  /** @hot The port interrupts. */
  get pending(): boolean {
    return (this.#status() & this.#ie) !== 0;
  }

  /** @hot */
  read(offset: number): number {
    switch (offset) {
      case PortOffset.CLB:
      case PortOffset.CLBU:
      case PortOffset.FB:
      case PortOffset.FBU:
        return this.#bases[offset >> 2]!;
      case PortOffset.IS:
        return this.#status();
      case PortOffset.IE:
        return this.#ie;
      case PortOffset.CMD:
        return this.#cmd | ((this.#cmd & Cmd.ST) !== 0 ? this.#slot << Cmd.CCS_SHIFT : 0);
      case PortOffset.TFD:
        return this.#tfd;
      case PortOffset.SIG:
        return this.#sig;
      case PortOffset.SSTS:
        return this.#ssts;
      case PortOffset.SCTL:
        return this.#sctl;
      case PortOffset.SERR:
        return this.#serr;
      case PortOffset.SACT:
        return this.#sact;
      case PortOffset.CI:
        return this.#ci;
      default:
        return 0;
    }
  }

  /** @hot */
  write(offset: number, value: number): void {
    switch (offset) {
      case PortOffset.CLB:
        this.#bases[0] = value & ~0x3ff;
        break;
      case PortOffset.FB:
        this.#bases[2] = value & ~0xff;
        break;
      case PortOffset.CLBU:
      case PortOffset.FBU:
        this.#bases[offset >> 2] = value;
        break;
      case PortOffset.IS:
        this.#is &= ~value;
        this.#wiring.onInterrupt();
        break;
      case PortOffset.IE:
        this.#ie = value & Interrupt.ALL;
        this.#wiring.onInterrupt();
        break;
      case PortOffset.CMD:
        this.#writeCommand(value);
        break;
      case PortOffset.SCTL:
        this.#writeControl(value & Det.WRITABLE);
        break;
      case PortOffset.SERR:
        this.#serr &= ~value;
        this.#wiring.onInterrupt();
        break;
      case PortOffset.SACT:
        if ((this.#cmd & Cmd.ST) !== 0) this.#sact |= value;
        break;
      case PortOffset.CI:
        if ((this.#cmd & Cmd.ST) === 0) break;
        this.#ci |= value;
        this.#wiring.onWork();
        break;
      default:
        break;
    }
  }

  /** Starts the next command; false when there is none, or it has to wait. */
  startNext(): boolean {
    const ready = (this.#cmd & Cmd.ST) !== 0 && !this.#halted && !this.#current && this.#ci !== 0 && this.#drive;
    if (!ready) return false;
    let slot = this.#slot;
    do slot = (slot + 1) % SLOTS;
    while ((this.#ci & (1 << slot)) === 0);
    const { dma } = this.#wiring;
    const command = new Issued(slot, new Regions(dma));
    const inMemory = command.regions.open(this.#header(slot)) && dma.read(command.regions.address, command.fis, 0, FIS_BYTES) === DmaStatus.ok;
    if (!inMemory) {
      this.#fault('a command is not in memory');
      return false;
    }
    // Queued commands and others do not mix (ATA8-ACS, 4.15): these wait for those.
    if (!command.queued && this.#queue.size > 0) return false;
    this.#slot = slot;
    this.#start(command);
    this.work = 1 + command.regions.moves + (command.regions.moved >> 12);
    return true;
  }

  /** HBA reset (10.4.3): all but the addresses, which are the driver's. */
  hostReset(): void {
    this.#stop();
    this.#is = this.#ie = this.#serr = this.#sctl = 0;
    this.#cmd = Cmd.SUD | Cmd.POD;
    this.#comreset();
  }

  powerOn(): void {
    this.#bases.fill(0);
    this.#slot = 0;
    this.#queue.writeCache = true;
    this.#stop();
    this.#drive?.powerOn();
    this.hostReset();
  }

  destroy(): void {
    this.#stop();
    this.#drive?.destroy();
  }

  save(): PortState {
    const [clb, clbu, fb, fbu] = this.#bases;
    return {
      bases: [clb!, clbu!, fb!, fbu!], is: this.#is, ie: this.#ie, cmd: this.#cmd, tfd: this.#tfd, sig: this.#sig, ssts: this.#ssts,
      sctl: this.#sctl, serr: this.#serr, sact: this.#sact, ci: this.#ci, slot: this.#slot, greets: this.#greets, halted: this.#halted,
      softReset: this.#softReset, writeCache: this.#queue.writeCache, current: this.#current?.save() ?? null, queued: this.#queue.save(),
      failure: this.#failure && { ...this.#failure, fis: Uint8Array.from(this.#failure.fis) }, drive: this.#drive?.save() ?? null,
    };
  }

  #restore(saved: PortState): void {
    this.#bases.set(saved.bases);
    this.#is = saved.is;
    this.#ie = saved.ie;
    this.#cmd = saved.cmd;
    this.#tfd = saved.tfd;
    this.#sig = saved.sig;
    this.#ssts = saved.ssts;
    this.#sctl = saved.sctl;
    this.#serr = saved.serr;
    this.#sact = saved.sact;
    this.#ci = saved.ci;
    this.#slot = saved.slot;
    this.#greets = saved.greets;
    this.#halted = saved.halted;
    this.#softReset = saved.softReset;
    this.#failure = saved.failure;
    this.#queue.writeCache = saved.writeCache;
    const { dma } = this.#wiring;
    if (saved.current) this.#current = Issued.restored(saved.current, dma);
    this.#queue.restore(saved.queued, dma);
    this.#drive?.resume();
    const again = this.#current;
    if (again) {
      void Promise.resolve().then(() => {
        if (again === this.#current) this.#goOn(again);
      });
    }
  }

  /** A restored command: the drive continues its own; those that are ours begin again. */
  #goOn(command: Issued): void {
    if (this.#isOwn(command)) {
      command.regions.begin(command.regions.address, command.regions.count);
      this.#runOwn(command);
    } else this.#advance();
  }

  /** @hot PCS and PRCS follow PxSERR (3.3.5). */
  #status(): number {
    return this.#is | ((this.#serr & Serr.X) !== 0 ? Interrupt.PCS : 0) | ((this.#serr & Serr.N) !== 0 ? Interrupt.PRCS : 0);
  }

  #header(slot: number): number {
    return (this.#bases[1]! >>> 0) * 0x1_0000_0000 + (this.#bases[0]! >>> 0) + HEADER_BYTES * slot;
  }

  #writeCommand(value: number): void {
    const before = this.#cmd;
    const kept = (value & Cmd.WRITABLE) | Cmd.SUD | Cmd.POD;
    this.#cmd = kept | ((kept & Cmd.ST) !== 0 ? Cmd.CR : 0) | ((kept & Cmd.FRE) !== 0 ? Cmd.FR : 0);
    if ((value & Cmd.CLO) !== 0) this.#tfd &= ~BUSY_BITS;
    if ((kept & Cmd.FRE) !== 0 && this.#greets) this.#greet();
    if ((before & Cmd.ST) !== 0 && (kept & Cmd.ST) === 0) this.#stop();
    if ((before & Cmd.ST) === 0 && (kept & Cmd.ST) !== 0) this.#slot = SLOTS - 1;
  }

  /** The driver stops the port (10.3.1): commands are gone. */
  #stop(): void {
    this.#ci = this.#sact = 0;
    this.#halted = false;
    this.#queue.clear();
    if (!this.#current) return;
    this.#current = undefined;
    this.#drive?.abandon();
  }

  #writeControl(value: number): void {
    const before = this.#sctl & Det.MASK;
    const det = value & Det.MASK;
    this.#sctl = value;
    if (!this.#drive || det === before) return;
    if (det === Det.RESET || det === Det.OFFLINE) {
      this.#stop();
      this.#ssts = det === Det.OFFLINE ? Ssts.OFFLINE : 0;
      this.#tfd = NO_DEVICE;
    } else if (det === Det.NONE) this.#comreset();
  }

  /** The drive answers COMRESET with its signature (5.2.2.2 and 10.4.2). */
  #comreset(): void {
    const drive = this.#drive;
    this.#failure = null;
    this.#softReset = false;
    this.#greets = drive !== undefined;
    this.#ssts = drive ? Ssts.PRESENT : 0;
    if (!drive) {
      this.#tfd = NO_DEVICE;
      this.#sig = -1;
    } else {
      drive.abandon();
      this.#serr |= Serr.N | Serr.X;
      this.#signature(drive);
    }
    this.#wiring.onInterrupt();
  }

  #signature(drive: Drive): void {
    const { task } = drive;
    this.#sig = task[1]! | (task[2]! << 8) | (task[3]! << 16) | (task[4]! << 24);
    this.#tfd = drive.status | (drive.error << 8);
    if ((this.#cmd & Cmd.FRE) !== 0) this.#greet();
  }

  #greet(): void {
    this.#greets = false;
    this.#post(Received.D2H, Fis.D2H, 0);
  }

  #start(command: Issued): void {
    const drive = this.#drive!;
    const { fis } = command;
    if ((fis[1]! & FisFlag.COMMAND) === 0 && fis[0] === Fis.H2D) {
      this.#control(command, drive);
      return;
    }
    const disk = this.#wiring.config?.kind === 'disk';
    if (command.queued && disk) {
      this.#enqueue(command, drive);
      return;
    }
    this.#current = command;
    this.#tfd = Status.BSY;
    loadTask(fis, drive);
    if (fis[0] !== Fis.H2D || (fis[1]! & FisFlag.PORT) !== 0) this.#finish(ErrorBit.ABRT);
    else if (this.#isOwn(command)) this.#runOwn(command);
    else {
      if (disk && fis[2] === Command.SET_FEATURES) this.#watchCache(fis[3]!);
      drive.command(fis[2]!);
      this.#advance();
    }
  }

  /** A frame that only changes the control register (10.4.1): the drive resets when SRST falls. */
  #control(command: Issued, drive: Drive): void {
    const resets = (command.fis[15]! & Control.SRST) !== 0;
    this.#ci &= ~command.bit;
    if (!resets && this.#softReset) {
      drive.abandon();
      this.#failure = null;
      this.#greets = true;
      this.#signature(drive);
    }
    this.#softReset = resets;
  }

  /** Queued writes are to be stable at once when the cache is off. */
  #watchCache(feature: number): void {
    if (feature === Feature.CACHE_ON) this.#queue.writeCache = true;
    if (feature === Feature.CACHE_OFF) this.#queue.writeCache = false;
  }

  /** The drive takes a queued command at once, and is free for the next (Serial ATA 3.0, 13.6). */
  #enqueue(command: Issued, drive: Drive): void {
    this.#ci &= ~command.bit;
    drive.status = READY;
    drive.error = 0;
    this.#tfd = READY;
    this.#post(Received.D2H, Fis.D2H, 0);
    this.#queue.start(command);
  }

  #queuedEnded(command: Issued, outcome: Outcome): void {
    const drive = this.#drive!;
    if (outcome.error === 0) {
      this.#sact &= ~command.bit;
      this.#setDeviceBits(READY, 0, command.bit);
    } else {
      this.#failure = { tag: command.slot, status: READY | Status.ERR, error: outcome.error, fis: command.fis };
      this.#halted = true;
      drive.status = READY | Status.ERR;
      drive.error = outcome.error;
      this.#is |= Interrupt.TFES | (outcome.fault ? Interrupt.HBFS : 0);
      this.#setDeviceBits(READY | Status.ERR, outcome.error, 0);
    }
    this.#wiring.onInterrupt();
    this.#wiring.onWork();
  }

  /** Set Device Bits (Serial ATA 3.0, 10.3.7): the commands that are over. */
  #setDeviceBits(status: number, error: number, over: number): void {
    const fis = this.#fis;
    this.#tfd = (this.#tfd & BUSY_BITS) | (status & ~BUSY_BITS) | (error << 8);
    fis.fill(0);
    fis[0] = Fis.SDB;
    fis[1] = FisFlag.INTERRUPT;
    fis[2] = status & 0x77;
    fis[3] = error;
    for (let i = 0; i < 4; i++) fis[4 + i] = over >> (8 * i);
    this.#send(Received.SDB, 8);
    this.#is |= Interrupt.SDBS;
  }

  /** Does what the drive waits for, until it waits for its backend or is done. */
  #advance(): void {
    const command = this.#current;
    const drive = this.#drive;
    if (!command || !drive || this.#advancing || this.#isOwn(command)) return;
    this.#advancing = true;
    while (this.#current === command && this.#step(command, drive));
    this.#advancing = false;
    if (this.#current === command && drive.phase === Phase.IDLE) this.#end(command, drive);
  }

  #step(command: Issued, drive: Disk | Cdrom): boolean {
    switch (drive.phase) {
      case Phase.IN:
        this.#programmedIn(command, drive);
        return true;
      case Phase.OUT:
        if (!this.#fill(command, drive)) return true;
        this.#post(Received.PIO_SETUP, Fis.PIO_SETUP, 0, drive.end);
        feed(drive);
        return true;
      case Phase.PACKET:
        return this.#packet(command, drive);
      case Phase.DMA_IN:
        if (!this.#drain(command, drive)) return true;
        drive.at = drive.end;
        drive.moved();
        return true;
      case Phase.DMA_OUT:
        if (!this.#fill(command, drive)) return true;
        drive.at = drive.end;
        drive.moved();
        return true;
      default:
        return false;
    }
  }

  /** What the data register would give goes to memory. */
  #programmedIn(command: Issued, drive: Disk | Cdrom): void {
    const code = command.fis[2];
    const disk = this.#wiring.config?.kind === 'disk';
    if (code === (disk ? Command.IDENTIFY : Command.IDENTIFY_PACKET)) extendIdentity(drive.buffer, disk);
    const { end } = drive;
    if (!this.#drain(command, drive)) return;
    while (drive.phase === Phase.IN) drive.readData(4);
    command.programmedIn = disk;
    this.#post(Received.PIO_SETUP, Fis.PIO_SETUP, FisFlag.INTERRUPT | FisFlag.TO_HOST, end);
    this.#is |= Interrupt.PSS;
  }

  /** From the drive's buffer to memory. What does not fit is lost, and told (3.3.5, OFS). */
  #drain({ regions }: Issued, drive: Disk | Cdrom): boolean {
    const moved = regions.move(drive.buffer, drive.at, drive.end - drive.at, true);
    if (moved === Moved.SHORT) this.#is |= Interrupt.OFS;
    if (moved !== Moved.FAULT) return true;
    this.#is |= Interrupt.HBFS;
    drive.moveFailed();
    return false;
  }

  #fill({ regions }: Issued, drive: Disk | Cdrom): boolean {
    const moved = regions.move(drive.buffer, drive.at, drive.end - drive.at, false);
    if (moved === Moved.ALL) return true;
    if (moved === Moved.FAULT) this.#is |= Interrupt.HBFS;
    drive.moveFailed();
    return false;
  }

  /** The packet is in the command table (4.2.3.2). */
  #packet({ regions }: Issued, drive: Disk | Cdrom): boolean {
    const packet = new Uint8Array(4 * PACKET_WORDS);
    if (this.#wiring.dma.read(regions.address + Table.ACMD, packet, 0, packet.length) !== DmaStatus.ok) {
      this.#is |= Interrupt.HBFS;
      drive.moveFailed();
      return true;
    }
    for (let i = 0; i < PACKET_WORDS; i++) drive.writeData(4, wordAt(packet, 4 * i));
    return true;
  }

  /** The drive is done. Data that was read through the register ends with its own frame, all else with one of its own. */
  #end(command: Issued, drive: Drive): void {
    const failed = (drive.status & Status.ERR) !== 0;
    this.#current = undefined;
    drive.acknowledge();
    this.#wiring.dma.store(this.#header(command.slot) + Header.PRDBC, 4, command.regions.moved);
    if (!failed) this.#ci &= ~command.bit;
    this.#tfd = drive.status | (drive.error << 8);
    if (failed || !command.programmedIn) {
      this.#post(Received.D2H, Fis.D2H, FisFlag.INTERRUPT);
      this.#is |= Interrupt.DHRS;
    }
    if (failed) {
      this.#is |= Interrupt.TFES;
      this.#halted = true;
    }
    this.#wiring.onInterrupt();
    this.#wiring.onWork();
  }

  /** Commands that disks on a cable do not have. */
  #isOwn({ fis }: Issued): boolean {
    if (this.#wiring.config?.kind !== 'disk') return false;
    return fis[2] === Sata.DATA_SET_MANAGEMENT || fis[2] === Sata.READ_LOG_EXT;
  }

  #runOwn(command: Issued): void {
    if (command.fis[2] === Sata.READ_LOG_EXT) this.#readLog(command);
    else void this.#trim(command).then((error) => { if (this.#current === command) this.#finish(error); });
  }

  #finish(error: number): void {
    const drive = this.#drive!;
    drive.status = error === 0 ? READY : READY | Status.ERR;
    drive.error = error;
    this.#end(this.#current!, drive);
  }

  /** READ LOG EXT (ATA8-ACS, 7.33): the directory, and what went wrong with a queued command. */
  #readLog(command: Issued): void {
    const { fis } = command;
    const page = fis[4]!;
    const count = fis[12]! | (fis[13]! << 8);
    if (count !== 1 || fis[5] !== 0 || (page !== 0 && page !== NCQ_ERROR_LOG)) {
      this.#finish(ErrorBit.ABRT);
      return;
    }
    const bytes = page === 0 ? logDirectory() : errorLog(this.#failure);
    if (page === NCQ_ERROR_LOG) this.#failure = null;
    const moved = command.regions.move(bytes, 0, bytes.length, true);
    if (moved === Moved.FAULT) {
      this.#is |= Interrupt.HBFS;
      this.#finish(ErrorBit.ABRT);
      return;
    }
    if (moved === Moved.SHORT) this.#is |= Interrupt.OFS;
    command.programmedIn = true;
    this.#is |= Interrupt.PSS;
    this.#drive!.status = READY;
    this.#post(Received.PIO_SETUP, Fis.PIO_SETUP, FisFlag.INTERRUPT | FisFlag.TO_HOST, bytes.length);
    this.#finish(0);
  }

  /** DATA SET MANAGEMENT with TRIM (ATA8-ACS, 7.9). An error, or 0. */
  async #trim(command: Issued): Promise<number> {
    const { fis, regions } = command;
    const { backend, config } = this.#wiring;
    const count = fis[12]! | (fis[13]! << 8);
    const refused = !backend || fis[3] !== TRIM || count < 1 || count > TRIM_BLOCKS || config?.readOnly === true || backend.readOnly;
    if (refused) return ErrorBit.ABRT;
    const bytes = new Uint8Array(SECTOR * count);
    if (regions.move(bytes, 0, bytes.length, false) !== Moved.ALL) return ErrorBit.ABRT;
    const ranges = rangesOf(bytes);
    if (ranges.some(({ first, count: sectors }) => first + sectors > Math.floor(backend.size / SECTOR))) return ErrorBit.IDNF;
    try {
      for (const { first, count: sectors } of ranges) {
        if (this.#current !== command) return 0;
        await backend.discard(first * SECTOR, sectors * SECTOR);
      }
    } catch (reason) {
      this.#wiring.log.warn(`the disk's backend failed a command: ${String(reason)}`);
      return ErrorBit.ABRT;
    }
    return 0;
  }

  #fault(why: string): void {
    this.#wiring.log.guestError(why);
    this.#halted = true;
    this.#is |= Interrupt.HBFS;
    this.#wiring.onInterrupt();
  }

  /** Puts a frame with the drive's task file where the driver receives them (4.2.1). */
  #post(at: number, type: number, flags: number, length = 0): void {
    const drive = this.#drive;
    if (!drive) return;
    received(this.#fis, type, flags, drive, length);
    this.#send(at, FIS_BYTES);
  }

  #send(at: number, length: number): void {
    if ((this.#cmd & Cmd.FRE) === 0) return;
    const base = (this.#bases[3]! >>> 0) * 0x1_0000_0000 + (this.#bases[2]! >>> 0);
    if (this.#wiring.dma.write(base + at, this.#fis, 0, length) !== DmaStatus.ok) this.#is |= Interrupt.HBFS;
  }
}

/** The data register is given what came from memory, which is in the buffer already. */
function feed(drive: Drive): void {
  while (drive.phase === Phase.OUT) drive.writeData(4, wordAt(drive.buffer, drive.at));
}

function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

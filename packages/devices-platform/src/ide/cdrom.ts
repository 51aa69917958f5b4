import { Drive, type DriveWiring } from './drive.ts';
import { GEOMETRY, Mode, identifyPacket, isMode } from './identify.ts';
import {
  Answer, MediaEvent, Packet, Sense,
  capacity, configuration, discInformation, eventStatus, inquiry, mechanismStatus, modePages, sense, setLength, toc, type Disc, type SenseCode,
} from './packet.ts';
import { CD_SECTOR, Command, ErrorBit, Feature, PACKET_SIGNATURE, PACKET_SIZE, Port, Power, Reason, SECTOR } from './registers.ts';
import type { DriveState } from './state.ts';

const FEATURES = Port.FEATURES - 1, COUNT = Port.COUNT - 1, LOW = Port.LOW - 1, MID = Port.MID - 1, HIGH = Port.HIGH - 1;
/** In the features of PACKET: data goes by DMA. */
const BY_DMA = 0x01;
/** The most that a driver can ask for at once, and what it gets that asks for nothing. */
const MOST_AT_ONCE = 0xfffe;
const DEFAULT_MODE = Mode.MULTIWORD | 2;
/** In byte 4 of START STOP UNIT. */
const LOAD_OR_EJECT = 0x02, START = 0x01;
/** Commands that a new medium does not interrupt (MMC-3, 4.1.6). */
const INDIFFERENT: ReadonlySet<number> = new Set([Packet.REQUEST_SENSE, Packet.INQUIRY, Packet.GET_CONFIGURATION, Packet.GET_EVENT_STATUS]);
/** Commands that need a disc. */
const NEED_DISC: ReadonlySet<number> = new Set([
  Packet.TEST_UNIT_READY, Packet.READ_CAPACITY, Packet.READ_10, Packet.READ_12, Packet.SEEK_10, Packet.READ_TOC, Packet.READ_DISC_INFORMATION,
]);

/** A CD-ROM drive: a packet device (ATA/ATAPI-6) that reads discs (MMC-3). A backend without sectors is no disc. */
export class Cdrom extends Drive {
  readonly unit = CD_SECTOR;
  readonly #sectors: number;
  readonly #packet = new Uint8Array(PACKET_SIZE);
  readonly #view = new DataView(this.#packet.buffer);
  readonly #sense = new Uint8Array(3);
  #mode: number = DEFAULT_MODE;
  #ejected = false;
  #locked = false;
  #attention = false;
  #event: number = MediaEvent.NONE;

  constructor(wiring: DriveWiring, saved: DriveState | undefined) {
    super(wiring);
    this.#sectors = Math.floor(wiring.backend.size / CD_SECTOR);
    if (!saved) return;
    this.restoreTransfer(saved);
    this.#mode = saved.mode;
    this.#sense.set(saved.sense);
    this.#ejected = saved.ejected;
    this.#locked = saved.locked;
    this.#attention = saved.attention;
    this.#event = saved.event;
  }

  override powerOn(): void {
    this.#mode = DEFAULT_MODE;
    this.#sense.fill(0);
    this.#ejected = this.#locked = this.#attention = false;
    this.#event = MediaEvent.NONE;
    super.powerOn();
  }

  save(): DriveState {
    return {
      kind: 'cdrom', ...this.saveTransfer(), multiple: 0, heads: GEOMETRY.heads, sectors: GEOMETRY.sectors, cache: false, mode: this.#mode, standby: false,
      sense: Uint8Array.from(this.#sense), ejected: this.#ejected, locked: this.#locked, attention: this.#attention, event: this.#event,
    };
  }

  override moveFailed(): void {
    this.#refuse(Sense.TRANSFER);
  }

  override command(code: number): void {
    const { task } = this;
    switch (code) {
      case Command.PACKET: {
        const asked = (task[MID]! + 256 * task[HIGH]!) & MOST_AT_ONCE;
        task[COUNT] = Reason.COMMAND;
        this.takePacket(PACKET_SIZE, asked === 0 ? MOST_AT_ONCE : asked, (task[FEATURES]! & BY_DMA) !== 0);
        break;
      }
      case Command.IDENTIFY_PACKET:
        identifyPacket(this.buffer, this.wiring.config, { multiple: 0, heads: 0, sectors: 0, cache: false, mode: this.#mode });
        this.give(SECTOR, SECTOR, false);
        break;
      case Command.DEVICE_RESET: {
        const { device } = this;
        this.abandon();
        this.device = device;
        break;
      }
      case Command.SET_FEATURES:
        if (task[FEATURES] !== Feature.TRANSFER_MODE || !isMode(task[COUNT]!)) {
          this.fail(ErrorBit.ABRT);
          break;
        }
        this.#mode = task[COUNT]!;
        this.#end();
        break;
      case Command.CHECK_POWER:
        task[COUNT] = Power.ACTIVE;
        super.finish();
        break;
      case Command.STANDBY: case Command.STANDBY_NOW: case Command.IDLE: case Command.IDLE_NOW: case Command.SLEEP:
        this.#end();
        break;
      default:
        // Drivers know a packet device by what is left when it refuses these (8.15.5.2, 8.27.5.2).
        if (code === Command.IDENTIFY || code === Command.READ) this.signature();
        this.fail(ErrorBit.ABRT);
    }
  }

  protected override signature(): void {
    const { task } = this;
    task[COUNT] = task[LOW] = 1;
    task[MID] = PACKET_SIGNATURE.mid;
    task[HIGH] = PACKET_SIGNATURE.high;
    this.status = 0;
  }

  protected override backendFailed(): void {
    this.#refuse(Sense.READ_ERROR);
  }

  /** The interrupt reason, and how much there is (ATA/ATAPI-6, 8.23.6). */
  protected override blockStarts(length: number): void {
    const { task } = this;
    task[COUNT] = Reason.IN;
    task[MID] = length;
    task[HIGH] = length >> 8;
  }

  protected override inputEnded(): void {
    this.#end();
  }

  protected override packet(): void {
    this.#packet.set(this.buffer.subarray(0, PACKET_SIZE));
    const code = this.#packet[0]!;
    if (this.#attention && !INDIFFERENT.has(code)) {
      this.#attention = false;
      this.#refuse(Sense.NEW_MEDIUM);
      return;
    }
    if (code !== Packet.REQUEST_SENSE) this.#sense.fill(0);
    if (NEED_DISC.has(code) && !this.#disc().present) this.#refuse(Sense.NO_MEDIUM);
    else this.#execute(code);
  }

  #disc(): Disc {
    return { present: !this.#ejected && this.#sectors > 0, sectors: this.#sectors, open: this.#ejected, locked: this.#locked };
  }

  #execute(code: number): void {
    const packet = this.#packet;
    switch (code) {
      case Packet.TEST_UNIT_READY: case Packet.SET_CD_SPEED: case Packet.SYNCHRONIZE_CACHE:
        this.#end();
        break;
      case Packet.SEEK_10:
        if (this.#view.getUint32(2) < this.#sectors) this.#end();
        else this.#refuse(Sense.ADDRESS);
        break;
      case Packet.READ_10:
        this.#readSectors(this.#view.getUint16(7));
        break;
      case Packet.READ_12:
        this.#readSectors(this.#view.getUint32(6));
        break;
      case Packet.START_STOP:
        this.#startStop(packet[4]!);
        break;
      case Packet.PREVENT_ALLOW:
        this.#locked = (packet[4]! & 1) !== 0;
        this.#end();
        break;
      default:
        this.#answer(code);
    }
  }

  /** Commands that only tell something. */
  #answer(code: number): void {
    const packet = this.#packet, disc = this.#disc();
    const answer = new Answer(this.buffer);
    let allocation = this.#view.getUint16(7);
    let valid = true;
    switch (code) {
      case Packet.REQUEST_SENSE:
        sense(answer, this.#attention ? Sense.NEW_MEDIUM : this.#sense);
        this.#attention = false;
        this.#sense.fill(0);
        allocation = packet[4]!;
        break;
      case Packet.INQUIRY:
        // No vital product data.
        valid = (packet[1]! & 0x03) === 0 && packet[2] === 0;
        inquiry(answer, this.wiring.config.model);
        allocation = packet[4]!;
        break;
      case Packet.MODE_SENSE_6: case Packet.MODE_SENSE_10:
        valid = this.#modeSense(answer, code === Packet.MODE_SENSE_10 ? 8 : 4, disc);
        if (code === Packet.MODE_SENSE_6) allocation = packet[4]!;
        break;
      case Packet.READ_CAPACITY:
        capacity(answer, disc);
        allocation = answer.length;
        break;
      case Packet.READ_TOC:
        valid = toc(answer, (packet[2]! & 0x0f) | (packet[9]! >> 6), packet[6]!, (packet[1]! & 0x02) !== 0, disc);
        break;
      case Packet.READ_DISC_INFORMATION:
        discInformation(answer);
        break;
      case Packet.GET_CONFIGURATION:
        configuration(answer, (packet[1]! & 0x03) === 2, this.#view.getUint16(2), disc);
        break;
      case Packet.GET_EVENT_STATUS:
        // Notification without polling is not supported.
        valid = (packet[1]! & 0x01) !== 0;
        eventStatus(answer, packet[4]!, this.#event, disc);
        if (valid) this.#event = MediaEvent.NONE;
        break;
      case Packet.MECHANISM_STATUS:
        mechanismStatus(answer, disc);
        allocation = this.#view.getUint16(8);
        break;
      default:
        this.#refuse(Sense.COMMAND);
        return;
    }
    if (valid) this.#give(Math.min(answer.length, allocation));
    else this.#refuse(Sense.FIELD);
  }

  /** MODE SENSE (MMC-3, 6.11): a header with the kind of medium, and pages. Values are the current, default and saved ones. */
  #modeSense(answer: Answer, header: 4 | 8, disc: Disc): boolean {
    const medium = disc.present ? 0x01 : 0x70;
    if (header === 8) answer.word(0).put(medium).zeros(5);
    else answer.put(0, medium, 0, 0);
    if (!modePages(answer, this.#packet[2]! & 0x3f, disc)) return false;
    setLength(answer, header === 8 ? 2 : 1);
    return true;
  }

  #give(length: number): void {
    if (length === 0) this.#end();
    else this.give(length, this.block, this.dma);
  }

  #readSectors(count: number): void {
    const lba = this.#view.getUint32(2);
    if (lba + count > this.#sectors) this.#refuse(Sense.ADDRESS);
    else if (count === 0) this.#end();
    else this.read(lba, count, this.block, this.dma);
  }

  #startStop(what: number): void {
    if ((what & LOAD_OR_EJECT) === 0) {
      this.#end();
      return;
    }
    const load = (what & START) !== 0;
    if (!load && this.#locked) {
      this.#refuse(Sense.LOCKED);
      return;
    }
    if (load && this.#ejected && this.#sectors > 0) {
      this.#attention = true;
      this.#event = MediaEvent.NEW;
    }
    if (!load && !this.#ejected) this.#event = MediaEvent.REMOVED;
    this.#ejected = !load;
    this.#end();
  }

  #end(): void {
    this.task[COUNT] = Reason.COMMAND | Reason.IN;
    this.finish();
  }

  #refuse(code: SenseCode): void {
    this.#sense.set(code);
    this.task[COUNT] = Reason.COMMAND | Reason.IN;
    this.fail((code[0] << 4) | (code[0] === Sense.COMMAND[0] ? ErrorBit.ABRT : 0));
  }
}

import { Drive, TASK, type DriveWiring } from './drive.ts';
import { GEOMETRY, LBA28_SECTORS, Mode, cylindersOf, identifyDisk, isMode } from './identify.ts';
import { Command, Device, ErrorBit, Feature, MAX_MULTIPLE, Port, Power, SECTOR } from './registers.ts';
import { Phase, type DriveState } from './state.ts';

/** Places in the task file. */
const FEATURES = Port.FEATURES - 1, COUNT = Port.COUNT - 1, LOW = Port.LOW - 1, MID = Port.MID - 1, HIGH = Port.HIGH - 1;
/** The mode that a drive has at power-on. */
const DEFAULT_MODE = Mode.ULTRA | 5;

type How = 'read' | 'write' | 'verify';

/** A disk (ATA/ATAPI-6), with the commands of ATA-3 that old drivers use. */
export class Disk extends Drive {
  readonly unit = SECTOR;
  readonly #total: number;
  readonly #readOnly: boolean;
  #multiple = 0;
  #heads: number = GEOMETRY.heads;
  #sectors: number = GEOMETRY.sectors;
  #cache = true;
  #mode: number = DEFAULT_MODE;
  #standby = false;

  constructor(wiring: DriveWiring, saved: DriveState | undefined) {
    super(wiring);
    this.#total = Math.floor(wiring.backend.size / SECTOR);
    this.#readOnly = wiring.config.readOnly || wiring.backend.readOnly;
    if (!saved) return;
    this.restoreTransfer(saved);
    this.#multiple = saved.multiple;
    this.#heads = saved.heads;
    this.#sectors = saved.sectors;
    this.#setCache(saved.cache);
    this.#mode = saved.mode;
    this.#standby = saved.standby;
  }

  override powerOn(): void {
    this.#multiple = 0;
    this.#heads = GEOMETRY.heads;
    this.#sectors = GEOMETRY.sectors;
    this.#setCache(true);
    this.#mode = DEFAULT_MODE;
    this.#standby = false;
    super.powerOn();
  }

  save(): DriveState {
    return {
      kind: 'disk', ...this.saveTransfer(), multiple: this.#multiple, heads: this.#heads, sectors: this.#sectors, cache: this.#cache,
      mode: this.#mode, standby: this.#standby, sense: new Uint8Array(3), ejected: false, locked: false, attention: false, event: 0,
    };
  }

  override moveFailed(): void {
    this.fail(ErrorBit.ABRT);
  }

  override command(code: number): void {
    switch (code) {
      case Command.READ: case Command.READ_ONCE:
        this.#transfer('read', false, SECTOR, false);
        break;
      case Command.READ_EXT:
        this.#transfer('read', true, SECTOR, false);
        break;
      case Command.READ_MULTIPLE: case Command.READ_MULTIPLE_EXT:
        this.#transfer('read', code === Command.READ_MULTIPLE_EXT, this.#multiple * SECTOR, false);
        break;
      case Command.READ_DMA: case Command.READ_DMA_ONCE: case Command.READ_DMA_EXT:
        this.#transfer('read', code === Command.READ_DMA_EXT, SECTOR, true);
        break;
      case Command.WRITE: case Command.WRITE_ONCE:
        this.#transfer('write', false, SECTOR, false);
        break;
      case Command.WRITE_EXT:
        this.#transfer('write', true, SECTOR, false);
        break;
      case Command.WRITE_MULTIPLE: case Command.WRITE_MULTIPLE_EXT:
        this.#transfer('write', code === Command.WRITE_MULTIPLE_EXT, this.#multiple * SECTOR, false);
        break;
      case Command.WRITE_DMA: case Command.WRITE_DMA_ONCE: case Command.WRITE_DMA_EXT:
        this.#transfer('write', code === Command.WRITE_DMA_EXT, SECTOR, true);
        break;
      case Command.VERIFY: case Command.VERIFY_ONCE: case Command.VERIFY_EXT:
        this.#transfer('verify', code === Command.VERIFY_EXT, SECTOR, false);
        break;
      default:
        this.#other(code);
    }
  }

  protected override signature(): void {
    const { task } = this;
    task[COUNT] = task[LOW] = 1;
    task[MID] = task[HIGH] = 0;
    this.status = 0x50;
  }

  protected override backendFailed(): void {
    if (this.phase !== Phase.FLUSHING) this.#report(this.lba);
    this.fail(this.phase === Phase.READING || this.phase === Phase.VERIFYING ? ErrorBit.UNC : ErrorBit.ABRT);
  }

  #other(code: number): void {
    switch (code) {
      case Command.IDENTIFY:
        identifyDisk(this.buffer, this.#total, this.wiring.config, this.#settings());
        this.give(SECTOR, SECTOR, false);
        break;
      case Command.FLUSH: case Command.FLUSH_EXT:
        this.flush();
        break;
      case Command.SET_FEATURES:
        this.#setFeatures();
        break;
      case Command.SET_MULTIPLE:
        this.#setMultiple(this.task[COUNT]!);
        break;
      case Command.SET_PARAMETERS:
        this.#setParameters(this.task[COUNT]!);
        break;
      case Command.READ_NATIVE_MAX: case Command.READ_NATIVE_MAX_EXT:
        this.#readNativeMax(code === Command.READ_NATIVE_MAX_EXT);
        break;
      case Command.STANDBY: case Command.STANDBY_NOW: case Command.SLEEP:
        this.#standby = true;
        this.finish();
        break;
      case Command.IDLE: case Command.IDLE_NOW:
        this.#standby = false;
        this.finish();
        break;
      case Command.CHECK_POWER:
        this.task[COUNT] = this.#standby ? Power.STANDBY : Power.ACTIVE;
        this.finish();
        break;
      case Command.SEEK:
        this.#transfer('verify', false, 0, false);
        break;
      default:
        // RECALIBRATE has sixteen codes.
        if ((code & 0xf0) === Command.RECALIBRATE) this.finish();
        else this.fail(ErrorBit.ABRT);
    }
  }

  #settings() {
    return { multiple: this.#multiple, heads: this.#heads, sectors: this.#sectors, cache: this.#cache, mode: this.#mode };
  }

  #transfer(how: How, wide: boolean, block: number, dma: boolean): void {
    const seeks = block === 0 && how === 'verify';
    const refused = (block === 0 && !seeks) || (how === 'write' && this.#readOnly);
    if (refused) {
      this.fail(ErrorBit.ABRT);
      return;
    }
    const lba = this.#address(wide);
    const count = seeks ? 1 : this.#count(wide);
    if (lba < 0 || lba + count > this.#total) {
      this.fail(ErrorBit.IDNF);
      return;
    }
    this.#standby = false;
    if (seeks) this.finish();
    else if (how === 'read') this.read(lba, count, block, dma);
    else if (how === 'write') this.write(lba, count, block, dma);
    else this.verify(lba, count);
  }

  #count(wide: boolean): number {
    const { task } = this;
    const count = task[COUNT]! + (wide ? 256 * task[COUNT + TASK]! : 0);
    if (count !== 0) return count;
    return wide ? 0x1_0000 : 0x100;
  }

  /** The first sector; −1 when there is no such cylinder, head or sector. */
  #address(wide: boolean): number {
    const { task, device } = this;
    const low = task[LOW]! + 0x100 * task[MID]! + 0x1_0000 * task[HIGH]!;
    if (wide) return low + 0x100_0000 * (task[LOW + TASK]! + 0x100 * task[MID + TASK]! + 0x1_0000 * task[HIGH + TASK]!);
    const head = device & Device.HEAD;
    if ((device & Device.LBA) !== 0) return low + 0x100_0000 * head;
    const cylinder = task[MID]! + 0x100 * task[HIGH]!;
    const sector = task[LOW]!;
    const missing = sector === 0 || sector > this.#sectors || head >= this.#heads;
    return missing ? -1 : (cylinder * this.#heads + head) * this.#sectors + sector - 1;
  }

  /** The sector of an error, in the task file. */
  #report(lba: number): void {
    const { task } = this;
    if ((this.device & Device.LBA) !== 0) {
      this.#reportLba(lba);
      return;
    }
    const track = Math.floor(lba / this.#sectors);
    const cylinder = Math.floor(track / this.#heads);
    task[LOW] = (lba % this.#sectors) + 1;
    task[MID] = cylinder;
    task[HIGH] = cylinder >> 8;
    this.device = (this.device & ~Device.HEAD) | (track % this.#heads);
  }

  #reportLba(lba: number): void {
    const { task } = this;
    for (let i = 0; i < 3; i++) {
      task[LOW + i] = Math.floor(lba / 2 ** (8 * i));
      task[LOW + TASK + i] = Math.floor(lba / 2 ** (24 + 8 * i));
    }
  }

  #readNativeMax(wide: boolean): void {
    const last = Math.min(this.#total, wide ? Infinity : LBA28_SECTORS) - 1;
    this.#reportLba(Math.max(last, 0));
    if (!wide) this.device = (this.device & ~Device.HEAD) | ((last / 0x100_0000) & Device.HEAD);
    this.finish();
  }

  #setMultiple(count: number): void {
    if (count > MAX_MULTIPLE || (count & (count - 1)) !== 0) {
      this.fail(ErrorBit.ABRT);
      return;
    }
    this.#multiple = count;
    this.finish();
  }

  /** INITIALIZE DEVICE PARAMETERS (ATA-3, 7.16). */
  #setParameters(sectors: number): void {
    const heads = (this.device & Device.HEAD) + 1;
    if (sectors === 0 || cylindersOf(this.#total, heads, sectors) === 0) {
      this.fail(ErrorBit.ABRT);
      return;
    }
    this.#heads = heads;
    this.#sectors = sectors;
    this.finish();
  }

  #setCache(on: boolean): void {
    this.#cache = on;
    this.writeThrough = !on;
  }

  #setFeatures(): void {
    const count = this.task[COUNT]!;
    switch (this.task[FEATURES]) {
      case Feature.CACHE_ON: case Feature.CACHE_OFF:
        this.#setCache(this.task[FEATURES] === Feature.CACHE_ON);
        // What is in the cache is written when it is switched off.
        if (this.#cache) this.finish();
        else this.flush();
        break;
      case Feature.TRANSFER_MODE:
        if (!isMode(count)) {
          this.fail(ErrorBit.ABRT);
          break;
        }
        this.#mode = count;
        this.finish();
        break;
      case Feature.LOOK_AHEAD_OFF: case Feature.LOOK_AHEAD_ON: case Feature.REVERT_OFF: case Feature.REVERT_ON:
        this.finish();
        break;
      default:
        this.fail(ErrorBit.ABRT);
    }
  }
}

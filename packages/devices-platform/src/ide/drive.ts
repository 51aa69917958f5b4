import type { BlockBackend, DeviceLog } from '@polyvisor/core';
import type { DriveConfig } from './config.ts';
import { CHUNK, DIAGNOSTIC_PASSED, Port, Status } from './registers.ts';
import { Phase, type DriveState } from './state.ts';

export interface DriveWiring {
  readonly backend: BlockBackend;
  readonly config: DriveConfig;
  readonly log: DeviceLog;
  /** INTRQ changed. */
  onInterrupt(): void;
  /** The buffer waits for the bus master. */
  onDma(drive: Drive): void;
}

/** Registers of the task file that are two deep, from the features on; the older ones follow. */
export const TASK = 5;
const READY = Status.DRDY | Status.DSC;

/**
 * A drive's task file, and how its data goes between the backend, the buffer, and the data register or the bus master.
 * What the commands mean is for disks and packet devices to say.
 */
export abstract class Drive {
  abstract readonly unit: number;
  readonly task = new Uint8Array(2 * TASK);
  device = 0;
  status = 0;
  error = 0;
  /** INTRQ. */
  interrupt = false;
  phase: number = Phase.IDLE;
  buffer = new Uint8Array(CHUNK);
  at = 0;
  end = 0;
  protected dma = false;
  protected lba = 0;
  protected left = 0;
  /** Writes are stable when they end. */
  protected writeThrough = false;
  protected block = CHUNK;
  protected readonly wiring: DriveWiring;
  #blockEnd = 0;
  /** An answer of the backend to an older one is for nobody. */
  #generation = 0;

  constructor(wiring: DriveWiring) {
    this.wiring = wiring;
  }

  abstract command(code: number): void;
  /** DEVICE RESET, SRST and EXECUTE DEVICE DIAGNOSTIC leave it (ATA/ATAPI-6, 9.12). */
  protected abstract signature(): void;
  protected abstract backendFailed(reason: unknown): void;
  /** The whole packet is in the buffer. */
  protected packet(): void {}
  /** A block of this length is about to be moved by the data register. */
  protected blockStarts(_length: number): void {}
  /** The guest has read all. */
  protected inputEnded(): void {
    if (this.dma) this.finish();
    else this.#settle(READY);
  }

  /** @hot */
  readData(size: 1 | 2 | 4): number {
    if (this.phase !== Phase.IN) return 0;
    const count = Math.min(size, this.#blockEnd - this.at);
    let value = 0;
    for (let i = 0; i < count; i++) value |= this.buffer[this.at + i]! << (8 * i);
    this.at += count;
    if (this.at === this.#blockEnd) this.#blockRead();
    return value;
  }

  /** @hot */
  writeData(size: 1 | 2 | 4, value: number): void {
    if (this.phase !== Phase.OUT && this.phase !== Phase.PACKET) return;
    const count = Math.min(size, this.#blockEnd - this.at);
    for (let i = 0; i < count; i++) this.buffer[this.at + i] = value >> (8 * i);
    this.at += count;
    if (this.at === this.#blockEnd) this.#blockWritten();
  }

  /** @hot The features to LBA high are 1 to 5. */
  writeTask(register: number, value: number): void {
    const at = register - Port.FEATURES;
    this.task[at + TASK] = this.task[at]!;
    this.task[at] = value;
  }

  /** @hot */
  acknowledge(): void {
    if (!this.interrupt) return;
    this.interrupt = false;
    this.wiring.onInterrupt();
  }

  get busy(): boolean {
    return (this.status & (Status.BSY | Status.DRQ)) !== 0;
  }

  get waitsForDma(): boolean {
    return this.phase === Phase.DMA_IN || this.phase === Phase.DMA_OUT;
  }

  /** Forgets what is under way; the diagnosis is passed. */
  abandon(): void {
    // The backend may still be at work on the old buffer.
    if (this.phase >= Phase.READING) this.buffer = new Uint8Array(CHUNK);
    this.#generation += 1;
    this.phase = Phase.IDLE;
    this.dma = false;
    this.lba = this.left = this.at = this.#blockEnd = this.end = 0;
    this.block = CHUNK;
    this.interrupt = false;
    this.error = DIAGNOSTIC_PASSED;
    this.device = 0;
    this.signature();
    this.wiring.onInterrupt();
  }

  /** EXECUTE DEVICE DIAGNOSTIC ends with an interrupt. */
  diagnosed(): void {
    this.raise();
  }

  powerOn(): void {
    this.task.fill(0);
    this.buffer.fill(0);
    this.abandon();
  }

  destroy(): void {
    this.#generation += 1;
    this.interrupt = false;
  }

  /** What the bus master moved was all there is in the buffer. */
  moved(): void {
    if (this.phase === Phase.DMA_OUT) this.#commit();
    else this.#inputTaken();
  }

  /** The bus master could not. */
  abstract moveFailed(): void;

  protected finish(): void {
    this.error = 0;
    this.#settle(READY);
    this.raise();
  }

  protected fail(error: number): void {
    this.error = error;
    this.#settle(READY | Status.ERR);
    this.raise();
  }

  protected raise(): void {
    this.interrupt = true;
    this.wiring.onInterrupt();
  }

  /** Reads sectors for the guest; without `dma` in blocks of so many bytes. */
  protected read(lba: number, count: number, block: number, dma: boolean): void {
    this.#begin(lba, count, block, dma);
    this.#fetch(Phase.READING);
  }

  protected verify(lba: number, count: number): void {
    this.#begin(lba, count, CHUNK, false);
    this.#fetch(Phase.VERIFYING);
  }

  protected write(lba: number, count: number, block: number, dma: boolean): void {
    this.#begin(lba, count, block, dma);
    this.#collect(false);
  }

  protected flush(): void {
    this.#ask(Phase.FLUSHING);
  }

  /** Gives the guest what is in the buffer. */
  protected give(length: number, block: number, dma: boolean): void {
    this.#begin(0, 0, block, dma);
    this.end = length;
    this.#present();
  }

  /** Takes a packet from the data register; `block` and `dma` are for the data that it brings. */
  protected takePacket(length: number, block: number, dma: boolean): void {
    this.#begin(0, 0, block, dma);
    this.end = this.#blockEnd = length;
    this.phase = Phase.PACKET;
    this.status = READY | Status.DRQ;
  }

  protected saveTransfer() {
    const { device, status, error, interrupt, phase, dma, lba, left, at, end, block } = this;
    const task = Uint8Array.from(this.task);
    return { task, device, status, error, interrupt, phase, dma, lba, left, at, blockEnd: this.#blockEnd, end, block, buffer: this.buffer.slice(0, end) };
  }

  protected restoreTransfer(saved: DriveState): void {
    this.task.set(saved.task);
    this.device = saved.device;
    this.status = saved.status;
    this.error = saved.error;
    this.interrupt = saved.interrupt;
    this.phase = saved.phase;
    this.dma = saved.dma;
    this.lba = saved.lba;
    this.left = saved.left;
    this.at = saved.at;
    this.#blockEnd = saved.blockEnd;
    this.end = saved.end;
    this.block = saved.block;
    this.buffer.set(saved.buffer);
  }

  /** A restored drive asks its backend again. */
  resume(): void {
    if (this.phase >= Phase.READING) this.#ask(this.phase);
  }

  #settle(status: number): void {
    this.phase = Phase.IDLE;
    this.status = status;
  }

  #begin(lba: number, count: number, block: number, dma: boolean): void {
    this.lba = lba;
    this.left = count;
    this.block = block;
    this.dma = dma;
    this.at = this.#blockEnd = this.end = 0;
    this.error = 0;
  }

  /** How many bytes go through the buffer next. */
  #chunk(): number {
    return Math.min(this.left * this.unit, CHUNK);
  }

  #fetch(phase: typeof Phase.READING | typeof Phase.VERIFYING): void {
    this.at = this.#blockEnd = 0;
    this.end = this.#chunk();
    this.#ask(phase);
  }

  #collect(announced: boolean): void {
    this.at = 0;
    this.end = this.#chunk();
    if (!this.dma) {
      this.#startBlock(Phase.OUT, announced);
      return;
    }
    this.#awaitBusMaster(Phase.DMA_OUT);
  }

  #awaitBusMaster(phase: typeof Phase.DMA_IN | typeof Phase.DMA_OUT): void {
    this.phase = phase;
    this.status = READY | Status.DRQ;
    // The bus master has no blocks: all there is is one.
    this.#blockEnd = this.end;
    this.wiring.onDma(this);
  }

  #startBlock(phase: typeof Phase.IN | typeof Phase.OUT, announced: boolean): void {
    this.phase = phase;
    this.status = READY | Status.DRQ;
    this.#blockEnd = Math.min(this.at + this.block, this.end);
    this.blockStarts(this.#blockEnd - this.at);
    if (announced) this.raise();
  }

  #present(): void {
    this.at = 0;
    if (this.dma) this.#awaitBusMaster(Phase.DMA_IN);
    else this.#startBlock(Phase.IN, true);
  }

  #blockRead(): void {
    if (this.at < this.end) this.#startBlock(Phase.IN, true);
    else this.#inputTaken();
  }

  #inputTaken(): void {
    if (this.left > 0) this.#fetch(Phase.READING);
    else this.inputEnded();
  }

  #blockWritten(): void {
    if (this.phase === Phase.PACKET) this.packet();
    else if (this.at < this.end) this.#startBlock(Phase.OUT, true);
    else this.#commit();
  }

  #commit(): void {
    this.#ask(Phase.WRITING);
  }

  /** Asks the backend. Its promise settles after the guest has gone on. */
  #ask(phase: number): void {
    this.phase = phase;
    this.status = READY | Status.BSY;
    const generation = ++this.#generation;
    const current = (): boolean => generation === this.#generation;
    this.#request(phase).then(
      () => { if (current()) this.#answered(); },
      (reason: unknown) => {
        if (!current()) return;
        this.wiring.log.warn(`the backend of ${this.wiring.config.service} failed a request: ${String(reason)}`);
        this.backendFailed(reason);
      },
    );
  }

  /** What the backend throws at once is an I/O error, too. */
  async #request(phase: number): Promise<void> {
    const { backend } = this.wiring;
    const bytes = this.buffer.subarray(0, this.end);
    const at = this.lba * this.unit;
    if (phase === Phase.FLUSHING) await backend.flush();
    else if (phase === Phase.WRITING) await backend.write(at, bytes);
    else await backend.read(at, bytes);
  }

  #answered(): void {
    const { phase } = this;
    if (phase === Phase.FLUSHING) {
      this.finish();
      return;
    }
    const sectors = this.end / this.unit;
    this.lba += sectors;
    this.left -= sectors;
    if (phase === Phase.READING) this.#present();
    else if (this.left === 0 && phase === Phase.WRITING && this.writeThrough) this.flush();
    else if (this.left === 0) this.finish();
    else if (phase === Phase.VERIFYING) this.#fetch(phase);
    else this.#collect(true);
  }
}

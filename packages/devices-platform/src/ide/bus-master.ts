import { DmaStatus, type Dma } from '@polyvisor/core';
import type { Drive } from './drive.ts';
import { BusMasterCommand, BusMasterPort, BusMasterStatus } from './registers.ts';
import { Phase, type ChannelState } from './state.ts';

/** A physical region descriptor (SFF-8038i 1.2): address, bytes (0 is 64 KiB), and whether it is the last. */
const ENTRY = 8, LAST = 0x80;
/** A table does not cross 64 KiB, which bounds it. */
const TABLE_LIMIT = 0x1_0000;

/** The bus master of a channel: scatters and gathers a drive's buffer by a table in memory. */
export class BusMaster {
  #command = 0;
  #status = 0;
  #table = 0;
  #tableAt = 0;
  #address = 0;
  #left = 0;
  #last = false;
  readonly #entry = new Uint8Array(ENTRY);
  readonly #view = new DataView(this.#entry.buffer);
  readonly #dma: Dma;
  /** The command register of the function lets it be a bus master. */
  readonly #enabled: () => boolean;
  readonly #onStart: () => void;

  constructor(dma: Dma, enabled: () => boolean, onStart: () => void) {
    this.#dma = dma;
    this.#enabled = enabled;
    this.#onStart = onStart;
  }

  /** @hot */
  read(port: number): number {
    if (port === BusMasterPort.COMMAND) return this.#command;
    if (port === BusMasterPort.STATUS) return this.#status;
    return port >= BusMasterPort.TABLE ? (this.#table >> (8 * (port & 3))) & 0xff : 0;
  }

  /** @hot A byte. */
  write(port: number, value: number): void {
    if (port === BusMasterPort.COMMAND) this.#writeCommand(value);
    else if (port === BusMasterPort.STATUS) {
      const cleared = this.#status & value & (BusMasterStatus.ERROR | BusMasterStatus.INTERRUPT);
      this.#status = (this.#status & ~BusMasterStatus.CAPABLE & ~cleared) | (value & BusMasterStatus.CAPABLE);
    } else if (port >= BusMasterPort.TABLE) {
      const shift = 8 * (port & 3);
      this.#table = ((this.#table & ~(0xff << shift)) | (value << shift)) & ~3;
    }
  }

  /** @hot The drive's interrupt came. */
  interrupted(): void {
    this.#status |= BusMasterStatus.INTERRUPT;
  }

  /** Moves the drive's buffer, as far as the table reaches. */
  serve(drive: Drive): void {
    if ((this.#status & BusMasterStatus.ACTIVE) === 0) return;
    while (drive.at < drive.end) {
      if (this.#left === 0 && this.#last) {
        // The regions are smaller than the transfer: the drive goes on waiting (SFF-8038i 3.1).
        this.#status &= ~BusMasterStatus.ACTIVE;
        return;
      }
      if ((this.#left === 0 && !this.#nextRegion()) || !this.#move(drive)) {
        this.#status = (this.#status & ~BusMasterStatus.ACTIVE) | BusMasterStatus.ERROR;
        drive.moveFailed();
        return;
      }
    }
    if (this.#left === 0 && this.#last) this.#status &= ~BusMasterStatus.ACTIVE;
    drive.moved();
  }

  reset(): void {
    this.#command = this.#status = this.#table = this.#tableAt = this.#address = this.#left = 0;
    this.#last = false;
  }

  save(): ChannelState['busMaster'] {
    return {
      command: this.#command, status: this.#status, table: this.#table, tableAt: this.#tableAt, address: this.#address, left: this.#left,
      last: this.#last,
    };
  }

  restore(saved: ChannelState['busMaster']): void {
    this.#command = saved.command;
    this.#status = saved.status;
    this.#table = saved.table;
    this.#tableAt = saved.tableAt;
    this.#address = saved.address;
    this.#left = saved.left;
    this.#last = saved.last;
  }

  #writeCommand(value: number): void {
    const started = (value & ~this.#command & BusMasterCommand.START) !== 0;
    this.#command = value & BusMasterCommand.MASK;
    if ((value & BusMasterCommand.START) === 0) this.#status &= ~BusMasterStatus.ACTIVE;
    if (!started) return;
    this.#status |= BusMasterStatus.ACTIVE;
    this.#tableAt = this.#left = 0;
    this.#last = false;
    this.#onStart();
  }

  #nextRegion(): boolean {
    if (this.#tableAt >= TABLE_LIMIT || !this.#enabled()) return false;
    if (this.#dma.read((this.#table >>> 0) + this.#tableAt, this.#entry, 0, ENTRY) !== DmaStatus.ok) return false;
    this.#tableAt += ENTRY;
    this.#address = this.#view.getInt32(0, true) & ~1;
    const length = this.#view.getUint16(4, true) & ~1;
    this.#left = length === 0 ? 0x1_0000 : length;
    this.#last = (this.#entry[7]! & LAST) !== 0;
    return true;
  }

  #move(drive: Drive): boolean {
    const length = Math.min(this.#left, drive.end - drive.at);
    const address = this.#address >>> 0;
    const status = drive.phase === Phase.DMA_IN
      ? this.#dma.write(address, drive.buffer, drive.at, length)
      : this.#dma.read(address, drive.buffer, drive.at, length);
    drive.at += length;
    this.#address = (this.#address + length) | 0;
    this.#left -= length;
    return status === DmaStatus.ok;
  }
}

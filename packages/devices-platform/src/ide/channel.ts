import type { LevelLine, Region } from '@polyvisor/core';
import type { BusMaster } from './bus-master.ts';
import { TASK, type Drive } from './drive.ts';
import { Command, Control, Device, Port, Status } from './registers.ts';
import type { ChannelState } from './state.ts';

export interface ChannelWiring {
  readonly line: LevelLine;
  /** IDETIM lets the channel's ports be decoded. */
  decoded(): boolean;
}

/** Two drives on a cable, behind the command block and the control block. */
export class Channel {
  readonly commandBlock: Region = {
    read: (offset, size) => this.#read(offset, size),
    write: (offset, size, value) => this.#write(offset, size, value),
  };
  readonly controlBlock: Region = {
    read: () => (this.#wiring.decoded() ? this.#status() : -1),
    write: (_offset, _size, value) => {
      if (this.#wiring.decoded()) this.#writeControl(value & 0xff);
    },
  };
  readonly drives: readonly (Drive | undefined)[];
  readonly busMaster: BusMaster;
  readonly #wiring: ChannelWiring;
  #control = 0;
  #selected: 0 | 1 = 0;

  constructor(drives: readonly (Drive | undefined)[], busMaster: BusMaster, wiring: ChannelWiring) {
    this.drives = drives;
    this.busMaster = busMaster;
    this.#wiring = wiring;
  }

  /** @hot INTRQ of the drive that is selected, unless nIEN takes it off the cable (ATA/ATAPI-6, 5.2.9). */
  drive(): void {
    const asserted = this.#drive()?.interrupt === true && (this.#control & Control.NIEN) === 0;
    if (asserted && !this.#wiring.line.asserted) this.busMaster.interrupted();
    this.#wiring.line.set(asserted);
  }

  /** The bus master was started. */
  started(): void {
    for (const drive of this.drives) if (drive?.waitsForDma === true) this.busMaster.serve(drive);
  }

  reset(): void {
    this.#control = 0;
    this.#selected = 0;
    this.busMaster.reset();
    for (const drive of this.drives) drive?.powerOn();
    this.drive();
  }

  destroy(): void {
    for (const drive of this.drives) drive?.destroy();
    this.#wiring.line.set(false);
  }

  save(): ChannelState {
    return { control: this.#control, selected: this.#selected, busMaster: this.busMaster.save() };
  }

  restore(saved: ChannelState): void {
    this.#control = saved.control;
    this.#selected = saved.selected;
    this.#wiring.line.set(this.#drive()?.interrupt === true && (this.#control & Control.NIEN) === 0);
    this.busMaster.restore(saved.busMaster);
    for (const drive of this.drives) drive?.resume();
  }

  /** @hot */
  #drive(): Drive | undefined {
    return this.drives[this.#selected];
  }

  /** @hot */
  #read(offset: number, size: 1 | 2 | 4): number {
    if (!this.#wiring.decoded()) return -1;
    if (offset === Port.DATA) return this.#drive()?.readData(size) ?? 0;
    let value = 0;
    for (let i = 0; i < size; i++) value |= this.#readRegister(offset + i) << (8 * i);
    return value;
  }

  /** @hot */
  #write(offset: number, size: 1 | 2 | 4, value: number): void {
    if (!this.#wiring.decoded()) return;
    if (offset === Port.DATA) {
      this.#drive()?.writeData(size, value);
      return;
    }
    for (let i = 0; i < size; i++) this.#writeRegister(offset + i, (value >> (8 * i)) & 0xff);
  }

  /** @hot A drive that is not there gives zeros, for which device 0 stands in (9.16.1). */
  #readRegister(port: number): number {
    const drive = this.#drive();
    if (drive === undefined) return 0;
    switch (port) {
      case Port.STATUS: {
        const status = this.#status();
        drive.acknowledge();
        return status;
      }
      case Port.ERROR:
        return drive.error;
      case Port.DEVICE:
        return drive.device | Device.OBSOLETE;
      default:
        return drive.task[port - Port.FEATURES + ((this.#control & Control.HOB) !== 0 ? TASK : 0)]!;
    }
  }

  /** @hot Both drives hear of all (5.3). */
  #writeRegister(port: number, value: number): void {
    this.#control &= ~Control.HOB;
    if (port === Port.COMMAND) {
      this.#command(value);
      return;
    }
    for (let i = 0; i < 2; i++) {
      const drive = this.drives[i];
      if (drive === undefined) continue;
      if (port === Port.DEVICE) drive.device = value;
      else drive.writeTask(port, value);
    }
    if (port !== Port.DEVICE) return;
    this.#selected = (value & Device.DEV) === 0 ? 0 : 1;
    this.drive();
  }

  #command(code: number): void {
    if ((this.#control & Control.SRST) !== 0) return;
    if (code === Command.DIAGNOSTIC) {
      for (const drive of this.drives) drive?.abandon();
      this.#selected = 0;
      this.drives[0]?.diagnosed();
      return;
    }
    const drive = this.#drive();
    if (drive === undefined || (drive.busy && code !== Command.DEVICE_RESET)) return;
    drive.acknowledge();
    drive.command(code);
  }

  /** @hot */
  #status(): number {
    const drive = this.#drive();
    if (drive === undefined) return 0;
    return (this.#control & Control.SRST) !== 0 ? Status.BSY : drive.status;
  }

  /** Drives begin anew when SRST rises, and are ready when it falls (9.2). */
  #writeControl(value: number): void {
    const rising = (value & ~this.#control & Control.SRST) !== 0;
    this.#control = value;
    if (rising) {
      this.#selected = 0;
      for (const drive of this.drives) drive?.abandon();
    }
    this.drive();
  }
}

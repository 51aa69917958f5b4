import type { Dma } from '@polyvisor/core';
import { TASK, type Drive } from '../ide/drive.ts';
import { Status } from '../ide/registers.ts';
import { Regions } from './prdt.ts';
import { FIS_BYTES, Fis, Sata } from './registers.ts';
import type { CommandState } from './state.ts';

/** A command that the driver issued: its slot, the frame that it sends, and its data. */
export class Issued {
  readonly slot: number;
  readonly regions: Regions;
  readonly fis = new Uint8Array(FIS_BYTES);
  /** Its data was read through the data register. */
  programmedIn = false;

  constructor(slot: number, regions: Regions) {
    this.slot = slot;
    this.regions = regions;
  }

  static restored({ slot, fis, table, regions, moved }: CommandState, dma: Dma): Issued {
    const command = new Issued(slot, new Regions(dma));
    command.fis.set(fis);
    command.regions.begin(table, regions);
    command.regions.skip(moved);
    return command;
  }

  get bit(): number {
    return 1 << this.slot;
  }

  get queued(): boolean {
    return this.fis[2] === Sata.READ_FPDMA || this.fis[2] === Sata.WRITE_FPDMA;
  }

  save(): CommandState {
    const { address, count, moved } = this.regions;
    return { slot: this.slot, fis: Uint8Array.from(this.fis), table: address, regions: count, moved };
  }
}

/** A host to device frame (Serial ATA 3.0, 10.3.4) to the drive's task file. */
export function loadTask(fis: Uint8Array, drive: Drive): void {
  const { task } = drive;
  task.set([fis[3]!, fis[12]!, fis[4]!, fis[5]!, fis[6]!]);
  task.set([fis[11]!, fis[13]!, fis[8]!, fis[9]!, fis[10]!], TASK);
  drive.device = fis[7]!;
}

/** A device to host frame, or PIO setup (10.3.5, 10.3.11), from the drive's task file. */
export function received(fis: Uint8Array, type: number, flags: number, drive: Drive, length: number): void {
  const { task, status, error, device } = drive;
  fis.fill(0);
  fis.set([type, flags, status, error, task[2]!, task[3]!, task[4]!, device, task[2 + TASK]!, task[3 + TASK]!, task[4 + TASK]!, 0, task[1]!, task[1 + TASK]!]);
  if (type !== Fis.PIO_SETUP) return;
  // The status when the data is about to be moved, and at its end.
  fis[2] = (status & ~Status.BSY) | Status.DRQ;
  fis[15] = status;
  fis[16] = length;
  fis[17] = length >> 8;
}

/** The first sector of a command with 48 bits of address. */
export function firstOf(fis: Uint8Array): number {
  return fis[4]! + 0x100 * fis[5]! + 0x1_0000 * fis[6]! + 0x100_0000 * (fis[8]! + 0x100 * fis[9]! + 0x1_0000 * fis[10]!);
}

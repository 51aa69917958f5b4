import type { BlockBackend, DeviceLog, Dma } from '@polyvisor/core';
import type { DriveConfig } from '../ide/config.ts';
import { CHUNK, ErrorBit, SECTOR } from '../ide/registers.ts';
import { Issued, firstOf } from './command.ts';
import { Moved } from './prdt.ts';
import { Sata } from './registers.ts';
import type { CommandState } from './state.ts';

/** In the device register of a queued write: it is stable when it ends (ATA8-ACS, 7.65). */
const FUA = 0x80;
const SECTORS = 0x1_0000;

/** How a command ended: with an error of the task file, 0 for none, and whether memory was at fault. */
export interface Outcome {
  readonly error: number;
  readonly fault: boolean;
}
const GOOD: Outcome = { error: 0, fault: false };

interface QueueWiring {
  readonly backend: BlockBackend | undefined;
  readonly config: DriveConfig | undefined;
  readonly log: DeviceLog;
}

/** Queued commands (Serial ATA 3.0, 13.6): all run side by side, each in pieces, and end in any order. */
export class Queue {
  writeCache = true;
  readonly #wiring: QueueWiring;
  readonly #ended: (command: Issued, outcome: Outcome) => void;
  #commands: Issued[] = [];

  constructor(wiring: QueueWiring, ended: (command: Issued, outcome: Outcome) => void) {
    this.#wiring = wiring;
    this.#ended = ended;
  }

  get size(): number {
    return this.#commands.length;
  }

  start(command: Issued): void {
    this.#commands.push(command);
    void this.#run(command).then((outcome) => this.#over(command, outcome));
  }

  /** What the backend still does is for nobody. */
  clear(): void {
    this.#commands = [];
  }

  save(): CommandState[] {
    return this.#commands.map((command) => command.save());
  }

  /** Commands begin again: reading and writing twice does no harm. */
  restore(saved: readonly CommandState[], dma: Dma): void {
    const again = saved.map((command) => Issued.restored(command, dma));
    this.#commands = again;
    void Promise.resolve().then(() => {
      for (const command of again) {
        if (!this.#isWanted(command)) continue;
        command.regions.begin(command.regions.address, command.regions.count);
        void this.#run(command).then((outcome) => this.#over(command, outcome));
      }
    });
  }

  #isWanted(command: Issued): boolean {
    return this.#commands.includes(command);
  }

  /** After an error the drive has forgotten all others, too. */
  #over(command: Issued, outcome: Outcome): void {
    if (!this.#isWanted(command)) return;
    this.#commands = outcome.error === 0 ? this.#commands.filter((other) => other !== command) : [];
    this.#ended(command, outcome);
  }

  async #run(command: Issued): Promise<Outcome> {
    const { backend, config, log } = this.#wiring;
    const { fis, regions } = command;
    const writes = fis[2] === Sata.WRITE_FPDMA;
    const first = firstOf(fis);
    const count = (fis[3]! | (fis[11]! << 8)) || SECTORS;
    // The tag is the slot (AHCI 1.3.1, 5.5.1).
    if (!backend || fis[12]! >> 3 !== command.slot || (writes && (config?.readOnly === true || backend.readOnly))) return { error: ErrorBit.ABRT, fault: false };
    if (first + count > Math.floor(backend.size / SECTOR)) return { error: ErrorBit.IDNF, fault: false };
    const buffer = new Uint8Array(Math.min(count * SECTOR, CHUNK));
    try {
      for (let done = 0; done < count * SECTOR && (done === 0 || this.#isWanted(command)); done += buffer.length) {
        const part = buffer.subarray(0, Math.min(buffer.length, count * SECTOR - done));
        if (writes) {
          const moved = regions.move(part, 0, part.length, false);
          if (moved !== Moved.ALL) return { error: ErrorBit.ABRT, fault: moved === Moved.FAULT };
          await backend.write(first * SECTOR + done, part);
        } else {
          await backend.read(first * SECTOR + done, part);
          if (!this.#isWanted(command)) break;
          const moved = regions.move(part, 0, part.length, true);
          if (moved !== Moved.ALL) return { error: ErrorBit.ABRT, fault: moved === Moved.FAULT };
        }
      }
      if (writes && (!this.writeCache || (fis[7]! & FUA) !== 0)) await backend.flush();
    } catch (reason) {
      log.warn(`the disk's backend failed a command: ${String(reason)}`);
      return { error: writes ? ErrorBit.ABRT : ErrorBit.UNC, fault: false };
    }
    return GOOD;
  }
}

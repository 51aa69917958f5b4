import {
  BlockBackendToken, PolyvisorError, defineDevice,
  type BlockBackend, type DeviceLog, type Dma, type LevelLine, type RegionPlacement,
} from '@polyvisor/core';
import { PciBusToken } from '../pci/bus.ts';
import { PciConfigSpace } from '../pci/config-space.ts';
import { PciCommand } from '../pci/registers.ts';
import { BusMaster } from './bus-master.ts';
import { Cdrom } from './cdrom.ts';
import { Channel } from './channel.ts';
import { UNITS, driveConfigs, ideConfig, type DriveConfig } from './config.ts';
import { Disk } from './disk.ts';
import { BUS_MASTER_BAR, BUS_MASTER_SIZE, CD_SECTOR, CHANNELS, IDENTITY, IDETIM, IDE_DECODE, SECTOR } from './registers.ts';
import { ideState, type DriveState, type IdeState } from './state.ts';

interface Wiring {
  readonly id: string;
  readonly dma: Dma;
  readonly log: DeviceLog;
  readonly lines: readonly [LevelLine, LevelLine];
  readonly busMaster: RegionPlacement;
  readonly drives: readonly DriveConfig[];
  backend(service: string): BlockBackend;
}

/** The function: configuration space and two channels. */
class IdeFunction {
  readonly space: PciConfigSpace;
  readonly channels: readonly [Channel, Channel];
  readonly #drives: readonly (Disk | Cdrom | undefined)[];

  constructor(wiring: Wiring, saved: IdeState | undefined) {
    const bars = [{ index: BUS_MASTER_BAR, kind: 'io', size: BUS_MASTER_SIZE, place: wiring.busMaster } as const];
    this.space = new PciConfigSpace({ ...IDENTITY, bars });
    // Both IDETIMs, and SIDETIM behind them.
    this.space.addRegisters(IDETIM, [0, IDE_DECODE, 0, IDE_DECODE, 0], [0xff, 0xff, 0xff, 0xff, 0xff]);
    this.#drives = Array.from({ length: UNITS }, (_, unit) => {
      const config = wiring.drives.find((drive) => drive.unit === unit);
      return config && this.#makeDrive(wiring, config, saved?.drives[unit] ?? undefined);
    });
    this.channels = [this.#makeChannel(wiring, 0), this.#makeChannel(wiring, 1)];
    if (saved) this.#restore(saved);
    else for (const channel of this.channels) channel.reset();
  }

  readBusMaster(offset: number, size: 1 | 2 | 4): number {
    let value = 0;
    for (let i = 0; i < size; i++) value |= this.channels[(offset + i) >> 3]!.busMaster.read((offset + i) & 7) << (8 * i);
    return value;
  }

  writeBusMaster(offset: number, size: 1 | 2 | 4, value: number): void {
    for (let i = 0; i < size; i++) this.channels[(offset + i) >> 3]!.busMaster.write((offset + i) & 7, (value >> (8 * i)) & 0xff);
  }

  reset(): void {
    this.space.reset();
    for (const channel of this.channels) channel.reset();
  }

  destroy(): void {
    for (const channel of this.channels) channel.destroy();
  }

  save(): IdeState {
    const [first, second] = this.channels;
    return {
      config: this.space.save(), channels: [first.save(), second.save()],
      drives: this.#drives.map((drive) => drive?.save() ?? null),
    };
  }

  #restore(saved: IdeState): void {
    this.space.restore(saved.config);
    for (const [i, channel] of this.channels.entries()) channel.restore(saved.channels[i]!);
  }

  #makeDrive(wiring: Wiring, config: DriveConfig, saved: DriveState | undefined): Disk | Cdrom {
    const backend = wiring.backend(config.service);
    const channel = config.unit >> 1;
    const least = config.kind === 'disk' ? SECTOR : CD_SECTOR;
    if (backend.blockSize > least) {
      const message = `its backend has blocks of ${backend.blockSize} bytes, and a ${config.kind} has sectors of ${least}`;
      throw new PolyvisorError([{ code: 'ide/block-size', thing: config.service, place: wiring.id, message, remedy: 'Give it an image with smaller blocks.' }]);
    }
    const parts = {
      backend, config, log: wiring.log,
      onInterrupt: () => this.channels[channel]!.drive(),
      onDma: (drive: Disk | Cdrom) => this.channels[channel]!.busMaster.serve(drive),
    };
    return config.kind === 'disk' ? new Disk(parts, saved) : new Cdrom(parts, saved);
  }

  #makeChannel(wiring: Wiring, index: 0 | 1): Channel {
    const { bytes } = this.space;
    const mastering = (): boolean => (this.space.command & PciCommand.MASTER) !== 0;
    const busMaster = new BusMaster(wiring.dma, mastering, () => this.channels[index].started());
    const drives = this.#drives.slice(2 * index, 2 * index + 2);
    return new Channel(drives, busMaster, {
      line: wiring.lines[index],
      decoded: () => (bytes[IDETIM + 2 * index + 1]! & IDE_DECODE) !== 0,
    });
  }
}

const [FIRST, SECOND] = CHANNELS;
const commandBlock = (prefer: number) => ({ size: 8, width: 4, prefer }) as const;
const controlBlock = (prefer: number) => ({ size: 1, width: 1, prefer }) as const;

/** A PC's disks and CD-ROM drives: the IDE function of PIIX3. */
export const ide = defineDevice({
  kind: 'platform/ide',
  api: 1,
  summary: 'Up to four ATA disks and ATAPI CD-ROM drives on the IDE function of PIIX3, with bus-master DMA.',
  config: ideConfig,
  state: ideState,
  resources: (config) => ({
    pio: {
      command0: commandBlock(FIRST.command), control0: controlBlock(FIRST.control),
      command1: commandBlock(SECOND.command), control1: controlBlock(SECOND.control),
      busMaster: { size: BUS_MASTER_SIZE, width: 4, movable: true },
    },
    irq: { primary: { kind: 'level', prefer: FIRST.irq }, secondary: { kind: 'level', prefer: SECOND.irq } },
    dma: true,
    services: { bus: PciBusToken, ...Object.fromEntries(driveConfigs(config).map(({ service }) => [service, BlockBackendToken])) },
  }),
  create(config, host, saved) {
    // The drives' services have names that the configuration chose.
    const backends: Readonly<Record<string, unknown>> = host.services;
    const wiring: Wiring = {
      id: host.id, dma: host.dma, log: host.log, lines: [host.irq.primary, host.irq.secondary], busMaster: host.placement.busMaster,
      drives: driveConfigs(config),
      backend: (service) => backends[service] as BlockBackend,
    };
    const made = new IdeFunction(wiring, saved);
    host.services.bus.attach(host.id, config.device, config.fn, made.space);
    const [first, second] = made.channels;
    return {
      regions: {
        command0: first.commandBlock, control0: first.controlBlock, command1: second.commandBlock, control1: second.controlBlock,
        busMaster: {
          read: (offset, size) => made.readBusMaster(offset, size),
          write: (offset, size, value) => { made.writeBusMaster(offset, size, value); },
        },
      },
      reset: () => { made.reset(); },
      save: () => made.save(),
      destroy: () => { made.destroy(); },
    };
  },
});

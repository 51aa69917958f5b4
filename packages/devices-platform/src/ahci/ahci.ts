import { BlockBackendToken, PolyvisorError, defineDevice, type BlockBackend } from '@polyvisor/core';
import { CD_SECTOR, SECTOR } from '../ide/registers.ts';
import { PciBusToken } from '../pci/bus.ts';
import { PciConfigSpace } from '../pci/config-space.ts';
import { ahciConfig, driveConfigs } from './config.ts';
import { Controller } from './controller.ts';
import { ABAR, ABAR_SIZE, IDENTITY } from './registers.ts';
import { ahciState } from './state.ts';

/** Disks and CD-ROM drives behind Serial ATA, as on ICH9. */
export const ahci = defineDevice({
  kind: 'platform/ahci',
  api: 1,
  summary: 'Up to six ATA disks and ATAPI CD-ROM drives behind AHCI 1.3.1 (ICH9), with command queueing, TRIM and MSI.',
  config: ahciConfig,
  state: ahciState,
  resources: (config) => ({
    mmio: { registers: { size: ABAR_SIZE, width: 4, movable: true } },
    msi: true,
    dma: true,
    timers: true,
    services: { bus: PciBusToken, ...Object.fromEntries(driveConfigs(config).map(({ service }) => [service, BlockBackendToken])) },
  }),
  create(config, host, saved) {
    // The drives' services have names that the configuration chose.
    const backends: Readonly<Record<string, unknown>> = host.services;
    const drives = driveConfigs(config);
    const backend = (service: string): BlockBackend => backends[service] as BlockBackend;
    for (const { kind, service } of drives) checkBlocks(host.id, kind, service, backend(service).blockSize);
    const bars = [{ index: ABAR, kind: 'memory', size: ABAR_SIZE, place: host.placement.registers }] as const;
    const space = new PciConfigSpace({ ...IDENTITY, bars });
    const { dma, clock, log, msi } = host;
    host.services.bus.attach(host.id, config.device, config.fn, space);
    const controller = new Controller({ dma, clock, log, msi, space, drives, backend, timer: (fire) => host.timer(fire) }, saved);
    space.onWritten = () => controller.drive();
    return {
      regions: { registers: controller },
      reset: () => {
        controller.reset();
        space.reset();
      },
      save: () => controller.save(),
      destroy: () => controller.destroy(),
    };
  },
});

function checkBlocks(id: string, kind: 'disk' | 'cdrom', service: string, blockSize: number): void {
  const least = kind === 'disk' ? SECTOR : CD_SECTOR;
  if (blockSize <= least) return;
  const message = `its backend has blocks of ${blockSize} bytes, and a ${kind} has sectors of ${least}`;
  throw new PolyvisorError([{ code: 'ahci/block-size', thing: service, place: id, message, remedy: 'Give it an image with smaller blocks.' }]);
}

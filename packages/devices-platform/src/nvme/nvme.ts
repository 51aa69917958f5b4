import { BlockBackendToken, defineDevice } from '@polyvisor/core';
import { PciBusToken } from '../pci/bus.ts';
import { PciConfigSpace } from '../pci/config-space.ts';
import { nvmeConfig } from './config.ts';
import { Controller } from './controller.ts';
import { DEVICE, VENDOR } from './identify.ts';
import { Namespace } from './namespace.ts';
import { Offset } from './registers.ts';
import { nvmeState } from './state.ts';

/** Mass storage, non-volatile memory, NVM Express I/O controller (PCI Code and ID Assignment 1.11). */
const CLASS_CODE = 0x01_0802;

/** An NVM Express controller with one namespace. */
export const nvme = defineDevice({
  kind: 'platform/nvme',
  api: 1,
  summary: 'A disk behind NVM Express 1.4, with several queues, MSI-X, discard and a write cache.',
  config: nvmeConfig,
  state: nvmeState,
  resources: () => ({
    mmio: { registers: { size: Offset.SIZE, width: 4, movable: true } },
    msi: true,
    dma: true,
    timers: true,
    services: { bus: PciBusToken, drive: BlockBackendToken },
  }),
  create(config, host, saved) {
    const bars = [{ index: 0, size: Offset.SIZE, kind: 'memory64', place: host.placement.registers }] as const;
    const space = new PciConfigSpace({
      vendor: VENDOR, device: DEVICE, revision: 2, classCode: CLASS_CODE, subsystemVendor: VENDOR, subsystem: DEVICE, interruptPin: 1, bars,
    });
    const { dma, clock, log, msi } = host;
    const disk = new Namespace(config, host.services.drive);
    const controller = new Controller({ config, disk, dma, clock, log, msi, space, timer: (fire) => host.timer(fire) }, saved);
    const { queues } = controller;
    host.services.bus.attach(host.id, config.slot, 0, space);
    space.onWritten = () => controller.configurationWritten();
    if (saved) {
      space.restore(saved.space);
      queues.msix.restore(saved.msix);
      queues.drive();
    }
    return {
      regions: { registers: controller },
      reset: () => {
        controller.reset();
        queues.msix.reset();
        space.reset();
      },
      save: () => ({ space: space.save(), msix: queues.msix.save(), ...controller.save() }),
      destroy: () => controller.destroy(),
    };
  },
});

import { defineDevice } from '@polyvisor/core';
import { PciBusToken, PciConfigSpace } from '@polyvisor/devices-platform';
import { checksumConfig } from './config.ts';
import { Engine } from './engine.ts';
import { BAR_SIZE, IDENTITY } from './registers.ts';
import { checksumState } from './state.ts';

export const checksum = defineDevice({
  kind: 'acme/checksum',
  api: 1,
  summary: 'Computes CRC-32 of what is written to it, or of memory that it fetches itself.',
  config: checksumConfig,
  state: checksumState,

  resources: () => ({
    mmio: { registers: { size: BAR_SIZE, movable: true } },
    services: { bus: PciBusToken },
    dma: true,
    timers: true,
  }),

  create(config, host, saved) {
    const bars = [{ index: 0, kind: 'memory', size: BAR_SIZE, place: host.placement.registers }] as const;
    const space = new PciConfigSpace({ ...IDENTITY, bars });
    const { dma, clock } = host;
    const engine = new Engine({ space, dma, clock, latency: config.latency, timer: (fire) => host.timer(fire) }, saved);

    host.services.bus.attach(host.id, config.slot, 0, space);
    if (saved) {
      space.restore(saved.space);
      engine.interrupt();
    }

    return {
      regions: { registers: engine },
      reset() {
        space.reset();
        engine.reset();
      },
      save: () => ({ space: space.save(), ...engine.save() }),
      destroy: () => engine.destroy(),
    };
  },
});

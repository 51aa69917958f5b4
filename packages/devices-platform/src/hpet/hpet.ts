import { defineDevice } from '@polyvisor/core';
import { HpetChip } from './chip.ts';
import { hpetConfig } from './config.ts';
import { REGION_SIZE } from './registers.ts';
import { hpetState } from './state.ts';

/** High-precision event timers. */
export const hpet = defineDevice({
  kind: 'platform/hpet',
  api: 1,
  summary: 'Three high-precision event timers on a counter of 100 MHz (IA-PC HPET 1.0a).',
  config: hpetConfig,
  state: hpetState,
  resources: (config) => ({
    mmio: { regs: { size: REGION_SIZE, width: 4, align: 1024, prefer: config.address } },
    irq: {
      irq0: { kind: 'edge', prefer: 0 },
      irq8: { kind: 'level', prefer: 8 },
      route20: { kind: 'level', prefer: 20 },
      route21: { kind: 'level', prefer: 21 },
      route22: { kind: 'level', prefer: 22 },
      route23: { kind: 'level', prefer: 23 },
    },
    msi: true,
    timers: true,
  }),
  create(_config, host, saved) {
    const { irq0, irq8, route20, route21, route22, route23 } = host.irq;
    const wiring = { clock: host.clock, irq0, irq8, routes: [route20, route21, route22, route23], msi: host.msi, timer: (fire: () => void) => host.timer(fire) };
    const chip = new HpetChip(wiring, saved);
    return { regions: { regs: chip }, reset: () => chip.reset(), save: () => chip.save(), destroy: () => chip.destroy() };
  },
});

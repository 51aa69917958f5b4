import { defineDevice } from '@polyvisor/core';
import { PitChip } from './chip.ts';
import { pitConfig } from './config.ts';
import { pitState } from './state.ts';

/** A PC's interval timer: an 8254 and the port with counter 2's gate. */
export const pit = defineDevice({
  kind: 'platform/pit',
  api: 1,
  summary: 'The programmable interval timer of a PC (Intel 8254), with port 61H.',
  config: pitConfig,
  state: pitState,
  resources: (config) => ({
    pio: { counters: { size: 4, width: 1, prefer: 0x40 }, portB: { size: 1, width: 1, prefer: 0x61 } },
    irq: { out0: { kind: 'edge', prefer: config.irq } },
    timers: true,
  }),
  create(_config, host, saved) {
    const chip = new PitChip({ clock: host.clock, irq: host.irq.out0, timer: (fire) => host.timer(fire) }, saved);
    return {
      regions: { counters: chip, portB: chip.portB },
      reset: () => chip.reset(),
      save: () => chip.save(),
      destroy: () => chip.destroy(),
    };
  },
});

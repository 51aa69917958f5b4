import { defineDevice } from '@polyvisor/core';
import { RtcChip } from './chip.ts';
import { WallClockToken, rtcConfig } from './config.ts';
import { initialRam } from './nvram.ts';
import { rtcState } from './state.ts';

/** A PC's real-time clock and CMOS memory. */
export const rtc = defineDevice({
  kind: 'platform/rtc',
  api: 1,
  summary: 'The real-time clock of a PC with its battery-backed memory (Motorola MC146818A).',
  config: rtcConfig,
  state: rtcState,
  resources: (config) => ({
    pio: { ports: { size: 2, width: 1, prefer: 0x70 } },
    irq: { irq: { kind: 'level', prefer: config.irq } },
    timers: true,
    services: config.start === 'service' ? { wall: WallClockToken } : {},
  }),
  create(config, host, saved) {
    const { services } = host;
    const start = config.start !== 'service' ? 1000 * config.start : 'wall' in services ? services.wall.now() : 0;
    const { centuryRegister } = config;
    const wiring = { clock: host.clock, irq: host.irq.irq, timer: (fire: () => void) => host.timer(fire), centuryRegister, start };
    const chip = new RtcChip({ ...wiring, ram: initialRam(config) }, saved);
    return {
      regions: { ports: chip },
      reset: () => chip.reset(),
      save: () => chip.save(),
      destroy: () => chip.destroy(),
    };
  },
});

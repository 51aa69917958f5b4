import { ByteSinkToken, ByteSourceToken, defineDevice } from '@polyvisor/core';
import { Uart16550Chip } from './chip.ts';
import { uart16550Config } from './config.ts';
import { REGISTER_COUNT } from './registers.ts';
import { uart16550State } from './state.ts';

/**
 * A PC's serial port: a PC16550D at eight I/O ports. INTR is a level, active high, which a PC's 8259 sees as edges.
 */
export const uart16550 = defineDevice({
  kind: 'platform/uart16550',
  api: 1,
  summary: 'A serial port with 16-byte FIFOs (National Semiconductor PC16550D).',
  config: uart16550Config,
  state: uart16550State,
  resources: (config) => ({
    pio: { regs: { size: REGISTER_COUNT, width: 1, prefer: config.port } },
    irq: { intr: { kind: 'level', prefer: config.irq } },
    timers: true,
    services: { out: ByteSinkToken, in: ByteSourceToken },
  }),
  create(config, host, saved) {
    const chip = new Uart16550Chip(
      {
        clock: host.clock,
        out: host.services.out,
        in: host.services.in,
        intr: host.irq.intr,
        out2GatesInterrupt: config.out2GatesInterrupt,
        timed: config.timing === 'baud',
        wordLength: config.wordLength,
        timer: (fire) => host.timer(fire),
      },
      saved,
    );
    return {
      regions: { regs: chip },
      reset: () => chip.reset(),
      pause: () => chip.pause(),
      resume: () => chip.resume(),
      save: () => chip.save(),
      destroy: () => chip.destroy(),
    };
  },
});

import { defineDevice } from '@polyvisor/core';
import { demoDmaConfig } from './config.ts';
import { DemoInterrupts } from './interrupts.ts';
import { DemoMover } from './mover.ts';
import { DemoRegisters } from './registers-region.ts';
import { REGION_SIZE } from './registers.ts';
import { demoDmaState } from './state.ts';

/**
 * A device for learning and for tests: registers, DMA between memory and an internal buffer, a level line and
 * messages. It has the spirit of QEMU's `edu` device and a register map of its own (see its README).
 */
export const demoDma = defineDevice({
  kind: 'platform/demo-dma',
  api: 1,
  summary: 'A demonstration device with DMA, an interrupt line and message-signalled interrupts.',
  config: demoDmaConfig,
  state: demoDmaState,
  resources: (config) => ({
    mmio: { regs: { size: REGION_SIZE, width: 4, prefer: config.address } },
    irq: { line: { kind: 'level', prefer: config.irq } },
    msi: true,
    dma: true,
    timers: true,
  }),
  create(config, host, saved) {
    const interrupts = new DemoInterrupts(host.irq.line, host.msi, saved);
    const { dma, clock } = host;
    const wiring = { dma, clock, latency: config.latency, interrupts, timer: (fire: () => void) => host.timer(fire) };
    const registers = new DemoRegisters(new DemoMover(wiring, saved), interrupts, host.log, saved);
    return {
      regions: { regs: registers },
      reset: () => registers.reset(),
      save: () => registers.save(),
      destroy: () => registers.destroy(),
    };
  },
});

import { PowerControlToken, defineDevice, stateless, type PowerControl, type Region } from '@polyvisor/core';
import { debugExitConfig } from './config.ts';

/**
 * Ends the machine when it is written: the value v becomes the process status (v << 1) | 1, which is never 0, so that
 * a test kernel's end can be told from a machine that merely stopped. Any offset counts and reads give 0, as in
 * QEMU's `isa-debug-exit` (hw/misc/debugexit.c). A process keeps the status' low 8 bits.
 */
class ExitPort implements Region {
  readonly #power: PowerControl;

  constructor(power: PowerControl) {
    this.#power = power;
  }

  /** @hot */
  read(): number {
    return 0;
  }

  /** @hot */
  write(_offset: number, size: 1 | 2 | 4, value: number): void {
    const written = size === 4 ? value : value & ((1 << (8 * size)) - 1);
    this.#power.powerOff((written << 1) | 1);
  }
}

export const debugExit = defineDevice({
  kind: 'platform/debug-exit',
  api: 1,
  summary: 'Ends the machine with a status when a port is written (QEMU isa-debug-exit).',
  config: debugExitConfig,
  state: stateless,
  resources: (config) => ({
    pio: { exit: { size: config.iosize, prefer: config.iobase } },
    services: { power: PowerControlToken },
  }),
  create: (_config, host) => ({
    regions: { exit: new ExitPort(host.services.power) },
    reset: () => undefined,
  }),
});

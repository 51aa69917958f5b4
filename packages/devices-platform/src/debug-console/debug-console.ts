import { ByteSinkToken, defineDevice, stateless, type ByteSink, type Region } from '@polyvisor/core';
import { debugConsoleConfig } from './config.ts';

class ConsolePort implements Region {
  readonly #out: ByteSink;
  readonly #readback: number;

  constructor(out: ByteSink, readback: number) {
    this.#out = out;
    this.#readback = readback;
  }

  /** @hot */
  read(): number {
    return this.#readback;
  }

  /** @hot */
  write(_offset: number, _size: 1 | 2 | 4, value: number): void {
    this.#out.write(value & 0xff);
  }
}

/** The debug port of Bochs ("port e9 hack") and of QEMU's `isa-debugcon` (hw/char/debugcon.c). */
export const debugConsole = defineDevice({
  kind: 'platform/debug-console',
  api: 1,
  summary: 'A port whose bytes appear on the console (Bochs port 0xe9, QEMU isa-debugcon).',
  config: debugConsoleConfig,
  state: stateless,
  resources: (config) => ({
    pio: { data: { size: 1, width: 1, prefer: config.port } },
    services: { out: ByteSinkToken },
  }),
  create: (config, host) => ({
    regions: { data: new ConsolePort(host.services.out, config.readback) },
    reset: () => undefined,
  }),
});

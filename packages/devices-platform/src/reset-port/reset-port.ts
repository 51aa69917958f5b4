import { PowerControlToken, defineDevice, versioned, type PowerControl, type Region } from '@polyvisor/core';
import { z } from 'zod';

/** Reset control register (Intel 82371AB PIIX4, 290562-001, 4.2.7.1). */
export const ResetControl = { SYSTEM_RESET: 0x02, RESET_CPU: 0x04, FULL_RESET: 0x08, WRITABLE: 0x0e } as const;

const state = z.strictObject({
  /** What was written last. */
  control: z.int().min(0).max(0xff).refine((value) => (value & ~ResetControl.WRITABLE) === 0, 'has bits that the register lacks'),
});

/** The reset control register: RESET_CPU rising resets the machine. */
export class ResetRegister implements Region {
  control = 0;
  readonly #power: PowerControl;

  constructor(power: PowerControl, control = 0) {
    this.#power = power;
    this.control = control;
  }

  /** @hot */
  read(): number {
    return this.control;
  }

  /** @hot */
  write(_offset: number, _size: 1 | 2 | 4, value: number): void {
    const rises = (value & ~this.control & ResetControl.RESET_CPU) !== 0;
    this.control = value & ResetControl.WRITABLE;
    if (rises) this.#power.reset();
  }
}

/** The reset control register by itself, for machines without a PCI host bridge, which has it at the same port. */
export const resetPort = defineDevice({
  kind: 'platform/reset-port',
  api: 1,
  summary: 'The reset control register at port CF9H.',
  config: z.strictObject({ port: z.int().min(0).max(0xffff).default(0xcf9) }),
  state: versioned(1, state),
  resources: (config) => ({ pio: { control: { size: 1, prefer: config.port } }, services: { power: PowerControlToken } }),
  create(_config, host, saved) {
    const register = new ResetRegister(host.services.power, saved?.control);
    return {
      regions: { control: register },
      reset: () => {
        register.control = 0;
      },
      save: () => ({ control: register.control }),
    };
  },
});

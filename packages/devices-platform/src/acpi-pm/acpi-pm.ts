import { PowerControlToken, defineDevice } from '@polyvisor/core';
import { AcpiPmChip } from './chip.ts';
import { PowerButtonToken, acpiPmConfig } from './config.ts';
import { PM_BLOCK_SIZE } from './registers.ts';
import { acpiPmState } from './state.ts';

/** Power management as ACPI describes it: PM timer, events, sleep. Nothing here is found by itself: the FADT names the ports. */
export const acpiPm = defineDevice({
  kind: 'platform/acpi-pm',
  api: 1,
  summary: 'ACPI fixed hardware: PM timer, power-off, power button, SMI command port.',
  config: acpiPmConfig,
  state: acpiPmState,
  resources: (config) => ({
    pio: {
      pm: { size: PM_BLOCK_SIZE, width: 4, prefer: config.base },
      smi: { size: 2, width: 1, prefer: config.smiCommand },
    },
    irq: { sci: { kind: 'level', prefer: config.sci } },
    timers: true,
    services: { power: PowerControlToken },
    provides: { button: PowerButtonToken },
  }),
  create(config, host, saved) {
    const { clock, log } = host;
    const wiring = { clock, log, sci: host.irq.sci, power: host.services.power, timer: (fire: () => void) => host.timer(fire) };
    const chip = new AcpiPmChip(wiring, config, saved);
    return {
      regions: { pm: chip, smi: chip.smi },
      provides: { button: { press: () => chip.pressButton() } },
      reset: () => chip.reset(),
      save: () => chip.save(),
      destroy: () => chip.destroy(),
    };
  },
});

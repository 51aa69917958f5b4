import { PowerControlToken, defineDevice } from '@polyvisor/core';
import { PowerBaseToken } from '../pci/south-bridge.ts';
import { AcpiPmChip } from './chip.ts';
import { PowerButtonToken, acpiPmConfig, acpiPmPciConfig } from './config.ts';
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

/** The same behind a PCI chip set, whose PMBASE register says where the ports are. */
export const acpiPmPci = defineDevice({
  kind: 'platform/acpi-pm-pci',
  api: 1,
  summary: 'ACPI fixed hardware whose ports a PCI chip set places (PIIX4, ICH9).',
  config: acpiPmPciConfig,
  state: acpiPmState,
  resources: (config) => ({
    pio: {
      pm: { size: config.size, width: 4, movable: true },
      smi: { size: 2, width: 1, prefer: config.smiCommand },
    },
    irq: { sci: { kind: 'level', prefer: config.sci } },
    timers: true,
    services: { power: PowerControlToken, base: PowerBaseToken },
    provides: { button: PowerButtonToken },
  }),
  create(config, host, saved) {
    const { clock, log, placement, services } = host;
    const wiring = { clock, log, sci: host.irq.sci, power: services.power, timer: (fire: () => void) => host.timer(fire) };
    const chip = new AcpiPmChip(wiring, config, saved);
    placement.pm.move(services.base.base);
    services.base.onMove = (base) => placement.pm.move(base);
    return {
      regions: { pm: chip, smi: chip.smi },
      provides: { button: { press: () => chip.pressButton() } },
      reset: () => chip.reset(),
      save: () => chip.save(),
      destroy() {
        services.base.onMove = undefined;
        chip.destroy();
      },
    };
  },
});

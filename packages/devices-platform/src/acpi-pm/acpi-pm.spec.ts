import { fakeDeviceHost, type DeviceDriver, type RecordingPower } from '@polyvisor/testkit';
import { describeDevice } from '@polyvisor/testkit/vitest';
import { describe, expect, test } from 'vitest';
import type { PowerBase } from '../pci/south-bridge.ts';
import { acpiPm, acpiPmPci } from './acpi-pm.ts';
import type { PowerButton } from './config.ts';
import { PM_TIMER_FREQUENCY, Pm1 } from './registers.ts';

function powerOn(given: Record<string, unknown> = {}) {
  const config = acpiPm.config.parse(given);
  const fake = fakeDeviceHost(acpiPm, config);
  const device = acpiPm.create(config, fake.host, undefined);
  const { pm: region, smi } = device.regions;
  // A composition cuts what is read to the access.
  const pm = {
    read: (offset: number, size: 1 | 2 | 4) => region.read(offset, size) & (size === 4 ? -1 : 2 ** (8 * size) - 1),
    write: (offset: number, size: 1 | 2 | 4, value: number) => region.write(offset, size, value),
  };
  return { device, pm, smi, clock: fake.clock, sci: fake.levels.get('sci')!, power: fake.services['power'] as RecordingPower, button: device.provides.button };
}

describe('the PM timer', () => {
  test('runs at 3.579545 MHz, in 32 or 24 bits', () => {
    const wide = powerOn();
    const narrow = powerOn({ timerBits: 24 });
    for (const { clock } of [wide, narrow]) clock.advance(100e9);
    const ticks = 100 * PM_TIMER_FREQUENCY;
    expect([wide.pm.read(8, 4), narrow.pm.read(8, 4), wide.pm.read(9, 1)]).toEqual([ticks, ticks & 0xff_ffff, (ticks >> 8) & 0xff]);
  });

  test('raises SCI when its highest bit changes', () => {
    const { pm, smi, clock, sci } = powerOn({ timerBits: 24 });
    smi.write(0, 1, 0xf1);
    pm.write(2, 2, Pm1.TMR);
    const half = Math.ceil((2 ** 23 * 1e9) / PM_TIMER_FREQUENCY);
    clock.advance(half - 1);
    expect([sci.asserted, pm.read(0, 2)]).toEqual([false, 0]);
    clock.advance(1);
    expect([sci.asserted, pm.read(0, 2)]).toEqual([true, Pm1.TMR]);
    pm.write(0, 2, Pm1.TMR);
    expect(sci.asserted).toBe(false);
    clock.advance(half);
    expect(sci.asserted).toBe(true);
  });

  test('needs nobody to wake up while its status is not enabled', () => {
    const { pm, clock } = powerOn();
    clock.advance(700e9);
    expect([pm.read(0, 2), clock.nextDeadline()]).toEqual([Pm1.TMR, Infinity]);
  });
});

describe('the event and control registers', () => {
  test('announce the power button in ACPI mode', () => {
    const { pm, smi, sci, button } = powerOn();
    pm.write(0, 4, Pm1.PWRBTN << 16);
    button.press();
    expect([sci.asserted, pm.read(0, 4)]).toEqual([false, Pm1.PWRBTN | (Pm1.PWRBTN << 16)]);
    smi.write(0, 1, 0xf1);
    expect([sci.asserted, pm.read(4, 2)]).toEqual([true, 1]);
    pm.write(1, 1, 1);
    expect(sci.asserted).toBe(false);
    smi.write(0, 1, 0xf0);
    expect(pm.read(4, 2)).toBe(0);
  });

  test('keep SCI_EN from the guest, and begin with it when told to', () => {
    const { pm } = powerOn({ startsEnabled: true });
    pm.write(4, 2, 0);
    expect(pm.read(4, 2)).toBe(1);
  });

  test('power off by SLP_TYP of S5 with SLP_EN, and by nothing else', () => {
    const { pm, power } = powerOn();
    pm.write(4, 2, 5 << 10);
    pm.write(4, 2, (3 << 10) | 0x2000);
    expect(power.actions).toEqual([]);
    pm.write(4, 2, (5 << 10) | 0x2000);
    expect(power.actions).toEqual([{ kind: 'power-off', status: 0 }]);
    expect(pm.read(4, 2)).toBe(5 << 10);
  });

  test('keep the byte beside the SMI command', () => {
    const { smi } = powerOn();
    smi.write(1, 1, 0x42);
    expect([smi.read(0, 1), smi.read(1, 1)]).toEqual([0, 0x42]);
  });
});

const exercise = (driver: DeviceDriver): void => {
  const { random } = driver;
  driver.write('smi', 0, 1, random.pick([0xf0, 0xf1]));
  driver.write('pm', 2, 2, random.below(0x800));
  if (random.chance(1, 2)) (driver.provided('button') as PowerButton).press();
  driver.advance(random.below(4) * 1_000_000_000);
  driver.read('pm', 8, 4);
  driver.write('pm', 0, 2, random.below(0x10000));
};

describeDevice(acpiPm, { configs: [{}, { timerBits: 24, startsEnabled: true, s5: 0, base: 0xb000 }], exercise });
describeDevice(acpiPmPci, {
  configs: [{ size: 128 }],
  services: (): { base: PowerBase } => ({ base: { base: 0x600, onMove: undefined } }),
  exercise,
});

test('behind a PCI chip set the block is where PMBASE says', () => {
  const base: PowerBase = { base: 0x600, onMove: undefined };
  const fake = fakeDeviceHost(acpiPmPci, acpiPmPci.config.parse({}), { services: { base } });
  const device = acpiPmPci.create(acpiPmPci.config.parse({}), fake.host, undefined);
  const place = fake.placements.get('pm')!;
  const first = place.base;
  base.onMove?.(0xb000);
  expect([first, place.base, device.regions.pm.read(0x30, 4)]).toEqual([0x600, 0xb000, 0x20]);
});

import { fakeDeviceHost } from '@polyvisor/testkit';
import { describeDevice } from '@polyvisor/testkit/vitest';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dayOf, daysOf, monthOf, weekdayOf, yearOf } from './calendar.ts';
import { Reg, RegB, RegC } from './registers.ts';
import { rtc } from './rtc.ts';

const SECOND = 1e9;
/** 2024-02-28T23:59:58Z, a Wednesday. */
const EVE = 1_709_164_798;

function powerOn(given: Record<string, unknown> = {}, services = {}) {
  const config = rtc.config.parse({ start: EVE, ...given });
  const fake = fakeDeviceHost(rtc, config, { services });
  const device = rtc.create(config, fake.host, undefined);
  const { ports } = device.regions;
  const read = (index: number) => {
    ports.write(0, 1, index);
    return ports.read(1, 1);
  };
  const write = (index: number, value: number) => {
    ports.write(0, 1, index);
    ports.write(1, 1, value);
  };
  return {
    device, read, write, clock: fake.clock, irq: fake.levels.get('irq')!,
    date: () => [0x32, Reg.YEAR, Reg.MONTH, Reg.DAY, Reg.HOURS, Reg.MINUTES, Reg.SECONDS].map((i) => read(i).toString(16)).join(' '),
  };
}

test('the calendar agrees with that of JavaScript for every day of 400 years and more', () => {
  fc.assert(
    fc.property(fc.integer({ min: -30_000, max: 200_000 }), (days) => {
      const date = new Date(days * 86_400_000);
      expect([yearOf(days), monthOf(days), dayOf(days), weekdayOf(days)]).toEqual([
        date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate(), date.getUTCDay(),
      ]);
      expect(daysOf(yearOf(days), monthOf(days), dayOf(days))).toBe(days);
    }),
    { numRuns: 2000 },
  );
});

describe('the date', () => {
  test('runs through a leap day', () => {
    const clock = powerOn();
    expect([clock.date(), clock.read(Reg.DAY_OF_WEEK)]).toEqual(['20 24 2 28 23 59 58', 4]);
    clock.clock.advance(2 * SECOND);
    expect([clock.date(), clock.read(Reg.DAY_OF_WEEK)]).toEqual(['20 24 2 29 0 0 0', 5]);
    clock.clock.advance(86_400 * SECOND);
    expect(clock.date()).toBe('20 24 3 1 0 0 0');
  });

  test('is set while SET holds it, and goes on from there', () => {
    const clock = powerOn();
    clock.write(Reg.B, RegB.SET | RegB.HOURS_24);
    clock.clock.advance(5 * SECOND);
    expect(clock.date()).toBe('20 24 2 28 23 59 58');
    for (const [index, value] of [[0x32, 0x19], [9, 0x99], [8, 0x12], [7, 0x31], [6, 6], [4, 0x23], [2, 0x59], [0, 0x59]] as const) clock.write(index, value);
    clock.write(Reg.B, RegB.HOURS_24);
    expect([clock.date(), clock.read(Reg.DAY_OF_WEEK)]).toEqual(['19 99 12 31 23 59 59', 6]);
    clock.clock.advance(SECOND);
    expect([clock.date(), clock.read(Reg.DAY_OF_WEEK)]).toEqual(['20 0 1 1 0 0 0', 7]);
  });

  test('can be binary and of 12 hours', () => {
    const clock = powerOn();
    clock.write(Reg.B, RegB.SET | RegB.BINARY);
    for (const [index, value] of [[0x32, 20], [9, 24], [8, 11], [7, 30], [4, 0x80 | 11], [2, 59], [0, 59]] as const) clock.write(index, value);
    clock.write(Reg.B, RegB.BINARY);
    clock.clock.advance(SECOND);
    expect(clock.date()).toBe('14 18 c 1 c 0 0');
    clock.clock.advance(13 * 3600 * SECOND);
    expect(clock.read(Reg.HOURS)).toBe(0x81);
  });

  test('stands while the divider is held, and updates half a second after it is let go', () => {
    const clock = powerOn();
    clock.write(Reg.A, 0x70);
    clock.clock.advance(3 * SECOND);
    clock.write(Reg.A, 0x26);
    clock.clock.advance(SECOND / 2 - 1);
    expect(clock.read(0)).toBe(0x58);
    clock.clock.advance(1);
    expect(clock.read(0)).toBe(0x59);
  });

  test('shows UIP for 244 microseconds before an update', () => {
    const clock = powerOn();
    clock.clock.advance(SECOND - 244_001);
    expect(clock.read(Reg.A)).toBe(0x26);
    clock.clock.advance(1);
    expect(clock.read(Reg.A)).toBe(0xa6);
    clock.clock.advance(244_000);
    expect(clock.read(Reg.A)).toBe(0x26);
  });

  test('comes from a service when the configuration says so, to the millisecond', () => {
    const clock = powerOn({ start: 'service' }, { wall: { now: () => 1000 * EVE + 750 } });
    expect(clock.date()).toBe('20 24 2 28 23 59 58');
    clock.clock.advance(SECOND / 4);
    expect(clock.read(0)).toBe(0x59);
  });

  test('survives a reset, which takes interrupts off', () => {
    const clock = powerOn();
    clock.write(Reg.B, RegB.HOURS_24 | RegB.UIE);
    clock.write(0x40, 0x77);
    clock.clock.advance(SECOND);
    expect(clock.irq.asserted).toBe(true);
    clock.device.reset('warm');
    expect([clock.irq.asserted, clock.read(Reg.B), clock.read(0x40), clock.read(0)]).toEqual([false, RegB.HOURS_24, 0x77, 0x59]);
  });
});

describe('interrupts', () => {
  test('come with each update, and go when C is read', () => {
    const clock = powerOn();
    clock.write(Reg.B, RegB.HOURS_24 | RegB.UIE);
    clock.clock.advance(SECOND - 1);
    expect(clock.irq.asserted).toBe(false);
    clock.clock.advance(1);
    expect([clock.irq.asserted, clock.read(Reg.C) & ~RegC.PF, clock.irq.asserted, clock.read(Reg.C)]).toEqual([true, RegC.IRQF | RegC.UF, false, 0]);
  });

  test.each([[1, 256], [2, 128], [3, 8192], [6, 1024], [15, 2]])('come at rate %i: %i Hz', (rate, hertz) => {
    const clock = powerOn();
    clock.write(Reg.A, 0x20 | rate);
    clock.write(Reg.B, RegB.HOURS_24 | RegB.PIE);
    let count = 0;
    for (;;) {
      const next = clock.clock.nextDeadline();
      if (next > SECOND) break;
      clock.clock.advance(next - clock.clock.now());
      expect(clock.irq.asserted).toBe(true);
      clock.read(Reg.C);
      count += 1;
    }
    expect(count).toBe(hertz);
  });

  test.each([
    ['once a day', [0x00, 0x00, 0x00], [2, 86_402]],
    ['every hour', [0x30, 0x00, 0xc0], [32, 3632]],
    ['every minute', [0x59, 0xff, 0xff], [1, 61]],
    ['every second', [0xff, 0xc0, 0xe0], [1, 2]],
  ])('come by the alarm %s', (_name, [seconds, minutes, hours], expected) => {
    const clock = powerOn();
    clock.write(Reg.SECONDS_ALARM, seconds!);
    clock.write(Reg.MINUTES_ALARM, minutes!);
    clock.write(Reg.HOURS_ALARM, hours!);
    clock.write(Reg.B, RegB.HOURS_24 | RegB.AIE);
    const times = [0, 0].map(() => {
      clock.clock.advance(clock.clock.nextDeadline() - clock.clock.now());
      expect(clock.read(Reg.C) & (RegC.IRQF | RegC.AF)).toBe(RegC.IRQF | RegC.AF);
      return clock.clock.now() / SECOND;
    });
    expect(times).toEqual(expected);
  });

  test('set their flags without being enabled, and need no timer then', () => {
    const clock = powerOn();
    clock.clock.advance(SECOND);
    expect([clock.clock.nextDeadline(), clock.read(Reg.C)]).toEqual([Infinity, RegC.UF | RegC.PF]);
  });
});

describe('the memory', () => {
  test('holds what is written, and what the configuration puts in', () => {
    const clock = powerOn({ memory: 6 * 2 ** 30, nvram: [{ at: 0x38, value: 0x5a }] });
    expect([0x15, 0x16, 0x17, 0x18, 0x34, 0x35, 0x5b, 0x5c, 0x5d, 0x38].map(clock.read)).toEqual([0x80, 2, 0xff, 0xff, 0x00, 0xbf, 0, 0xc0, 0, 0x5a]);
    clock.write(0x7f, 0xa5);
    expect([clock.read(0x7f), clock.read(Reg.D)]).toEqual([0xa5, 0x80]);
  });

  test('keeps the NMI mask beside the index', () => {
    const clock = powerOn();
    clock.device.regions.ports.write(0, 1, 0x8f);
    expect([clock.device.save().nmiMasked, clock.device.save().index]).toEqual([true, 0x0f]);
  });
});

describeDevice(rtc, {
  configs: [{}, { start: 'service', memory: 2 ** 28 }],
  services: () => ({ wall: { now: () => 1_234_567_890_123 } }),
  survivesReset: ['registerA', 'registerB', 'days', 'second', 'secondAt', 'weekdayShift', 'ram'],
  exercise(driver) {
    const { random } = driver;
    const write = (index: number, value: number) => {
      driver.write('ports', 0, 1, index);
      driver.write('ports', 1, 1, value);
    };
    write(Reg.B, random.below(256));
    write(Reg.A, random.below(128));
    write(random.below(10), random.below(256));
    write(Reg.B, random.below(128));
    driver.advance(random.below(3) * 700_000_000);
    for (const index of [0, 2, 4, 6, 7, 8, 9, 0x32, 0x0c]) {
      driver.write('ports', 0, 1, index);
      driver.read('ports', 1, 1);
    }
  },
});

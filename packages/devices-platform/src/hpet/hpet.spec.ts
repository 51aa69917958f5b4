import { FakeClock, fakeDeviceHost } from '@polyvisor/testkit';
import { describeDevice } from '@polyvisor/testkit/vitest';
import { describe, expect, test } from 'vitest';
import { hpet } from './hpet.ts';
import { TimerConfig } from './registers.ts';

const { LEVEL, ENABLE, PERIODIC, SET_VALUE, MODE_32, FSB_ENABLE } = TimerConfig;

/** Time goes on while a device looks at it. */
class MovingClock extends FakeClock {
  /** Nanoseconds by which each look moves it. */
  step = 0;
  override now(): number {
    const now = super.now();
    if (this.step > 0) this.set(now + this.step);
    return now;
  }
}

function powerOn() {
  const config = hpet.config.parse({});
  const clock = new MovingClock();
  const fake = fakeDeviceHost(hpet, config, { clock });
  const device = hpet.create(config, fake.host, undefined);
  const { regs } = device.regions;
  const edges = fake.edges.get('irq0')!;
  return {
    clock, trace: fake.trace, messages: fake.messages, edges,
    level: (name: string) => fake.levels.get(name)!.asserted,
    read: (offset: number) => regs.read(offset, 4),
    write: (offset: number, value: number) => regs.write(offset, 4, value),
    /** What interrupts there were since it was asked last. */
    interrupts: (() => {
      let seen = 0;
      return () => {
        const news = fake.trace.entries.slice(seen).filter((entry) => !entry.startsWith('timer'));
        seen = fake.trace.entries.length;
        return news;
      };
    })(),
  };
}

describe('the main counter', () => {
  test('has 64 bits of 10 ns, and runs while it is enabled', () => {
    const chip = powerOn();
    expect([chip.read(0), chip.read(4)]).toEqual([0x8086_a201 | 0, 10_000_000]);
    chip.clock.advance(1000);
    expect(chip.read(0xf0)).toBe(0);
    chip.write(0x10, 1);
    chip.clock.advance(1009);
    expect(chip.read(0xf0)).toBe(100);
    chip.write(0x10, 0);
    chip.clock.advance(1000);
    expect(chip.read(0xf0)).toBe(100);
    chip.write(0xf0, -1);
    chip.write(0xf4, 5);
    chip.write(0x10, 1);
    chip.clock.advance(20);
    expect([chip.read(0xf0), chip.read(0xf4)]).toEqual([1, 6]);
  });
});

describe('a timer', () => {
  test('interrupts when the counter reaches its comparator, once', () => {
    const chip = powerOn();
    chip.write(0x10, 3);
    chip.write(0x100, ENABLE);
    chip.write(0x108, 500);
    chip.write(0x10c, 0);
    chip.clock.advance(4999);
    expect(chip.interrupts()).toEqual([]);
    chip.clock.advance(1);
    expect(chip.interrupts()).toHaveLength(1);
    chip.clock.advance(1e9);
    expect(chip.interrupts()).toEqual([]);
  });

  test('interrupts in each period, as a driver sets it up: the comparator, then the period', () => {
    const chip = powerOn();
    chip.write(0x10, 3);
    chip.write(0x100, ENABLE | PERIODIC | SET_VALUE | MODE_32);
    chip.write(0x108, 1000);
    chip.write(0x108, 400);
    chip.clock.advance(10_000 + 3 * 4000);
    expect([chip.interrupts().length, chip.read(0x108)]).toEqual([4, 1000 + 4 * 400]);
  });

  test('does not miss the end of a period that comes while it answers for the one before', () => {
    for (let early = 10; early <= 1000; early += 10) {
      const chip = powerOn();
      chip.write(0x10, 3);
      chip.write(0x100, ENABLE | PERIODIC | SET_VALUE | MODE_32);
      chip.write(0x108, 1000);
      chip.write(0x108, 400);
      // Told so late that the next end is near.
      chip.clock.set(10_000 + 4000 - early);
      chip.clock.step = 100;
      chip.clock.expire();
      chip.clock.step = 0;
      chip.interrupts();
      chip.clock.advance(4000);
      expect(chip.interrupts(), `${early} ns before the end`).not.toEqual([]);
    }
  });

  test.each([
    ['the configuration', 0x10, 1], ['the counter', 0xf4, 0], ['another period', 0x108, 500],
  ])('tells of a match that is past before a write of %s', (_what, offset, value) => {
    const chip = powerOn();
    chip.write(0x10, 3);
    chip.write(0x100, ENABLE | PERIODIC | SET_VALUE | MODE_32);
    chip.write(0x108, 1000);
    chip.write(0x108, 400);
    chip.clock.set(10_010);
    expect(chip.interrupts()).toEqual([]);
    chip.write(offset, value);
    expect([chip.interrupts().length, chip.read(0x108)]).toEqual([1, 1400]);
  });

  test('counts in 32 bits across the wrap', () => {
    const chip = powerOn();
    chip.write(0xf0, -10);
    chip.write(0xf4, 1);
    chip.write(0x10, 3);
    chip.write(0x100, ENABLE | PERIODIC | SET_VALUE | MODE_32);
    chip.write(0x108, -5);
    chip.write(0x108, 200);
    chip.clock.advance(50 + 3 * 2000);
    expect([chip.interrupts().length, chip.read(0x108)]).toEqual([4, 795]);
  });

  test('holds its line while its status says so, when it is level-triggered', () => {
    const chip = powerOn();
    chip.write(0x10, 1);
    chip.write(0x140, ENABLE | LEVEL | (21 << 9));
    chip.write(0x148, 100);
    chip.write(0x14c, 0);
    chip.clock.advance(1000);
    expect([chip.level('route21'), chip.read(0x20)]).toEqual([true, 4]);
    chip.write(0x20, 4);
    expect([chip.level('route21'), chip.read(0x20)]).toEqual([false, 0]);
  });

  test('goes to input 8 as timer 1 of legacy replacement, and nowhere by a route that does not exist', () => {
    const chip = powerOn();
    chip.write(0x10, 3);
    chip.write(0x120, ENABLE);
    chip.write(0x128, 10);
    chip.write(0x12c, 0);
    chip.write(0x140, ENABLE | (3 << 9));
    chip.write(0x148, 10);
    chip.write(0x14c, 0);
    chip.clock.advance(100);
    expect(chip.interrupts()).toEqual(['level irq8 asserted', 'level irq8 deasserted']);
  });

  test('sends a message when it is told to', () => {
    const chip = powerOn();
    chip.write(0x10, 1);
    chip.write(0x100, ENABLE | FSB_ENABLE);
    chip.write(0x110, 0x41);
    chip.write(0x114, 0xfee0_1000 | 0);
    chip.write(0x108, 10);
    chip.write(0x10c, 0);
    chip.clock.advance(100);
    expect(chip.interrupts()).toHaveLength(1);
    expect(chip.messages.sent).toEqual([{ address: 0xfee0_1000, data: 0x41 }]);
  });

  test('does not keep the host busy with a period of a tick', () => {
    const chip = powerOn();
    chip.write(0x10, 3);
    chip.write(0x100, ENABLE | PERIODIC | SET_VALUE | MODE_32);
    chip.write(0x108, 10);
    chip.write(0x108, 1);
    expect(chip.clock.advance(100_000)).toBeLessThan(110);
  });
});

describeDevice(hpet, {
  configs: [{}, { address: 0xfed0_0400 }],
  exercise(driver) {
    const { random } = driver;
    const write = (offset: number, value: number) => driver.write('regs', offset, 4, value);
    const base = 0x100 + 0x20 * random.below(3);
    write(0x10, random.below(4));
    write(base, random.below(0x8000) | (random.pick([20, 21, 23, 5]) << 9));
    write(base + 8, driver.read('regs', 0xf0, 4) + random.below(50_000));
    write(base + 12, 0);
    write(base + 8, random.below(20_000));
    driver.advance(random.below(1_000_000));
    write(0x20, random.below(8));
  },
});

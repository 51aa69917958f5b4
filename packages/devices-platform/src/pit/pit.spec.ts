import { FakeClock, fakeDeviceHost } from '@polyvisor/testkit';
import { describeDevice } from '@polyvisor/testkit/vitest';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pit } from './pit.ts';
import type { PitState } from './state.ts';
import { ticksAt, timeOf } from './ticks.ts';

function powerOn(saved?: PitState, clock = new FakeClock()) {
  const config = pit.config.parse({});
  const fake = fakeDeviceHost(pit, config, { clock });
  const device = pit.create(config, fake.host, saved);
  const { counters, portB } = device.regions;
  let pulses = 0;
  fake.host.irq.out0.pulse = () => {
    pulses += 1;
  };
  return {
    device, clock,
    read: (port: number) => counters.read(port, 1),
    write: (port: number, ...bytes: number[]) => {
      for (const byte of bytes) counters.write(port, 1, byte);
    },
    gate: (on: boolean) => portB.write(0, 1, on ? 1 : 0),
    portB: () => portB.read(0, 1),
    out2: () => (portB.read(0, 1) & 0x20) !== 0,
    /** Passes whole ticks. */
    ticks: (n: number) => clock.advance(timeOf(ticksAt(clock.now()) + n) - clock.now()),
    pulses: () => pulses,
    count: (counter: number) => {
      counters.write(3, 1, counter << 6);
      return counters.read(counter, 1) | (counters.read(counter, 1) << 8);
    },
  };
}

test('a tick and its first nanosecond belong together', () => {
  fc.assert(fc.property(fc.nat(2 ** 40), (tick) => ticksAt(timeOf(tick)) === tick && (tick === 0 || ticksAt(timeOf(tick) - 1) === tick - 1)));
});

describe('the registers', () => {
  test('take and give counts by low byte, high byte, or both', () => {
    const chip = powerOn();
    chip.write(3, 0x30);
    chip.write(0, 0x34, 0x12);
    chip.ticks(1);
    expect(chip.count(0)).toBe(0x1234);
    chip.write(3, 0x10);
    chip.write(0, 0x56);
    chip.ticks(1);
    expect([chip.read(0), chip.read(0)]).toEqual([0x56, 0x56]);
    chip.write(3, 0x20);
    chip.write(0, 0x78);
    chip.ticks(1);
    expect([chip.read(0), chip.read(0)]).toEqual([0x78, 0x78]);
  });

  test('hold a latched count until it is read, and do not latch twice', () => {
    const chip = powerOn();
    chip.write(3, 0x34);
    chip.write(0, 0, 0x10);
    chip.ticks(1);
    chip.write(3, 0x00);
    chip.ticks(100);
    chip.write(3, 0x00);
    expect([chip.read(0), chip.read(0)]).toEqual([0, 0x10]);
    expect([chip.read(0), chip.read(0)]).toEqual([0x9c, 0x0f]);
  });

  test('read back status before count', () => {
    const chip = powerOn();
    chip.write(3, 0xb6);
    chip.gate(true);
    chip.write(2, 0x10);
    chip.write(3, 0xe8);
    expect(chip.read(2)).toBe(0x80 | 0x40 | 0x36);
    chip.write(2, 0x00);
    chip.ticks(1);
    chip.write(3, 0xc8);
    expect([chip.read(2), chip.read(2), chip.read(2)]).toEqual([0xb6, 0x10, 0]);
    expect(chip.read(3)).toBe(0xff);
  });

  test('count in decimal', () => {
    const chip = powerOn();
    chip.write(3, 0x31);
    chip.write(0, 0x00, 0x01);
    chip.ticks(2);
    expect(chip.count(0)).toBe(0x0099);
    chip.ticks(100);
    expect(chip.count(0)).toBe(0x9999);
  });

  test('show refresh toggling, the speaker bits and the output at port 61H', () => {
    const chip = powerOn();
    chip.device.regions.portB.write(0, 1, 0xff);
    expect(chip.portB() & 0x0f).toBe(0x0f);
    const seen = new Set<number>();
    for (let i = 0; i < 40; i++) {
      chip.ticks(1);
      seen.add(chip.portB() & 0x10);
    }
    expect(seen.size).toBe(2);
  });
});

describe('counter 0', () => {
  test('interrupts once at the end of the count in mode 0', () => {
    const chip = powerOn();
    chip.write(3, 0x30);
    chip.write(0, 100, 0);
    chip.ticks(100);
    expect(chip.pulses()).toBe(0);
    chip.ticks(1);
    expect(chip.pulses()).toBe(1);
    chip.ticks(70_000);
    expect(chip.pulses()).toBe(1);
  });

  test.each([2, 3])('interrupts with every period in mode %i', (mode) => {
    const chip = powerOn();
    chip.write(3, 0x30 | (mode << 1));
    const before = chip.pulses();
    chip.write(0, 0xa9, 0x04);
    chip.ticks(1 + 10 * 0x4a9);
    expect(chip.pulses() - before).toBe(10);
  });

  test.each([['once', 0x30], ['in each period', 0x34]])('tells of a rise that is past before an access when it counts %s', (_what, control) => {
    const chip = powerOn();
    chip.write(3, control);
    chip.write(0, 10, 0);
    const before = chip.pulses();
    chip.clock.set(timeOf(15));
    chip.write(3, 0);
    expect(chip.pulses() - before).toBe(1);
    chip.clock.advance(0);
    expect(chip.pulses() - before).toBe(1);
  });

  test('keeps real time: 18.2 interrupts a second with the largest count', () => {
    const chip = powerOn();
    chip.write(3, 0x34);
    chip.write(0, 0, 0);
    const before = chip.pulses();
    chip.clock.advance(60e9);
    expect(chip.pulses() - before).toBe(Math.floor((60 * 1_193_182 - 1) / 65_536));
  });
});

/** A counter that is clocked, as the data sheet describes it. */
class Clocked {
  mode = 0;
  cr = 0;
  ce = 0;
  out = false;
  gate = false;
  loaded = false;
  load = false;
  trigger = false;
  next = false;

  control(mode: number) {
    Object.assign(this, { mode, out: mode !== 0, loaded: false, load: false, trigger: false, next: false });
  }
  write(n: number) {
    this.cr = n;
    if (this.mode === 2 && this.loaded && this.gate && !this.load && !this.trigger) this.next = true;
    else if (this.mode !== 1 && this.mode !== 5) this.load = true;
    else this.next = true;
    if (this.mode === 0) this.out = false;
  }
  setGate(on: boolean) {
    const rose = on && !this.gate;
    const has = this.loaded || this.next || this.load;
    if (rose && has && this.mode !== 0 && this.mode !== 4) this.trigger = true;
    if (!on && this.mode === 2) {
      this.out = true;
      // What waited is in the count register, and comes with the next trigger.
      if (this.loaded) this.next = false;
    }
    this.gate = on;
  }
  clk() {
    const strobe = this.mode === 4 || this.mode === 5;
    if (strobe) this.out = true;
    if (this.load || this.trigger) {
      this.ce = this.cr;
      this.loaded = true;
      this.load = this.trigger = this.next = false;
      if (this.mode === 1) this.out = false;
      if (this.mode === 2) this.out = true;
      return;
    }
    if (!this.loaded || (!this.gate && this.mode !== 1 && this.mode !== 5)) return;
    this.ce = (this.ce - 1 + 0x10000) % 0x10000;
    if (this.mode === 2) {
      if (this.ce === 0) {
        this.ce = this.cr;
        this.next = false;
      }
      this.out = this.ce !== 1;
    } else if (this.ce === 0) this.out = !strobe;
  }
}

test('counter 2 does what a clocked counter does, in modes 0, 1, 2, 4 and 5, with gate and new counts', () => {
  const operation = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('ticks' as const), value: fc.integer({ min: 1, max: 12 }) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('gate' as const), value: fc.nat(1) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('count' as const), value: fc.integer({ min: 2, max: 9 }) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('restore' as const), value: fc.constant(0) }) },
  );
  const run = fc.record({ mode: fc.constantFrom(0, 1, 2, 4, 5), first: fc.integer({ min: 2, max: 9 }), operations: fc.array(operation, { maxLength: 30 }) });
  fc.assert(
    fc.property(run, ({ mode, first, operations }) => {
      let chip = powerOn();
      const model = new Clocked();
      chip.write(3, 0x90 | (mode << 1));
      model.control(mode);
      const count = (n: number) => {
        chip.write(2, n);
        model.write(n);
      };
      count(first);
      for (const { kind, value } of operations) {
        if (kind === 'ticks') {
          chip.ticks(value);
          for (let i = 0; i < value; i++) model.clk();
        } else if (kind === 'gate') {
          chip.gate(value === 1);
          model.setGate(value === 1);
        } else if (kind === 'count') count(value);
        else chip = powerOn(chip.device.save(), chip.clock);
        expect(chip.out2()).toBe(model.out);
        if (model.loaded && !model.load && !model.trigger) expect(chip.read(2)).toBe(model.ce & 0xff);
      }
    }),
    { numRuns: 500 },
  );
});

test.each([
  [6, '111000111000'],
  [5, '111001110011'],
  [2, '101010101010'],
])('mode 3 with a count of %i makes %s', (count, wave) => {
  const chip = powerOn();
  chip.gate(true);
  chip.write(3, 0x96);
  chip.write(2, count);
  let seen = '';
  for (let i = 0; i < wave.length; i++) {
    chip.ticks(1);
    seen += chip.out2() ? '1' : '0';
  }
  expect(seen).toBe(wave);
});

test('mode 3 takes a new count at the end of a half period', () => {
  const chip = powerOn();
  chip.gate(true);
  chip.write(3, 0x96);
  chip.write(2, 6);
  chip.ticks(2);
  chip.write(2, 4);
  let seen = '';
  for (let i = 0; i < 10; i++) {
    chip.ticks(1);
    seen += chip.out2() ? '1' : '0';
  }
  expect(seen).toBe('1001100110');
});

describeDevice(pit, {
  configs: [{}, { irq: 2 }],
  exercise(driver) {
    const { random } = driver;
    const counter = random.below(3);
    driver.write('portB', 0, 1, random.below(4));
    driver.write('counters', 3, 1, (counter << 6) | 0x30 | random.below(16));
    driver.write('counters', counter, 1, random.below(256));
    driver.write('counters', counter, 1, random.below(4));
    driver.advance(random.below(500_000));
    driver.write('counters', 3, 1, 0xc0 | random.below(64));
    for (let i = 0; i < 3; i++) driver.read('counters', i, 1);
  },
});

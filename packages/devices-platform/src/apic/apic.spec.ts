import { RecordingPins, fakeDeviceHost } from '@polyvisor/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { apic } from './apic.ts';
import { Lapic } from './registers.ts';
import type { ApicState } from './state.ts';

function powerOn(given: z.input<typeof apic.config> = {}, cpus = 4, saved?: ApicState) {
  const config = apic.config.parse(given);
  const pins = new RecordingPins(cpus);
  const current = { index: 0 };
  const fake = fakeDeviceHost(apic, config, { services: { pins, current } });
  const device = apic.create(config, fake.host, saved);
  const { controller, apics } = device.provides;
  const { local, io, master, slave } = device.regions;
  const at = <T>(cpu: number, act: () => T): T => {
    current.index = cpu;
    return act();
  };
  const writeIo = (index: number, value: number) => {
    io.write(0, 4, index);
    io.write(0x10, 4, value);
  };
  const readIo = (index: number) => {
    io.write(0, 4, index);
    return io.read(0x10, 4);
  };
  return {
    device, controller, apics, pins, clock: fake.clock, fake, readIo, master, slave,
    read: (cpu: number, register: number) => at(cpu, () => local.read(16 * register, 4)),
    write: (cpu: number, register: number, value: number) => at(cpu, () => local.write(16 * register, 4, value)),
    redirect: (pin: number, low: number, destination: number) => {
      writeIo(0x11 + 2 * pin, destination << 24);
      writeIo(0x10 + 2 * pin, low);
    },
    eoiIo: (vector: number) => io.write(0x40, 4, vector),
    pinsSeen: fake.trace,
    msr: (cpu: number, index: number) => (apics.readMsr(cpu, index) ? [apics.low, apics.high] : undefined),
  };
}

/** All local APICs on, flat logical destinations 1, 2, 4, 8. */
function started(given: z.input<typeof apic.config> = {}, cpus = 4) {
  const pc = powerOn(given, cpus);
  for (let cpu = 0; cpu < cpus; cpu++) {
    pc.write(cpu, Lapic.SVR, 0x1ff);
    pc.write(cpu, Lapic.LDR, 1 << (24 + cpu));
  }
  return pc;
}

const take = (pc: ReturnType<typeof powerOn>, cpu: number) => {
  const vector = pc.controller.acknowledge(cpu);
  pc.write(cpu, Lapic.EOI, 0);
  return vector;
};

describe('a local APIC', () => {
  test('comes up as the manual says', () => {
    const pc = powerOn({ virtualWire: false });
    const values = [Lapic.ID, Lapic.VERSION, Lapic.TPR, Lapic.DFR, Lapic.SVR, Lapic.LVT_TIMER, Lapic.LVT_LINT0, Lapic.ESR].map((r) => pc.read(2, r));
    expect(values).toEqual([2 << 24, 0x0105_0014, 0, -1, 0xff, 0x1_0000, 0x1_0000, 0]);
  });

  test('delivers by priority, and holds back what is not above TPR or what is in service', () => {
    const pc = started();
    for (const vector of [0x41, 0x73, 0x45]) pc.controller.message(0xfee0_0000, vector);
    pc.write(0, Lapic.TPR, 0x70);
    expect(pc.pins.intr[0]).toBe(false);
    pc.write(0, Lapic.TPR, 0x6f);
    expect([pc.pins.intr[0], pc.controller.acknowledge(0), pc.read(0, Lapic.PPR)]).toEqual([true, 0x73, 0x70]);
    pc.write(0, Lapic.TPR, 0);
    expect([pc.pins.intr[0], pc.controller.acknowledge(0)]).toEqual([false, -1]);
    pc.write(0, Lapic.EOI, 0);
    expect([take(pc, 0), take(pc, 0), pc.pins.intr[0]]).toEqual([0x45, 0x41, false]);
  });

  test('shows CR8 as the upper half of TPR', () => {
    const pc = started();
    pc.apics.setTaskPriority(1, 9);
    expect([pc.read(1, Lapic.TPR), pc.apics.taskPriority(1), pc.apics.taskPriority(0)]).toEqual([0x90, 9, 0]);
  });

  test('notes illegal vectors and registers, and interrupts for them', () => {
    const pc = started();
    pc.write(0, Lapic.LVT_ERROR, 0x55);
    pc.write(0, Lapic.ICR_LOW, 0x05);
    pc.controller.message(0xfee0_0000, 0x0f);
    pc.read(0, 0x3d);
    expect(pc.read(0, Lapic.ESR)).toBe(0);
    pc.write(0, Lapic.ESR, 0);
    expect([pc.read(0, Lapic.ESR), take(pc, 0)]).toEqual([0xe0, 0x55]);
    pc.write(0, Lapic.ESR, 0);
    expect(pc.read(0, Lapic.ESR)).toBe(0);
  });

  test('masks its local vector table while it is off, and takes no interrupts', () => {
    const pc = started();
    pc.write(0, Lapic.LVT_TIMER, 0x40);
    pc.write(0, Lapic.SVR, 0xff);
    pc.write(0, Lapic.LVT_PERFORMANCE, 0x41);
    pc.controller.message(0xfee0_0000, 0x50);
    expect([pc.read(0, Lapic.LVT_TIMER), pc.read(0, Lapic.LVT_PERFORMANCE), pc.pins.intr[0]]).toEqual([0x1_0040, 0x1_0041, false]);
  });

  test('is not there after IA32_APIC_BASE has switched it off', () => {
    const pc = started();
    pc.apics.setBase(0, 0xfee0_0000 | 0, 0);
    pc.controller.message(0xfee0_0000, 0x50);
    expect([pc.read(0, Lapic.ID), pc.pins.intr[0]]).toEqual([-1, false]);
  });

  test('shows IRR, ISR and TMR', () => {
    const pc = started();
    pc.redirect(20, 0x8000 | 0x67, 0);
    pc.controller.setLevel(20, true);
    expect([pc.read(0, Lapic.IRR + 3), pc.read(0, Lapic.TMR + 3), pc.read(0, Lapic.ISR + 3)]).toEqual([0x80, 0x80, 0]);
    pc.controller.acknowledge(0);
    expect([pc.read(0, Lapic.IRR + 3), pc.read(0, Lapic.ISR + 3)]).toEqual([0, 0x80]);
  });
});

describe('the timer', () => {
  const ticking = (lvt: number, divide: number, count: number) => {
    const pc = started();
    pc.write(0, Lapic.LVT_TIMER, lvt);
    pc.write(0, Lapic.DIVIDE, divide);
    pc.write(0, Lapic.INITIAL_COUNT, count);
    return pc;
  };

  test.each([[0, 2], [1, 4], [2, 8], [3, 16], [8, 32], [9, 64], [10, 128], [11, 1]])('divides by the code %i: %i', (code, divisor) => {
    const pc = ticking(0x40, code, 1000);
    pc.clock.advance(400 * divisor);
    expect(pc.read(0, Lapic.CURRENT_COUNT)).toBe(600);
    pc.clock.advance(600 * divisor - 1);
    expect(pc.pins.intr[0]).toBe(false);
    pc.clock.advance(1);
    expect([pc.read(0, Lapic.CURRENT_COUNT), take(pc, 0)]).toEqual([0, 0x40]);
    pc.clock.advance(10_000 * divisor);
    expect(pc.pins.intr[0]).toBe(false);
  });

  test('comes again and again when it is periodic, masked or not', () => {
    const pc = ticking(0x2_0040, 11, 10_000);
    for (let i = 0; i < 3; i++) {
      pc.clock.advance(10_000);
      expect(take(pc, 0)).toBe(0x40);
    }
    pc.write(0, Lapic.LVT_TIMER, 0x3_0040);
    pc.clock.advance(24_000);
    expect([pc.read(0, Lapic.CURRENT_COUNT), pc.pins.intr[0], pc.clock.nextDeadline()]).toEqual([6_000, false, Infinity]);
    pc.write(0, Lapic.LVT_TIMER, 0x2_0040);
    pc.clock.advance(5_999);
    expect(pc.pins.intr[0]).toBe(false);
    pc.clock.advance(1);
    expect(take(pc, 0)).toBe(0x40);
  });

  test('does not keep the host busy with a period of a nanosecond', () => {
    const pc = ticking(0x2_0040, 11, 1);
    expect(pc.clock.advance(100_000)).toBeLessThan(110);
  });

  test('stops for a count of 0 and for a change of the mode', () => {
    const pc = ticking(0x40, 11, 1000);
    pc.write(0, Lapic.LVT_TIMER, 0x2_0040);
    expect(pc.read(0, Lapic.CURRENT_COUNT)).toBe(0);
    pc.write(0, Lapic.INITIAL_COUNT, 1000);
    pc.write(0, Lapic.INITIAL_COUNT, 0);
    expect([pc.read(0, Lapic.CURRENT_COUNT), pc.clock.nextDeadline()]).toEqual([0, Infinity]);
  });

  test('goes by the counter of the guest in TSC-deadline mode', () => {
    const pc = started();
    pc.write(0, Lapic.LVT_TIMER, 0x4_0040);
    pc.apics.setTscOffset(0, 1_000_000);
    expect(pc.apics.writeMsr(0, 0x6e0, 1_005_000, 0)).toBe(true);
    expect(pc.msr(0, 0x6e0)).toEqual([1_005_000, 0]);
    pc.clock.advance(4_999);
    expect(pc.pins.intr[0]).toBe(false);
    pc.clock.advance(1);
    expect([take(pc, 0), pc.msr(0, 0x6e0)]).toEqual([0x40, [0, 0]]);
    pc.apics.writeMsr(0, 0x6e0, 1, 0);
    expect(take(pc, 0)).toBe(0x40);
    pc.apics.writeMsr(0, 0x6e0, 2_000_000, 0);
    pc.apics.setTscOffset(0, 2_000_000);
    expect(take(pc, 0)).toBe(0x40);
  });
});

describe('interprocessor interrupts', () => {
  test.each([
    ['one by its ID', 0, 2, [2]],
    ['all by the broadcast ID', 0, 0xff, [0, 1, 2, 3]],
    ['a logical set', 0x800, 0b1010, [1, 3]],
    ['itself by shorthand', 0x4_0000, 0, [0]],
    ['all by shorthand', 0x8_0000, 0, [0, 1, 2, 3]],
    ['the others by shorthand', 0xc_0000, 0, [1, 2, 3]],
    ['the one with the lowest priority of a set', 0x900, 0b0111, [1]],
  ])('reach %s', (_name, bits, destination, expected) => {
    const pc = started();
    pc.write(0, Lapic.TPR, 0x20);
    pc.write(2, Lapic.TPR, 0x20);
    pc.write(0, Lapic.ICR_HIGH, destination << 24);
    pc.write(0, Lapic.ICR_LOW, bits | 0x45);
    expect([0, 1, 2, 3].filter((cpu) => take(pc, cpu) === 0x45)).toEqual(expected);
    expect(pc.read(0, Lapic.ICR_LOW)).toBe(bits | 0x45);
  });

  test('know clusters', () => {
    const pc = started();
    for (const [cpu, ldr] of [0x11, 0x12, 0x21, 0x22].entries()) {
      pc.write(cpu, Lapic.DFR, 0);
      pc.write(cpu, Lapic.LDR, ldr << 24);
    }
    const reached = (destination: number) => {
      pc.write(0, Lapic.ICR_HIGH, destination << 24);
      pc.write(0, Lapic.ICR_LOW, 0x845);
      return [0, 1, 2, 3].filter((cpu) => take(pc, cpu) === 0x45);
    };
    expect([reached(0x13), reached(0x22), reached(0xf1), reached(0xff), reached(0x30)]).toEqual([[0, 1], [3], [0, 2], [0, 1, 2, 3], []]);
  });

  test('start other processors: INIT, then start-up', () => {
    const trace: string[] = [];
    const pc = started();
    pc.pins.init = (cpu) => trace.push(`init ${cpu}`);
    pc.pins.sipi = (cpu, vector) => trace.push(`sipi ${cpu} ${vector}`);
    pc.pins.nmi = (cpu) => trace.push(`nmi ${cpu}`);
    pc.write(1, Lapic.TPR, 0x40);
    pc.write(0, Lapic.ICR_HIGH, 1 << 24);
    for (const low of [0xc500, 0x8500, 0x0608, 0x0400]) pc.write(0, Lapic.ICR_LOW, low);
    expect(trace).toEqual(['init 1', 'sipi 1 8', 'nmi 1']);
    expect([pc.read(1, Lapic.TPR), pc.read(1, Lapic.SVR), pc.read(1, Lapic.ID)]).toEqual([0, 0xff, 1 << 24]);
  });
});

describe('x2APIC mode', () => {
  const x2 = (cpus = 20) => {
    const pc = started({}, cpus);
    for (let cpu = 0; cpu < cpus; cpu++) pc.apics.setBase(cpu, 0xfee0_0c00 | 0, 0);
    return pc;
  };

  test('moves the registers from memory to MSRs', () => {
    const pc = x2();
    expect(pc.read(17, Lapic.ID)).toBe(-1);
    expect([pc.msr(17, 0x802), pc.msr(17, 0x80d), pc.msr(17, 0x80f)]).toEqual([[17, 0], [0x1_0002, 0], [0x1ff, 0]]);
    expect(started().msr(0, 0x802)).toBeUndefined();
  });

  test('refuses absent registers, reserved bits and the wrong direction', () => {
    const pc = x2();
    expect([0x80b, 0x80e, 0x831, 0x83f, 0x809, 0x8ff].map((index) => pc.msr(0, index))).toEqual(Array(6).fill(undefined));
    const writes = [[0x802, 0, 0], [0x80d, 0, 0], [0x80b, 1, 0], [0x808, 0x100, 0], [0x808, 0, 1], [0x828, 1, 0], [0x831, 0, 0], [0x832, 0x8_0000, 0]];
    expect(writes.map(([index, low, high]) => pc.apics.writeMsr(0, index!, low!, high!))).toEqual(writes.map(() => false));
    expect(pc.apics.writeMsr(0, 0x808, 0x30, 0)).toBe(true);
  });

  test('sends to 32-bit destinations: IDs, clusters, all, and itself', () => {
    const pc = x2();
    const reached = (low: number, high: number) => {
      expect(pc.apics.writeMsr(3, 0x830, low, high)).toBe(true);
      return Array.from({ length: 20 }, (_, cpu) => cpu).filter((cpu) => {
        const hit = pc.controller.acknowledge(cpu) === 0x45;
        pc.apics.writeMsr(cpu, 0x80b, 0, 0);
        return hit;
      });
    };
    expect(reached(0x45, 17)).toEqual([17]);
    expect(reached(0x845, 0x1_0005)).toEqual([16, 18]);
    expect(reached(0x45, -1)).toHaveLength(20);
    expect(reached(0x45, 0xff)).toEqual([]);
    expect(pc.msr(3, 0x830)).toEqual([0x45, 0xff]);
    expect(pc.apics.writeMsr(3, 0x83f, 0x46, 0)).toBe(true);
    expect(pc.controller.acknowledge(3)).toBe(0x46);
  });

  test('still hears 8-bit destinations of devices', () => {
    const pc = x2();
    pc.controller.message(0xfee0_0000 | (17 << 12), 0x45);
    pc.redirect(5, 0x46, 0xff);
    pc.controller.pulse(5);
    expect([pc.controller.acknowledge(17), pc.controller.acknowledge(0)]).toEqual([0x46, 0x46]);
  });
});

describe('the I/O APIC', () => {
  test('tells its version and size, and keeps what is written', () => {
    const pc = powerOn();
    expect([pc.readIo(0), pc.readIo(1), pc.readIo(0x10), pc.readIo(0x40)]).toEqual([15 << 24, 0x17_0020, 0x1_0000, 0]);
    pc.redirect(7, -1, 0x55);
    expect([pc.readIo(0x1e), pc.readIo(0x1f)]).toEqual([0x1_afff, 0x5500_0000]);
    expect(powerOn({ ioVersion: 0x11, ioId: 3 }).readIo(1)).toBe(0x17_0011);
  });

  test('sends an edge once, and loses it while the entry is masked', () => {
    const pc = started();
    pc.redirect(4, 0x1_0051, 1);
    pc.controller.setLevel(4, true);
    pc.redirect(4, 0x51, 1);
    expect(pc.pins.intr[1]).toBe(false);
    pc.controller.setLevel(4, false);
    pc.controller.setLevel(4, true);
    expect([take(pc, 1), pc.pins.intr[1]]).toEqual([0x51, false]);
  });

  test('sends a level again at each EOI until it is gone', () => {
    const pc = started();
    pc.redirect(20, 0x8051, 0);
    pc.controller.setLevel(20, true);
    expect(pc.readIo(0x10 + 40)).toBe(0xc051);
    expect([take(pc, 0), take(pc, 0)]).toEqual([0x51, 0x51]);
    pc.controller.acknowledge(0);
    pc.controller.setLevel(20, false);
    pc.write(0, Lapic.EOI, 0);
    expect([pc.pins.intr[0], pc.readIo(0x10 + 40)]).toEqual([false, 0x8051]);
  });

  test('waits for its own EOI register when broadcasts are suppressed', () => {
    const pc = started();
    pc.write(0, Lapic.SVR, 0x11ff);
    pc.redirect(20, 0x8051, 0);
    pc.controller.setLevel(20, true);
    take(pc, 0);
    expect(pc.pins.intr[0]).toBe(false);
    pc.eoiIo(0x51);
    expect(take(pc, 0)).toBe(0x51);
  });

  test('forgets remote IRR when an entry becomes an edge for a moment, as drivers of old versions do', () => {
    const pc = started({ ioVersion: 0x11 });
    pc.redirect(20, 0x8051, 0);
    pc.controller.setLevel(20, true);
    pc.controller.acknowledge(0);
    pc.redirect(20, 0x1_0051, 0);
    expect(pc.readIo(0x10 + 40)).toBe(0x1_0051);
  });

  test('has the timer at pin 2', () => {
    const pc = started();
    pc.redirect(2, 0x30, 0);
    pc.controller.pulse(0);
    expect(take(pc, 0)).toBe(0x30);
    pc.controller.setLevel(2, true);
    expect(take(pc, 0)).toBe(0x30);
  });

  test('delivers NMI, SMI and INIT', () => {
    const trace: string[] = [];
    const pc = started();
    for (const pin of ['nmi', 'smi', 'init'] as const) pc.pins[pin] = (cpu) => trace.push(`${pin} ${cpu}`);
    for (const [i, mode] of [4, 2, 5].entries()) {
      pc.redirect(16 + i, mode << 8, i);
      pc.controller.pulse(16 + i);
    }
    expect(trace).toEqual(['nmi 0', 'smi 1', 'init 2']);
  });
});

describe('the virtual wire', () => {
  const setUpPic = (pc: ReturnType<typeof powerOn>) => {
    for (const [region, base, icw3] of [[pc.master, 0x20, 4], [pc.slave, 0x28, 2]] as const) {
      region.write(0, 1, 0x11);
      for (const value of [base, icw3, 1, 0]) region.write(1, 1, value);
    }
  };

  test('brings the 8259 pair to the bootstrap processor from power-on', () => {
    const pc = powerOn();
    setUpPic(pc);
    pc.controller.setLevel(9, true);
    expect([[...pc.pins.intr], pc.controller.acknowledge(1), pc.controller.acknowledge(0)]).toEqual([[true, false, false, false], -1, 0x29]);
    expect(pc.pins.intr[0]).toBe(false);
  });

  test('is closed by a mask in LINT0, and open without an APIC', () => {
    const pc = powerOn({ virtualWire: false });
    setUpPic(pc);
    pc.controller.pulse(3);
    expect(pc.pins.intr[0]).toBe(false);
    pc.apics.setBase(0, 0xfee0_0000 | 0, 0);
    expect([pc.pins.intr[0], pc.controller.acknowledge(0)]).toEqual([true, 0x23]);
  });

  test('makes a fixed interrupt of an edge of the pair when LINT0 says so', () => {
    const pc = started();
    setUpPic(pc);
    pc.write(0, Lapic.LVT_LINT0, 0x60);
    pc.controller.pulse(0);
    expect([take(pc, 0), pc.pins.intr[0]]).toEqual([0x60, false]);
  });
});

test('a level that comes out of a snapshot is no edge', () => {
  const before = started();
  before.redirect(4, 0x51, 0);
  before.controller.setLevel(4, true);
  take(before, 0);
  const after = powerOn({}, 4, before.device.save());
  after.controller.importLevel(4, true);
  expect([after.pins.intr[0], after.device.save()]).toEqual([false, before.device.save()]);
});

test('everything sent is delivered once, highest first', () => {
  const vectors = fc.array(fc.integer({ min: 16, max: 255 }), { maxLength: 40 });
  fc.assert(
    fc.property(vectors, (sent) => {
      const pc = started({}, 1);
      for (const vector of sent) pc.controller.message(0xfee0_0000, vector);
      const got: number[] = [];
      while (pc.pins.intr[0] === true) got.push(take(pc, 0));
      expect(got).toEqual([...new Set(sent)].sort((a, b) => b - a));
    }),
  );
});

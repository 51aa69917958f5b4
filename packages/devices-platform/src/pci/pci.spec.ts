import { RecordingMessagePort, RecordingPlacement, anyDeviceHost, type AccessPoint, type DeviceDriver, type RecordingPower } from '@polyvisor/testkit';
import { describeDevice } from '@polyvisor/testkit/vitest';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PciFunctions } from './bus.ts';
import { PciConfigSpace } from './config-space.ts';
import { pciHost, pcieHost } from './host-bridge.ts';
import { MsiCapability } from './msi.ts';
import { MsixCapability } from './msix.ts';
import * as PciRegisters from './registers.ts';

const NIC = { vendor: 0x1af4, device: 0x1041, classCode: 0x02_0000, interruptPin: 1, revision: 1 };

function powerOn(plugin: typeof pciHost | typeof pcieHost = pcieHost) {
  const config = plugin.config.parse({});
  const fake = anyDeviceHost(plugin, config);
  const device = (plugin as typeof pcieHost).create(config, fake.host as never, undefined);
  const { config: ports, ecam } = device.regions;
  const select = (slot: number, register: number) => ports.write(0, 4, 0x8000_0000 | (slot << 8) | (register & ~3));
  return {
    device, ports, ecam, select, bus: device.provides.bus, power: fake.services['power'] as RecordingPower, lines: fake.levels,
    host: { ecam: fake.placements.get('ecam')! },
    read: (slot: number, register: number, size: 1 | 2 | 4 = 4) => {
      select(slot, register);
      return ports.read(4 + (register & 3), size);
    },
    write: (slot: number, register: number, value: number, size: 1 | 2 | 4 = 4) => {
      select(slot, register);
      ports.write(4 + (register & 3), size, value);
    },
  };
}

describe('the host bridge', () => {
  test('is function 0:0.0, by ports and by memory', () => {
    const pc = powerOn();
    expect([pc.read(0, 0), pc.ecam.read(0, 4), pc.read(0, 8), pc.read(0, 2, 2), pc.read(0, 11, 1)]).toEqual([
      0x29c0_8086, 0x29c0_8086, 0x0600_0000, 0x29c0, 0x06,
    ]);
  });

  test('answers ones where nobody is, and does nothing while it is not addressed', () => {
    const pc = powerOn();
    expect([pc.read(8, 0), pc.read(0x100, 0), pc.ecam.read(0x8000, 4)]).toEqual([-1, -1, -1]);
    pc.ports.write(0, 4, 0);
    expect(pc.ports.read(4, 4)).toBe(-1);
  });

  test('keeps CONFIG_ADDRESS through narrow accesses, one of which is the reset control register', () => {
    const pc = powerOn();
    pc.ports.write(0, 4, -1);
    pc.ports.write(1, 1, 0x0e);
    expect([pc.ports.read(0, 4), pc.ports.read(1, 1), pc.power.actions]).toEqual([0x80ff_fffc | 0, 0x0e, [{ kind: 'reset' }]]);
  });

  test('takes functions, each place once', () => {
    const pc = powerOn();
    pc.bus.attach('nic', 3, 0, new PciConfigSpace(NIC));
    expect([pc.read(3 << 3, 0), pc.ecam.read((3 << 15) + 0x3c, 4)]).toEqual([0x1041_1af4, 0x100]);
    expect(() => pc.bus.attach('other', 3, 0, new PciConfigSpace(NIC))).toThrow(/pci\/slot-taken.*"nic" is at 0:3.0/);
  });
});

describe('the chip set', () => {
  test('has configuration space in memory where PCIEXBAR says', () => {
    const pc = powerOn();
    const { ecam } = pc.host;
    expect(ecam.base).toBeUndefined();
    pc.write(0, 0x60, 0xb000_0001 | 0);
    expect(ecam.base).toBe(0xb000_0000);
    pc.write(0, 0x60, 0xb000_0000 | 0);
    expect(ecam.base).toBeUndefined();
  });

  test.each([
    [pciHost, 11, 0x80, 1, 0xffc0],
    [pcieHost, 31 << 3, 0x44, 0x80, 0xff80],
  ] as const)('says by PMBASE where power management is: $kind', (plugin, slot, register, enable, mask) => {
    const pc = powerOn(plugin);
    const moves: (number | undefined)[] = [];
    pc.device.provides.powerBase.onMove = (base) => moves.push(base);
    pc.write(slot, 0x40, -1);
    pc.write(slot, register, enable, 1);
    pc.write(slot, 0x40, 0x601);
    expect([pc.read(slot, 0x40), moves]).toEqual([0x601, [mask, 0x600]]);
    pc.device.reset('warm');
    expect([moves.at(-1), pc.read(slot, 0x40)]).toEqual([undefined, 1]);
  });

  test('routes interrupts to the I/O APIC always, and to an ISA input when its register says so', () => {
    const pc = powerOn(pciHost);
    const asserted = () => [...pc.lines.values()].filter((line) => line.asserted).map((line) => line.name);
    const nic = new PciConfigSpace(NIC);
    pc.bus.attach('nic', 5, 0, nic);
    nic.interrupt(true);
    expect(asserted()).toEqual(['pirqb']);
    pc.write(8, 0x61, 0x0a, 1);
    expect(asserted()).toEqual(['isa10', 'pirqb']);
    pc.write(8, 0x61, 0x8a, 1);
    expect(asserted()).toEqual(['pirqb']);
    pc.write(8, 0x61, 0x05, 1);
    nic.interrupt(false);
    expect(asserted()).toEqual([]);
  });
});

describe('a function behind the bridge', () => {
  const placed = (kind: 'io' | 'memory' | 'memory64', size: number) => {
    const place = new RecordingPlacement('bar');
    const space = new PciConfigSpace({ ...NIC, bars: [{ index: 2, kind, size, place }] });
    const at = (low: number, high = 0): number | undefined => {
      space.write(0x18, 4, low);
      space.write(0x1c, 4, high);
      return place.base;
    };
    return { space, place, at };
  };

  test.each([
    ['io', 0x20, PciRegisters.PciCommand.IO, 0xc0e4, 0xc0e0],
    ['memory', 0x1000, PciRegisters.PciCommand.MEMORY, 0xfebf_1004, 0xfebf_1000],
  ] as const)('has its region behind a BAR of %s where the guest wrote, while it may answer', (kind, size, enable, written, base) => {
    const { space, place, at } = placed(kind, size);
    expect(at(written)).toBeUndefined();
    space.write(4, 2, enable);
    expect([place.base, at(-1), at(0), at(written)]).toEqual([base, undefined, undefined, base]);
    space.write(4, 2, 0x547 & ~enable);
    expect(place.base).toBeUndefined();
    space.write(4, 2, enable);
    const other = placed(kind, size);
    other.space.restore(space.save());
    space.reset();
    expect([other.place.base, place.base]).toEqual([base, undefined]);
  });

  test('has a region behind a BAR of 64 bits above 4 GiB', () => {
    const { space, at } = placed('memory64', 0x4000);
    space.write(4, 2, PciRegisters.PciCommand.MEMORY);
    expect([at(0x1234_4000, 0x80), at(-1, -1)]).toEqual([0x80_1234_4000, undefined]);
  });

  test('drives the line of its pin and slot, together with others, unless interrupts are disabled', () => {
    const seen: string[] = [];
    const bus = new PciFunctions((pirq, asserted) => seen.push(`${pirq}${asserted ? '+' : '-'}`));
    const [a, b, c] = [new PciConfigSpace(NIC), new PciConfigSpace(NIC), new PciConfigSpace({ ...NIC, interruptPin: 3 })];
    bus.attach('a', 3, 0, a);
    bus.attach('b', 7, 0, b);
    bus.attach('c', 3, 1, c);
    a.interrupt(true);
    b.interrupt(true);
    a.interrupt(false);
    expect([seen.splice(0), a.read(6, 2) & 8, b.read(6, 2) & 8]).toEqual([['3+'], 0, 8]);
    b.write(4, 2, PciRegisters.PciCommand.INTX_DISABLE);
    expect([seen.splice(0), b.read(6, 2) & 8]).toEqual([['3-'], 8]);
    b.write(4, 2, 0);
    c.interrupt(true);
    b.reset();
    expect(seen).toEqual(['3+', '1+', '3-']);
  });
});

describe('configuration space', () => {
  test.each([
    ['memory', 0x1000, 0xffff_f000 | 0],
    ['io', 0x20, 0xffff_ffe1 | 0],
    ['memory', 0x8000_0000, 0x8000_0000 | 0],
  ] as const)('tells the size of a BAR of %s with %i bytes', (kind, size, mask) => {
    const space = new PciConfigSpace({ ...NIC, bars: [{ index: 1, kind, size }] });
    space.write(0x14, 4, -1);
    expect([space.read(0x14, 4), space.read(0x10, 4)]).toEqual([mask, 0]);
  });

  test('has BARs of 64 bits, also beyond 4 GiB', () => {
    const space = new PciConfigSpace({ ...NIC, bars: [{ index: 0, kind: 'memory64', size: 2 ** 33, prefetchable: true }, { index: 2, kind: 'memory64', size: 0x4000 }] });
    for (const at of [0x10, 0x14, 0x18, 0x1c]) space.write(at, 4, -1);
    expect([0x10, 0x14, 0x18, 0x1c].map((at) => space.read(at, 4))).toEqual([0x0c, -2, 0xffff_c004 | 0, -1]);
    expect(() => new PciConfigSpace({ ...NIC, bars: [{ index: 5, kind: 'memory64', size: 0x4000 }] })).toThrow(RangeError);
  });

  test('links its capabilities', () => {
    const space = new PciConfigSpace(NIC);
    expect(space.read(0x06, 2)).toBe(0);
    const first = space.addCapability(9, [1, 2, 3], [0, 0, 0xff]);
    const second = space.addCapability(5, [4], [0]);
    expect([space.read(0x06, 2), space.read(0x34, 1), space.read(first, 4), space.read(second, 2)]).toEqual([0x10, first, 0x0201_0009 | (second << 8), 0x0005]);
    expect(second % 4).toBe(0);
  });

  test('keeps read-only bits through any writes, and comes back from what it saves', () => {
    const write = fc.record({ register: fc.nat(63), value: fc.integer() });
    fc.assert(
      fc.property(fc.array(write), (writes) => {
        const make = () => new PciConfigSpace({ ...NIC, bars: [{ index: 0, kind: 'memory', size: 0x1000 }] });
        const space = make();
        for (const { register, value } of writes) space.write(4 * register, 4, value);
        expect([space.read(0, 4), space.read(8, 4), space.read(0x10, 4) & 0xfff, space.command & ~0x547, space.read(0x3d, 1)]).toEqual([
          0x1041_1af4, 0x0200_0001, 0, 0, 1,
        ]);
        const copy = make();
        copy.restore(space.save());
        expect(copy.bytes).toEqual(space.bytes);
        space.reset();
        expect(space.bytes).toEqual(make().bytes);
      }),
    );
  });
});

test('MSI sends what its capability says, while it is enabled', () => {
  const port = new RecordingMessagePort();
  const space = new PciConfigSpace(NIC);
  const msi = new MsiCapability(space, port);
  const at = space.read(0x34, 1);
  space.write(at + 4, 4, 0xfee0_1003 | 0);
  space.write(at + 12, 2, 0x4041);
  msi.send();
  space.write(at + 2, 2, 0xffff);
  msi.send();
  expect([space.read(at + 2, 2), port.sent]).toEqual([0x81, [{ address: 0xfee0_1000, data: 0x4041 }]]);
});

describe('MSI-X', () => {
  const started = () => {
    const port = new RecordingMessagePort();
    const space = new PciConfigSpace(NIC);
    const msix = new MsixCapability(space, port, { count: 3, bar: 1, table: 0, pending: 0x800 });
    const at = space.read(0x34, 1);
    for (let i = 0; i < 3; i++) for (const [word, value] of [[0, 0xfee0_0000 | 0], [8, 0x40 + i], [12, 0]] as const) msix.table.write(16 * i + word, 4, value);
    space.write(at + 2, 2, 0x8000);
    return { port, space, msix, at };
  };

  test('says where its table is', () => {
    const { space, at, msix } = started();
    expect([space.read(at + 2, 2), space.read(at + 4, 4), space.read(at + 8, 4), msix.tableSize]).toEqual([0x8002, 1, 0x801, 48]);
  });

  test('keeps a masked vector pending until it is unmasked, by itself or with all', () => {
    const { port, space, msix, at } = started();
    msix.table.write(16 + 12, 4, 1);
    msix.send(1);
    expect([port.sent.length, msix.pending.read(0, 4)]).toEqual([0, 2]);
    msix.table.write(16 + 12, 4, 0);
    space.write(at + 2, 2, 0xc000);
    msix.send(2);
    space.write(at + 2, 2, 0x8000);
    msix.flush();
    expect([port.sent.map((m) => m.data), msix.pending.read(0, 4)]).toEqual([[0x41, 0x42], 0]);
  });

  test('comes back from what it saves, and has all vectors masked after a reset', () => {
    const one = started();
    const two = started();
    one.msix.table.write(12, 4, 1);
    one.msix.send(0);
    two.msix.restore(one.msix.save());
    expect(two.msix.save()).toEqual(one.msix.save());
    one.msix.reset();
    expect([0, 1, 2].map((i) => one.msix.table.read(16 * i + 12, 4))).toEqual([1, 1, 1]);
  });
});

/** Writing the reset control register resets the machine, after which nothing is warm any more. */
const allocation = {
  cold: ({ region, direction, offset, size }: AccessPoint) => region === 'config' && direction === 'write' && offset === 1 && size === 1,
};

/** Writes any register of any function of the chip set. */
const exercise = (driver: DeviceDriver): void => {
  const slot = driver.random.pick([0, 0, 8, 11, 31 << 3]);
  driver.write('config', 0, 4, 0x8000_0000 | (slot << 8) | (driver.random.below(64) << 2));
  driver.write('config', 4, 4, driver.random.int32());
  driver.read('config', 4, 4);
};

describeDevice(pciHost, { configs: [{}, { ioApic: false }], allocation, exercise });
describeDevice(pcieHost, { configs: [{}], allocation, exercise });

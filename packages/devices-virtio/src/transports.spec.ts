import { describe, expect, test } from 'vitest';
import type { Region } from '@polyvisor/core';
import { DriverQueue, FakeBlock, FakeMemory, Trace, anyDeviceHost } from '@polyvisor/testkit';
import { rig, settle } from '../test/rig.ts';
import { virtioBlkMmio, virtioBlkPci } from './blk/blk.ts';
import { virtioVsockPci } from './vsock/vsock.ts';
import { Reg } from './mmio/registers.ts';
import { Area, CfgType, Common, Legacy } from './pci/registers.ts';

const SIZE = 256;
/** Where a legacy queue lies: descriptors, available ring, and the used ring on a page of its own. */
const PAGE = 16;
const legacyQueue = (memory: FakeMemory) => new DriverQueue({ memory, size: SIZE, base: PAGE * 4096, buffers: 0x4_0000 });

/** A read of the first sector, and the identification of the used ring at the place the legacy layout has it. */
async function readSector(memory: FakeMemory, queue: DriverQueue, notify: () => void): Promise<number | undefined> {
  const legacy = { used: Math.ceil((queue.at.avail + 6 + 2 * SIZE) / 4096) * 4096 };
  queue.add([{ read: new Uint8Array(16) }, { write: 512 }, { write: 1 }]);
  notify();
  await settle();
  return memory.load(legacy.used + 2, 2);
}

describe('a transitional function', () => {
  test('is what drivers of virtio 0.9.5 look for', () => {
    const { access } = rig(virtioBlkPci, {});
    const { config } = access;
    expect([config.read(0, 4), config.read(8, 1), config.read(0x2c, 4)]).toEqual([0x1001_1af4, 0, 0x0002_1af4]);
    const modern = rig(virtioBlkPci, { transport: 'modern' }).access.config;
    expect([modern.read(0, 4), modern.read(8, 1), modern.read(0x10, 4)]).toEqual([0x1042_1af4, 1, 0]);
    expect(rig(virtioVsockPci, { 'guest-cid': 3 }, { services: { vsock: { attach: () => undefined } } }).access.config.read(2, 2) & 0xffff).toBe(0x1053);
  });

  test('works by its ports', async () => {
    const { bar, memory, bus } = rig(virtioBlkPci, {}, { services: { drive: new FakeBlock() } });
    const ports = bar(0);
    ports.write(Legacy.device_status, 1, 3);
    ports.write(Legacy.guest_features, 4, ports.read(Legacy.device_features, 4) & ~(1 << 29));
    ports.write(Legacy.queue_select, 2, 0);
    expect(ports.read(Legacy.queue_size, 2)).toBe(SIZE);
    ports.write(Legacy.queue_address, 4, PAGE);
    ports.write(Legacy.device_status, 1, 7);
    expect([ports.read(Legacy.queue_address, 4), ports.read(Legacy.CONFIG, 4)]).toEqual([PAGE, 64]);
    expect(await readSector(memory, legacyQueue(memory), () => ports.write(Legacy.queue_notify, 2, 0))).toBe(1);
    expect([bus.asserted, ports.read(Legacy.isr_status, 1), bus.asserted]).toEqual([true, 1, false]);
    ports.write(Legacy.device_status, 1, 0);
    expect([ports.read(Legacy.queue_address, 4), ports.read(Legacy.device_status, 1)]).toEqual([0, 0]);
  });
});

test('the window in configuration space leads to the structures', () => {
  const { access } = rig(virtioBlkPci, {});
  const { config } = access;
  let at = config.read(0x34, 1);
  while (config.read(at + 3, 1) !== CfgType.PCI) at = config.read(at + 1, 1);
  config.write(at + 4, 1, 4);
  config.write(at + 8, 4, Area.COMMON + Common.num_queues);
  config.write(at + 12, 4, 2);
  expect(config.read(at + 16, 2) & 0xffff).toBe(1);
  config.write(at + 8, 4, Area.COMMON + Common.device_status);
  config.write(at + 12, 4, 1);
  config.write(at + 16, 1, 3);
  expect(config.read(at + 16, 1) & 0xff).toBe(3);
  config.write(at + 8, 4, 0x7fff_fff0);
  expect(config.read(at + 16, 1)).toBe(0);
});

describe('negotiation', () => {
  test('refuses features that are not offered, and drivers without VERSION_1', () => {
    const made = rig(virtioBlkPci, { packed: false });
    expect(() => made.start({ features: [34] })).toThrow(/not offered/);
    const common = made.bar(4);
    common.write(Common.device_status, 1, 3);
    common.write(Common.device_status, 1, 11);
    expect(common.read(Common.device_status, 1) & 8).toBe(0);
    common.write(Common.device_status, 1, 15);
    expect([common.read(Common.device_status, 1) & 4, made.errors().length]).toEqual([0, 3]);
  });
});

/** A device with registers in memory. */
function registers(given: Record<string, unknown>) {
  const config = virtioBlkMmio.config.parse(given);
  const memory = new FakeMemory({ size: 2 ** 20 });
  const fake = anyDeviceHost(virtioBlkMmio, config, { trace: new Trace(), memory, services: { drive: new FakeBlock() } });
  const regs: Region = virtioBlkMmio.create(config, fake.host as never, undefined).regions.regs;
  const write = (offset: number, value: number) => regs.write(offset, 4, value);
  const read = (offset: number) => regs.read(offset, 4);
  return { memory, write, read, line: fake.levels.get('line')! };
}

describe('registers in memory', () => {
  test('work as version 2', async () => {
    const { memory, write, read, line } = registers({});
    expect([read(Reg.MagicValue), read(Reg.Version), read(Reg.DeviceID), read(Reg.Config)]).toEqual([0x74726976, 2, 2, 64]);
    write(Reg.Status, 3);
    write(Reg.DriverFeaturesSel, 1);
    write(Reg.DriverFeatures, 1);
    write(Reg.Status, 11);
    const queue = new DriverQueue({ memory, size: 8, base: 0x1000, buffers: 0x4000 });
    write(Reg.QueueNum, 8);
    write(Reg.QueueDescLow, queue.at.descriptors);
    write(Reg.QueueDriverLow, queue.at.avail);
    write(Reg.QueueDeviceLow, queue.at.used);
    write(Reg.QueueReady, 1);
    write(Reg.Status, 15);
    queue.add([{ read: new Uint8Array(16) }, { write: 512 }, { write: 1 }]);
    write(Reg.QueueNotify, 0);
    await settle();
    expect([queue.takeUsed()?.written, line.asserted, read(Reg.InterruptStatus)]).toEqual([513, true, 1]);
    write(Reg.InterruptACK, 1);
    expect([line.asserted, read(Reg.QueueReady)]).toEqual([false, 1]);
  });

  test('work as version 1', async () => {
    const { memory, write, read } = registers({ 'force-legacy': true });
    expect(read(Reg.Version)).toBe(1);
    write(Reg.Status, 3);
    write(Reg.GuestPageSize, 4096);
    write(Reg.QueueNum, SIZE);
    write(Reg.QueueAlign, 4096);
    write(Reg.QueuePFN, PAGE);
    write(Reg.Status, 7);
    expect([read(Reg.QueuePFN), await readSector(memory, legacyQueue(memory), () => write(Reg.QueueNotify, 0))]).toEqual([PAGE, 1]);
  });
});

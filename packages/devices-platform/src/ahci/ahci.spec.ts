import { openSection, saveSection, type BlockBackend } from '@polyvisor/core';
import { FakeBlock, FakeMemory, fakeDeviceHost } from '@polyvisor/testkit';
import { describe, expect, test } from 'vitest';
import { AhciDriver, type AtaCommand } from '../../test/ahci-driver.ts';
import { FakePciBus, settle } from '../../test/fake-pci-bus.ts';
import { SlowDisk } from '../../test/slow-disk.ts';
import { Command, ErrorBit, Feature, Status } from '../ide/registers.ts';
import { ahci } from './ahci.ts';
import { Interrupt, NCQ_ERROR_LOG, Offset, PortOffset, Sata } from './registers.ts';
import type { AhciState } from './state.ts';

const READY = Status.DRDY | Status.DSC;
const fill = (length: number, seed = 1) => Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8) + seed) & 0xff);
const bigDisk = () => new FakeBlock({ size: 4 * 2 ** 20 });
const DATA = 0x10_0000;

function controller(drive: BlockBackend = bigDisk(), given: Record<string, unknown> = { drives: [{ kind: 'disk' }] }, around: { memory?: FakeMemory; saved?: AhciState | undefined } = {}) {
  const config = ahci.config.parse(given);
  const bus = new FakePciBus();
  const memory = around.memory ?? new FakeMemory({ size: 4 * 2 ** 20, holes: [[0x30_0000, 0x31_0000]] });
  const fake = fakeDeviceHost(ahci, config, { memory, services: { bus, drive0: drive } });
  const device = ahci.create(config, fake.host, around.saved);
  const driver = new AhciDriver(device.regions.registers, memory);
  const run = async (command: AtaCommand, slot = 0) => {
    driver.put(slot, command);
    driver.issue(1 << slot);
    await settle(200);
    const status = driver.acknowledge();
    return { tfd: driver.read(PortOffset.TFD), status, moved: driver.moved(slot), ci: driver.read(PortOffset.CI) };
  };
  return { device, driver, bus, memory, run, messages: fake.messages.sent, clock: fake.clock, placement: fake.placements.get('registers')! };
}
const started = (...given: Parameters<typeof controller>) => {
  const made = controller(...given);
  made.driver.start();
  return made;
};
const cd = (drive: BlockBackend) => started(drive, { drives: [{ kind: 'cdrom' }] });

describe('the controller', () => {
  test('is the SATA function of ICH9 with its registers in BAR 5', () => {
    const { bus, placement, driver } = controller();
    expect([bus.fn!.read(0, 4), bus.fn!.read(8, 4) >>> 8]).toEqual([0x2922_8086, 0x01_0601]);
    bus.fn!.write(0x24, 4, 0xfebf_1000);
    bus.fn!.write(4, 2, 6);
    expect([placement.base, driver.host(Offset.PI), driver.host(Offset.VS), driver.host(Offset.CAP) & 0x1f]).toEqual([0xfebf_1000, 0x3f, 0x1_0301, 5]);
  });

  test('finds disks, CD-ROM drives and empty ports by COMRESET', () => {
    const { driver, device, memory } = controller(bigDisk(), { drives: [{ kind: 'disk' }, { kind: 'cdrom', service: 'drive0' }] });
    driver.start();
    expect([driver.read(PortOffset.SSTS), driver.read(PortOffset.SIG), driver.read(PortOffset.TFD), driver.frame('D2H')]).toEqual([0x123, 0x101, 0x150, [0x34, 0, 0x50, 1]]);
    const second = new AhciDriver(device.regions.registers, memory, 1, 0x8_0000);
    const third = new AhciDriver(device.regions.registers, memory, 2, 0x8_0000);
    expect([second.read(PortOffset.SIG), second.read(PortOffset.SSTS), third.read(PortOffset.SSTS), third.read(PortOffset.TFD)]).toEqual([0xeb14_0101 | 0, 0x123, 0, 0x7f]);
  });

  test('tells of COMRESET by PhyRdy and exchanged until they are cleared', () => {
    const { driver } = started();
    driver.write(PortOffset.SCTL, 0x301);
    expect(driver.read(PortOffset.SSTS)).toBe(0);
    driver.write(PortOffset.SCTL, 0x300);
    expect(driver.read(PortOffset.IS) & (Interrupt.PCS | Interrupt.PRCS)).toBe(Interrupt.PCS | Interrupt.PRCS);
    driver.write(PortOffset.SERR, -1);
    expect(driver.read(PortOffset.IS)).toBe(0);
  });

  test('resets a drive by software, in two frames', () => {
    const { driver, memory } = started();
    memory.bytes.fill(0, driver.received, driver.received + 0x100);
    driver.put(0, { command: 0, control: 4 });
    driver.issue(1);
    driver.put(1, { command: 0, control: 0 });
    driver.issue(2);
    expect([driver.frame('D2H'), driver.read(PortOffset.CI)]).toEqual([[0x34, 0, 0x50, 1], 0]);
  });
});

describe('commands that are not queued', () => {
  test('identify the disk, with what only Serial ATA has', async () => {
    const { run, memory, driver } = started();
    const done = await run({ command: Command.IDENTIFY, data: [[DATA, 512]] });
    const word = (at: number) => new DataView(memory.bytes.buffer, DATA).getUint16(2 * at, true);
    expect(done).toEqual({ tfd: READY, status: Interrupt.PSS, moved: 512, ci: 0 });
    expect([word(75), word(76), word(60), word(100), word(169), word(217)]).toEqual([31, 0x106, 8192, 8192, 1, 1]);
    expect(driver.frame('PIO_SETUP').slice(0, 2)).toEqual([0x5f, 0x60]);
  });

  test('write and read by DMA, over regions of any size', async () => {
    const drive = bigDisk();
    const { run, memory } = started(drive);
    const bytes = fill(20 * 512);
    memory.bytes.set(bytes, DATA);
    const data: [number, number][] = [[DATA, 2], [DATA + 2, 5000], [DATA + 5002, 20 * 512 - 5002]];
    expect(await run({ command: Command.WRITE_DMA_EXT, lba: 100, count: 20, write: true, data })).toEqual({ tfd: READY, status: Interrupt.DHRS, moved: 10240, ci: 0 });
    expect(drive.bytes.subarray(51200, 61440)).toEqual(bytes);
    memory.bytes.fill(0, DATA, DATA + 0x1_0000);
    await run({ command: Command.READ_DMA_EXT, lba: 100, count: 20, data: [[DATA + 0x8000, 6000], [DATA, 4240]] }, 3);
    expect([memory.bytes.subarray(DATA + 0x8000, DATA + 0x8000 + 6000), memory.bytes.subarray(DATA, DATA + 4240)]).toEqual([bytes.subarray(0, 6000), bytes.subarray(6000)]);
  });

  test('move more than the drive buffers at once', async () => {
    const drive = bigDisk();
    drive.bytes.set(fill(2 ** 20));
    const { run, memory } = started(drive);
    expect((await run({ command: Command.READ_DMA_EXT, lba: 0, count: 2048, data: [[DATA, 2 ** 20]] })).moved).toBe(2 ** 20);
    expect(memory.bytes.subarray(DATA, DATA + 2 ** 20)).toEqual(fill(2 ** 20));
  });

  test('write and read through the data register', async () => {
    const drive = bigDisk();
    const { run, memory } = started(drive);
    memory.bytes.set(fill(1536), DATA);
    expect((await run({ command: Command.WRITE, lba: 5, count: 3, write: true, data: [[DATA, 1536]] })).status).toBe(Interrupt.DHRS);
    expect(drive.bytes.subarray(2560, 4096)).toEqual(fill(1536));
    expect((await run({ command: Command.READ, lba: 5, count: 3, data: [[DATA + 0x1000, 1536]] })).status).toBe(Interrupt.PSS);
    expect(memory.bytes.subarray(DATA + 0x1000, DATA + 0x1600)).toEqual(fill(1536));
  });

  test('flush, and switch the cache off', async () => {
    const drive = new SlowDisk();
    const { run, driver } = started(drive);
    driver.put(0, { command: Command.FLUSH_EXT });
    driver.issue(1);
    expect([drive.log, driver.read(PortOffset.TFD), driver.read(PortOffset.CI)]).toEqual([['flush'], Status.BSY, 1]);
    drive.release();
    await settle();
    expect([driver.acknowledge(), driver.read(PortOffset.CI)]).toEqual([Interrupt.DHRS, 0]);
    void run({ command: Command.SET_FEATURES, features: Feature.CACHE_OFF });
    drive.release();
    await settle();
    driver.queued(2, Sata.WRITE_FPDMA, 0, 1, [[DATA, 512]]);
    driver.issue(4, true);
    for (let i = 0; i < 3; i += 1) {
      drive.release();
      await settle();
    }
    expect([drive.log, driver.read(PortOffset.SACT)]).toEqual([['flush', 'flush', 'write 0+512', 'flush'], 0]);
  });

  test('trim', async () => {
    const drive = bigDisk();
    drive.bytes.fill(7);
    const { run, memory } = started(drive);
    new DataView(memory.bytes.buffer).setUint32(DATA, 4, true);
    new DataView(memory.bytes.buffer).setUint16(DATA + 6, 2, true);
    expect((await run({ command: Sata.DATA_SET_MANAGEMENT, features: 1, count: 1, write: true, data: [[DATA, 512]] })).tfd).toBe(READY);
    expect([3, 4, 5, 6].map((sector) => drive.bytes[512 * sector])).toEqual([7, 0, 0, 7]);
    new DataView(memory.bytes.buffer).setUint32(DATA, 8191, true);
    expect((await run({ command: Sata.DATA_SET_MANAGEMENT, features: 1, count: 1, write: true, data: [[DATA, 512]] })).tfd).toBe(READY | Status.ERR | (ErrorBit.IDNF << 8));
  });

  test.each<[string, AtaCommand, number, number]>([
    ['an unknown command', { command: 0xfe }, ErrorBit.ABRT, 0],
    ['sectors beyond the end', { command: Command.READ_DMA_EXT, lba: 8191, count: 2, data: [[DATA, 1024]] }, ErrorBit.IDNF, 0],
    ['memory that is not there', { command: Command.READ_DMA_EXT, count: 1, data: [[0x30_0000, 512]] }, ErrorBit.ABRT, Interrupt.HBFS],
    ['less memory than it writes from', { command: Command.WRITE_DMA_EXT, count: 2, write: true, data: [[DATA, 512]] }, ErrorBit.ABRT, 0],
  ])('fail for %s, and stop the port', async (_what, command, error, more) => {
    const { run, driver } = started();
    const done = await run(command);
    expect(done).toMatchObject({ tfd: READY | Status.ERR | (error << 8), status: Interrupt.DHRS | Interrupt.TFES | more, ci: 1 });
    expect((await run({ command: Command.FLUSH }, 1)).ci).toBe(3);
    driver.stop();
    driver.run();
    expect(await run({ command: Command.FLUSH })).toMatchObject({ tfd: READY, ci: 0 });
  });

  test('tell when there was less memory than data', async () => {
    const { run } = started();
    expect(await run({ command: Command.READ_DMA_EXT, count: 2, data: [[DATA, 512]] })).toMatchObject({ tfd: READY, status: Interrupt.DHRS | Interrupt.OFS, moved: 512 });
  });

  test('are a host bus error when they are not in memory', async () => {
    const { driver } = started();
    driver.write(PortOffset.CLBU, 5);
    driver.issue(1);
    expect([driver.read(PortOffset.IS), driver.read(PortOffset.CI)]).toEqual([Interrupt.HBFS, 1]);
  });
});

describe('queued commands', () => {
  test('run side by side and end in any order', async () => {
    const drive = new SlowDisk({ size: 4 * 2 ** 20 });
    drive.bytes.set(fill(0x1_0000));
    const { driver, memory } = started(drive);
    for (let slot = 0; slot < 8; slot += 1) driver.queued(slot, Sata.READ_FPDMA, slot, 1, [[DATA + 512 * slot, 512]]);
    driver.issue(0xff, true);
    expect([driver.read(PortOffset.CI), driver.read(PortOffset.SACT), drive.log.length]).toEqual([0, 0xff, 8]);
    drive.release();
    await settle();
    expect([driver.read(PortOffset.SACT), driver.acknowledge(), driver.frame('SDB').slice(0, 3)]).toEqual([0, Interrupt.SDBS, [0xa1, 0x40, READY & 0x77]]);
    expect(memory.bytes.subarray(DATA, DATA + 4096)).toEqual(fill(4096));
  });

  test('write in pieces, and force them to be stable', async () => {
    const drive = bigDisk();
    const { driver, memory } = started(drive);
    memory.bytes.set(fill(2 ** 20), DATA);
    driver.queued(9, Sata.WRITE_FPDMA, 16, 2048, [[DATA, 2 ** 19], [DATA + 2 ** 19, 2 ** 19]], 0xc0);
    driver.issue(1 << 9, true);
    await settle(200);
    expect([driver.read(PortOffset.SACT), drive.bytes.subarray(8192, 8192 + 2 ** 20)]).toEqual([0, fill(2 ** 20)]);
  });

  test('that fail end all, and the log tells which', async () => {
    const drive = new SlowDisk();
    const { driver, run, memory } = started(drive);
    driver.queued(0, Sata.READ_FPDMA, 0, 1, [[DATA, 512]]);
    driver.queued(5, Sata.READ_FPDMA, 63, 2, [[DATA, 1024]]);
    driver.issue(0x21, true);
    await settle();
    expect([driver.read(PortOffset.SACT), driver.read(PortOffset.TFD), driver.acknowledge()]).toEqual([0x21, READY | Status.ERR | (ErrorBit.IDNF << 8), Interrupt.TFES | Interrupt.SDBS]);
    drive.release();
    await settle();
    driver.stop();
    driver.run();
    const log = await run({ command: Sata.READ_LOG_EXT, lba: NCQ_ERROR_LOG, count: 1, data: [[DATA, 512]] });
    const page = memory.bytes.subarray(DATA, DATA + 512);
    expect([log.tfd, [...page.subarray(0, 5)], page.reduce((sum, byte) => sum + byte, 0) & 0xff]).toEqual([READY, [5, 0, READY | Status.ERR, ErrorBit.IDNF, 63], 0]);
    await run({ command: Sata.READ_LOG_EXT, lba: NCQ_ERROR_LOG, count: 1, data: [[DATA, 512]] });
    expect(page[0]).toBe(0x80);
  });

  test('hold others back until they are over', async () => {
    const drive = new SlowDisk();
    const { driver } = started(drive);
    driver.queued(0, Sata.READ_FPDMA, 0, 1, [[DATA, 512]]);
    driver.issue(1, true);
    driver.put(1, { command: Command.FLUSH });
    driver.issue(2);
    expect([drive.log, driver.read(PortOffset.CI)]).toEqual([['read 0+512'], 2]);
    drive.release();
    await settle();
    drive.release();
    await settle();
    expect([drive.log, driver.read(PortOffset.CI)]).toEqual([['read 0+512', 'flush'], 0]);
  });
});

describe('a CD-ROM drive', () => {
  test('reads by packets, by DMA and through the data register', async () => {
    const drive = bigDisk();
    drive.bytes.set(fill(8192));
    const { run, memory } = cd(drive);
    const read = (features: number) => run({ command: Command.PACKET, features, lba: 0xffff00, packet: [0x28, 0, 0, 0, 0, 1, 0, 0, 2, 0, 0, 0], data: [[DATA, 4096]] });
    for (const features of [0, 1]) {
      memory.bytes.fill(0, DATA, DATA + 4096);
      expect(await read(features)).toMatchObject({ moved: 4096, ci: 0 });
      expect(memory.bytes.subarray(DATA, DATA + 4096)).toEqual(fill(8192).subarray(2048, 6144));
    }
    expect((await run({ command: Command.IDENTIFY_PACKET, data: [[DATA, 512]] })).moved).toBe(512);
    expect([memory.bytes[DATA + 1], memory.bytes[DATA + 2 * 76], memory.bytes[DATA + 2 * 93 + 1]]).toEqual([0x85, 6, 0]);
  });

  test('fails with a check condition', async () => {
    const { run } = cd(bigDisk());
    expect(await run({ command: Command.PACKET, packet: [0xee, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] })).toMatchObject({ ci: 1, tfd: 0x5451 });
  });
});

describe('interrupts', () => {
  test('come by INTA# until port and controller are acknowledged', async () => {
    const { driver, bus } = started();
    driver.put(0, { command: Command.CHECK_POWER });
    driver.issue(1);
    expect([bus.asserted, driver.host(Offset.IS)]).toEqual([true, 1]);
    driver.setHost(Offset.IS, 1);
    expect(driver.host(Offset.IS)).toBe(1);
    driver.acknowledge();
    expect([bus.asserted, driver.host(Offset.IS)]).toEqual([false, 0]);
  });

  test('come by messages', async () => {
    const { driver, bus, run, messages } = started();
    bus.fn!.write(0x44, 4, 0xfee0_0000 | 0);
    bus.fn!.write(0x4c, 2, 0x55);
    bus.fn!.write(0x42, 2, 1);
    await run({ command: Command.CHECK_POWER });
    expect([messages, bus.asserted]).toEqual([[{ address: 0xfee0_0000, data: 0x55 }], false]);
    driver.setHost(Offset.GHC, -0x8000_0000);
    await run({ command: Command.CHECK_POWER });
    expect(messages).toHaveLength(1);
  });
});

describe('commands under way', () => {
  test('are forgotten when the port stops', async () => {
    const drive = new SlowDisk();
    const { driver, memory } = started(drive);
    driver.queued(0, Sata.READ_FPDMA, 0, 1, [[DATA, 512]]);
    driver.issue(1, true);
    drive.bytes.fill(5);
    driver.stop();
    drive.release();
    await settle();
    expect([driver.read(PortOffset.SACT), memory.bytes[DATA]]).toEqual([0, 0]);
  });

  test.each([['a queued one', true], ['another', false]])('are saved and made again: %s', async (_what, queued) => {
    const drive = new SlowDisk({ size: 2 ** 20 });
    const { driver, device, memory } = started(drive);
    driver.queued(3, Sata.READ_FPDMA, 1, 1024, [[DATA, 1000], [DATA + 1000, 524288]]);
    if (!queued) driver.put(3, { command: Command.READ_DMA_EXT, lba: 1, count: 1024, data: [[DATA, 1000], [DATA + 1000, 524288]] });
    driver.issue(8, queued);
    // The first half is there.
    drive.release();
    await settle();
    const section = saveSection('sata', ahci.kind, ahci.state, () => device.save());
    const fresh = new FakeBlock({ size: 2 ** 20 });
    fresh.bytes.set(fill(2 ** 20));
    memory.bytes.set(fill(2 ** 20).subarray(512, 512 + 262144), DATA);
    const restored = controller(fresh, undefined, { memory, saved: openSection('sata', ahci.state, section) });
    await settle(200);
    expect([restored.driver.read(PortOffset.CI), restored.driver.read(PortOffset.SACT), restored.bus.asserted]).toEqual([0, 0, true]);
    expect(memory.bytes.subarray(DATA, DATA + 524288)).toEqual(fill(2 ** 20).subarray(512, 512 + 524288));
  });
});

import { openSection, saveSection, type BlockBackend } from '@polyvisor/core';
import { FakeBlock, FakeMemory, fakeDeviceHost } from '@polyvisor/testkit';
import { describe, expect, test } from 'vitest';
import { FakePciBus, settle } from '../../test/fake-pci-bus.ts';
import { NvmeDriver, type NvmeCommand } from '../../test/nvme-driver.ts';
import { SlowDisk } from '../../test/slow-disk.ts';
import { nvme } from './nvme.ts';
import { Admin, AsyncEvent, Cc, Csts, DNR, Feature, LogPage, Nvm, Offset, PAGE, Status } from './registers.ts';
import type { NvmeState } from './state.ts';

const fill = (length: number, seed = 1) => Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8) + seed) & 0xff);
/** The contents of a fake disk. */
const bytesOf = (drive: BlockBackend): Uint8Array => (drive instanceof FakeBlock ? drive.bytes : new Uint8Array());
const bigDisk = () => new FakeBlock({ size: 8 * 2 ** 20 });

interface Around {
  readonly memory?: FakeMemory;
  readonly saved?: NvmeState | undefined;
}

function controller(given: Record<string, unknown> = {}, drive: BlockBackend = bigDisk(), around: Around = {}) {
  const config = nvme.config.parse({ slot: 4, ...given });
  const bus = new FakePciBus();
  const memory = around.memory ?? new FakeMemory({ size: 8 * 2 ** 20, holes: [[0x70_0000, 0x71_0000]] });
  const fake = fakeDeviceHost(nvme, config, { memory, services: { bus, drive } });
  const device = nvme.create(config, fake.host, around.saved);
  const driver = new NvmeDriver(device.regions.registers, memory);
  return {
    device, driver, bus, memory, drive, registers: device.regions.registers, messages: fake.messages.sent, clock: fake.clock,
    placement: fake.placements.get('registers')!,
    errors: () => fake.log.messages.filter((m) => m.level === 'guest-error').length,
  };
}

function started(given: Record<string, unknown> = {}, drive: BlockBackend = bigDisk()) {
  const made = controller(given, drive);
  made.driver.enable();
  made.driver.createQueues();
  const { driver } = made;
  /** Commands in the first I/O queue, and what came of each. */
  const run = async (...commands: NvmeCommand[]) => {
    const ids = commands.map((command) => driver.put(1, command));
    driver.ring(1);
    await settle();
    const done = driver.completions(1);
    return ids.map((id) => done.find((completion) => completion.id === id)?.status);
  };
  const transfer = async (opcode: number, lba: number, blocks: number, prp1: number, prp2 = 0) =>
    (await run({ opcode, nsid: 1, prp1, prp2, cdw: [lba, 0, blocks - 1] }))[0];
  return { ...made, run, transfer };
}

describe('the controller', () => {
  test('shows what it is and what it can do', () => {
    const { bus, driver } = controller();
    expect([bus.fn!.read(0, 4), bus.fn!.read(8, 4) >>> 8, bus.fn!.read(0x10, 4)]).toEqual([0x0010_1b36, 0x01_0802, 4]);
    expect([driver.read(Offset.CAP), driver.read(Offset.CAP_HIGH), driver.read(Offset.VS)]).toEqual([0x0f01_03ff, 0x20, 0x1_0400]);
  });

  test('places its registers where BAR 0 says', () => {
    const { bus, placement } = controller();
    bus.fn!.write(0x10, 4, 0xfebf_0000);
    bus.fn!.write(4, 2, 6);
    expect(placement.base).toBe(0xfebf_0000);
  });

  test('gets ready, and is reset with all its queues by CC.EN', () => {
    const { driver, errors } = controller();
    driver.enable();
    expect(driver.read(Offset.CSTS)).toBe(Csts.RDY);
    driver.createQueues();
    driver.write(Offset.CC, 0);
    expect([driver.read(Offset.CSTS), driver.read(Offset.AQA)]).toEqual([0, 0x001f_001f]);
    driver.ring(1);
    expect(errors()).toBe(1);
    driver.enable();
    expect(driver.createQueues()).toEqual([0, 0]);
  });

  test.each([
    ['a command set that is not there', 0x0046_0011], ['large pages', 0x0046_0081], ['weighted arbitration', 0x0046_0801],
  ])('is in a fatal state when it is enabled with %s', (_what, cc) => {
    const { driver } = controller();
    driver.enable();
    driver.write(Offset.CC, 0);
    driver.write(Offset.CC, cc);
    expect(driver.read(Offset.CSTS)).toBe(Csts.CFS);
  });

  test('does not let the admin queues move while it is enabled', () => {
    const { driver, errors } = controller();
    driver.enable();
    const before = driver.read(Offset.ASQ);
    driver.write(Offset.ASQ, 0x7000);
    expect([driver.read(Offset.ASQ), errors()]).toEqual([before, 1]);
  });

  test('flushes when it is shut down, and then says so', async () => {
    const drive = new SlowDisk();
    const { driver } = started({}, drive);
    driver.write(Offset.CC, driver.read(Offset.CC) | 0x4000);
    await settle();
    expect([driver.read(Offset.CSTS) & Csts.SHST, drive.log]).toEqual([Csts.SHST_OCCURRING, ['flush']]);
    drive.release();
    await settle();
    expect(driver.read(Offset.CSTS) & Csts.SHST).toBe(Csts.SHST_COMPLETE);
    driver.write(Offset.CC, driver.read(Offset.CC) & ~(Cc.SHN | Cc.EN));
    expect(driver.read(Offset.CSTS)).toBe(0);
  });

  test('fails for good when a queue is not in memory, until it is reset', () => {
    const { driver } = controller();
    driver.enable();
    driver.write(Offset.CC, 0);
    driver.write(Offset.ASQ_HIGH, 0x100);
    driver.write(Offset.CC, 0x0046_0001);
    driver.ring(0);
    driver.put(0, { opcode: Admin.IDENTIFY });
    driver.ring(0);
    expect(driver.read(Offset.CSTS) & Csts.CFS).toBe(Csts.CFS);
    driver.enable();
    expect([driver.read(Offset.CSTS), ...driver.createQueues()]).toEqual([Csts.RDY, 0, 0]);
  });
});

describe('admin commands', () => {
  test('identify the controller, its namespace, the list and the descriptors', () => {
    const { driver, memory } = controller({ serial: 'S/N 7' });
    driver.enable();
    const page = driver.pages();
    const identify = (cns: number, nsid = 0) => [driver.call({ opcode: Admin.IDENTIFY, nsid, prp1: page, cdw: [cns] })?.status, new DataView(memory.bytes.buffer, page, PAGE)] as const;
    const text = (from: number, to: number) => new TextDecoder().decode(memory.bytes.subarray(page + from, page + to));
    const [status, view] = identify(1);
    expect([status, view.getUint16(0, true), text(4, 24), view.getUint8(77), view.getUint8(512), view.getUint8(513), view.getUint32(516, true), view.getUint16(520, true), view.getUint8(525)])
      .toEqual([0, 0x1b36, 'S/N 7'.padEnd(20), 7, 0x66, 0x44, 1, 0x0d, 7]);
    expect(text(768, 800)).toContain('nqn.2025-01.io.github.polyvisor');
    const [, namespace] = identify(0, 1);
    expect([namespace.getUint32(0, true), namespace.getUint8(130)]).toEqual([16384, 9]);
    expect([identify(2)[1].getUint32(0, true), identify(2)[1].getUint32(4, true), identify(2, 1)[1].getUint32(0, true)]).toEqual([1, 0, 0]);
    expect(identify(3, 1)[1].getUint16(0, true)).toBe(0x0801);
    expect([identify(0, 2)[0], identify(3, 0)[0], identify(0x10, 1)[0]]).toEqual([DNR | Status.INVALID_NAMESPACE, DNR | Status.INVALID_NAMESPACE, DNR | Status.INVALID_FIELD]);
  });

  test.each<[string, NvmeCommand, number]>([
    ['an unknown command', { opcode: 0x7f }, Status.INVALID_OPCODE],
    ['scatter-gather lists', { opcode: Admin.IDENTIFY, flags: 0x40, cdw: [1] }, Status.INVALID_FIELD],
    ['a fused command', { opcode: Admin.IDENTIFY, flags: 1, cdw: [1] }, Status.INVALID_FIELD],
    ['an address that is not of dwords', { opcode: Admin.IDENTIFY, prp1: 0x1002, cdw: [1] }, Status.PRP_OFFSET_INVALID],
    ['a second page with an offset', { opcode: Admin.IDENTIFY, prp1: 0x1800, prp2: 0x3008, cdw: [1] }, Status.PRP_OFFSET_INVALID],
    ['a buffer that is not in memory', { opcode: Admin.IDENTIFY, prp1: 0x70_0000, cdw: [1] }, Status.DATA_TRANSFER_ERROR],
    ['completion queue 0', { opcode: Admin.CREATE_CQ, prp1: 0x8000, cdw: [0x1f_0000, 1] }, Status.INVALID_QUEUE_ID],
    ['a completion queue that there is', { opcode: Admin.CREATE_CQ, prp1: 0x8000, cdw: [0x1f_0001, 1] }, Status.INVALID_QUEUE_ID],
    ['one queue too many', { opcode: Admin.CREATE_CQ, prp1: 0x8000, cdw: [0x1f_0005, 1] }, Status.INVALID_QUEUE_ID],
    ['a queue of one entry', { opcode: Admin.CREATE_CQ, prp1: 0x8000, cdw: [2, 1] }, Status.INVALID_QUEUE_SIZE],
    ['a queue that is too long', { opcode: Admin.CREATE_CQ, prp1: 0x8000, cdw: [0x400_0002, 1] }, Status.INVALID_QUEUE_SIZE],
    ['a queue in pieces', { opcode: Admin.CREATE_CQ, prp1: 0x8000, cdw: [0x1f_0002, 0] }, Status.INVALID_FIELD],
    ['a vector without MSI-X', { opcode: Admin.CREATE_CQ, prp1: 0x8000, cdw: [0x1f_0002, 0x1_0003] }, Status.INVALID_VECTOR],
    ['a queue with an offset', { opcode: Admin.CREATE_CQ, prp1: 0x8010, cdw: [0x1f_0002, 1] }, Status.PRP_OFFSET_INVALID],
    ['a submission queue without a completion queue', { opcode: Admin.CREATE_SQ, prp1: 0x8000, cdw: [0x1f_0002, 0x3_0001] }, Status.COMPLETION_QUEUE_INVALID],
    ['a submission queue for the admin queue', { opcode: Admin.CREATE_SQ, prp1: 0x8000, cdw: [0x1f_0002, 1] }, Status.INVALID_QUEUE_ID],
    ['to delete a queue that is in use', { opcode: Admin.DELETE_CQ, cdw: [1] }, Status.INVALID_QUEUE_DELETION],
    ['to delete the admin queue', { opcode: Admin.DELETE_SQ, cdw: [0] }, Status.INVALID_QUEUE_ID],
    ['a log page that is not there', { opcode: Admin.GET_LOG_PAGE, cdw: [0x80] }, Status.INVALID_LOG_PAGE],
    ['a log page beyond its end', { opcode: Admin.GET_LOG_PAGE, cdw: [LogPage.SMART, 0, 512] }, Status.INVALID_FIELD],
    ['a feature that is not there', { opcode: Admin.GET_FEATURES, cdw: [0x0c] }, Status.INVALID_FIELD],
    ['to save a feature', { opcode: Admin.SET_FEATURES, cdw: [-0x8000_0000 | 6, 0] }, Status.FEATURE_NOT_SAVEABLE],
    ['the number of queues when there are some', { opcode: Admin.SET_FEATURES, cdw: [7, 0] }, Status.COMMAND_SEQUENCE_ERROR],
    ['a power state that is not there', { opcode: Admin.SET_FEATURES, cdw: [2, 1] }, Status.INVALID_FIELD],
  ])('refuse %s', (_what, command, status) => {
    const { driver } = started();
    expect(driver.call(command)?.status).toBe(DNR | status);
  });

  test('delete queues, after which others can be made', () => {
    const { driver } = started();
    expect([driver.call({ opcode: Admin.DELETE_SQ, cdw: [1] })?.status, driver.call({ opcode: Admin.DELETE_CQ, cdw: [1] })?.status]).toEqual([0, 0]);
    expect(driver.createQueues(1, 16)).toEqual([0, 0]);
  });

  test('tell and set features', () => {
    const { driver } = controller({ queues: 3 });
    driver.enable();
    const get = (id: number, argument = 0) => driver.call({ opcode: Admin.GET_FEATURES, cdw: [id, argument] })?.result;
    const set = (id: number, value: number) => driver.call({ opcode: Admin.SET_FEATURES, cdw: [id, value] })?.result;
    expect([set(Feature.NUMBER_OF_QUEUES, 0x7_0007), get(Feature.NUMBER_OF_QUEUES), get(Feature.VOLATILE_WRITE_CACHE)]).toEqual([0x2_0002, 0x2_0002, 1]);
    set(Feature.VOLATILE_WRITE_CACHE, 0);
    set(Feature.INTERRUPT_COALESCING, 0x1234);
    set(Feature.INTERRUPT_VECTOR, 0x1_0002);
    set(Feature.TEMPERATURE_THRESHOLD, 350);
    expect([get(Feature.VOLATILE_WRITE_CACHE), get(Feature.INTERRUPT_COALESCING), get(Feature.INTERRUPT_VECTOR, 2), get(Feature.TEMPERATURE_THRESHOLD)])
      .toEqual([0, 0x1234, 0x1_0002, 350]);
    driver.enable();
    expect([get(Feature.VOLATILE_WRITE_CACHE), get(Feature.TEMPERATURE_THRESHOLD)]).toEqual([1, 343]);
  });

  test('count what was read and written in the health log, and keep the last error', async () => {
    const { driver, memory, transfer } = started();
    const page = driver.pages();
    await transfer(Nvm.READ, 0, 1, page);
    await transfer(Nvm.WRITE, 0, 2, page);
    await transfer(Nvm.READ, 16384, 1, page);
    driver.call({ opcode: Admin.GET_LOG_PAGE, nsid: 0xffff_ffff, prp1: page, cdw: [LogPage.SMART | (127 << 16)] });
    const view = new DataView(memory.bytes.buffer, page);
    expect([view.getUint16(1, true), view.getUint8(3), view.getUint32(32, true), view.getUint32(64, true), view.getUint32(80, true), view.getUint32(176, true)])
      .toEqual([313, 100, 1, 1, 1, 1]);
    driver.call({ opcode: Admin.GET_LOG_PAGE, prp1: page, cdw: [LogPage.ERROR | (15 << 16)] });
    expect([view.getUint32(0, true), view.getUint16(8, true), view.getUint16(12, true)]).toEqual([1, 1, Status.LBA_OUT_OF_RANGE << 1]);
  });

  test('tell of doorbells that cannot be, once until the log was read', () => {
    const { driver } = started();
    const first = driver.put(0, { opcode: Admin.ASYNC_EVENT_REQUEST });
    driver.put(0, { opcode: Admin.ASYNC_EVENT_REQUEST });
    driver.ring(0);
    driver.write(Offset.DOORBELLS + 8, 64);
    driver.write(Offset.DOORBELLS + 8, 65);
    driver.write(Offset.DOORBELLS + 8 * 9, 0);
    expect(driver.completions(0).map(({ id, result }) => [id, result])).toEqual([[first, AsyncEvent.INVALID_DOORBELL_VALUE]]);
    driver.put(0, { opcode: Admin.GET_LOG_PAGE, prp1: driver.pages(), cdw: [LogPage.ERROR] });
    driver.ring(0);
    driver.completions(0);
    driver.write(Offset.DOORBELLS + 8 * 9, 0);
    expect(driver.completions(0).map(({ result }) => result)).toEqual([AsyncEvent.INVALID_DOORBELL]);
  });

  test('take event requests back, and refuse one too many', () => {
    const { driver } = started();
    const ids = [1, 2, 3, 4, 5].map(() => driver.put(0, { opcode: Admin.ASYNC_EVENT_REQUEST }));
    driver.ring(0);
    expect(driver.completions(0)).toMatchObject([{ id: ids[4], status: DNR | Status.ASYNC_LIMIT_EXCEEDED }]);
    driver.put(0, { opcode: Admin.ABORT, cdw: [ids[1]! << 16] });
    driver.ring(0);
    expect(driver.completions(0)).toMatchObject([{ id: ids[1], status: Status.ABORT_REQUESTED }, { status: 0, result: 0 }]);
    expect(driver.call({ opcode: Admin.ABORT, cdw: [(99 << 16) | 1] })?.result).toBe(1);
  });
});

describe('data', () => {
  test('goes to the disk and comes back, from one page, two, and lists that cross pages', async () => {
    const { driver, memory, drive, transfer } = started();
    const data = driver.pages(200);
    const list = driver.pages(3);
    const check = async (bytes: number, offset: number, prp2: number) => {
      const content = fill(bytes, bytes & 0xff);
      memory.bytes.set(content, data + offset);
      expect(await transfer(Nvm.WRITE, 40, bytes / 512, data + offset, prp2)).toBe(0);
      expect(bytesOf(drive).subarray(40 * 512, 40 * 512 + bytes)).toEqual(content);
      memory.bytes.fill(0, data, data + 200 * PAGE);
      expect(await transfer(Nvm.READ, 40, bytes / 512, data + offset, prp2)).toBe(0);
      expect(memory.bytes.subarray(data + offset, data + offset + bytes)).toEqual(content);
    };
    await check(512, 0, 0);
    await check(2048, 1024, 0);
    await check(4096, 512, data + PAGE);
    for (let i = 0; i < 129; i += 1) driver.setAddress(list + 8 * i, data + PAGE * (i + 1));
    await check(3 * PAGE, 512, list);
    await check(128 * PAGE, 4, list);
    // A list that begins near the end of its page goes on in the next.
    const near = list + PAGE + PAGE - 24;
    driver.setAddress(near, data + PAGE);
    driver.setAddress(near + 8, data + 2 * PAGE);
    driver.setAddress(near + 16, list + 2 * PAGE);
    for (let i = 0; i < 10; i += 1) driver.setAddress(list + 2 * PAGE + 8 * i, data + PAGE * (i + 3));
    await check(10 * PAGE, 8, near);
  });

  test('is scattered over pages in any order', async () => {
    const { driver, memory, drive, transfer } = started();
    const data = driver.pages(8);
    const list = driver.pages();
    const order = [5, 2, 3, 0];
    order.slice(1).forEach((page, i) => {
      driver.setAddress(list + 8 * i, data + page * PAGE);
    });
    bytesOf(drive).set(fill(4 * PAGE));
    expect(await transfer(Nvm.READ, 0, 32, data + 5 * PAGE, list)).toBe(0);
    for (const [i, page] of order.entries()) expect(memory.bytes.subarray(data + page * PAGE, data + (page + 1) * PAGE)).toEqual(fill(4 * PAGE).subarray(i * PAGE, (i + 1) * PAGE));
  });

  test.each<[string, NvmeCommand, number]>([
    ['blocks beyond the end', { opcode: Nvm.READ, nsid: 1, prp1: 0x8000, cdw: [16383, 0, 1] }, DNR | Status.LBA_OUT_OF_RANGE],
    ['blocks far beyond the end', { opcode: Nvm.WRITE, nsid: 1, prp1: 0x8000, cdw: [-1, -1, 0] }, DNR | Status.LBA_OUT_OF_RANGE],
    ['another namespace', { opcode: Nvm.READ, nsid: 2, prp1: 0x8000, cdw: [0, 0, 0] }, DNR | Status.INVALID_NAMESPACE],
    ['too much at once', { opcode: Nvm.READ, nsid: 1, prp1: 0x8000, cdw: [0, 0, 1024] }, DNR | Status.INVALID_FIELD],
    ['a list entry with an offset', { opcode: Nvm.READ, nsid: 1, prp1: 0x8000, prp2: 0x9000, cdw: [0, 0, 31] }, DNR | Status.PRP_OFFSET_INVALID],
    ['a list that is not in memory', { opcode: Nvm.READ, nsid: 1, prp1: 0x8000, prp2: 0x70_0000, cdw: [0, 0, 31] }, DNR | Status.DATA_TRANSFER_ERROR],
    ['a list at no whole entry', { opcode: Nvm.READ, nsid: 1, prp1: 0x8000, prp2: 0xa004, cdw: [0, 0, 31] }, DNR | Status.PRP_OFFSET_INVALID],
    ['data that is not in memory', { opcode: Nvm.WRITE, nsid: 1, prp1: 0x70_0000, cdw: [0, 0, 0] }, DNR | Status.DATA_TRANSFER_ERROR],
    ['an unknown command', { opcode: 0x55, nsid: 1 }, DNR | Status.INVALID_OPCODE],
  ])('is refused with %s', async (_what, command, status) => {
    const { run, memory } = started();
    memory.bytes.fill(1, 0x9000, 0xb000);
    expect(await run(command)).toEqual([status]);
  });

  test('that the backend fails is a media error', async () => {
    const drive = bigDisk();
    const { run } = started({}, drive);
    drive.failWith = new Error('worn out');
    const at = { nsid: 1, prp1: 0x8000, cdw: [0, 0, 0] };
    expect(await run({ opcode: Nvm.READ, ...at }, { opcode: Nvm.WRITE, ...at }, { opcode: Nvm.FLUSH, nsid: 1 }))
      .toEqual([Status.UNRECOVERED_READ_ERROR, Status.WRITE_FAULT, Status.INTERNAL_ERROR]);
    drive.failWith = undefined;
    expect(await run({ opcode: Nvm.READ, ...at })).toEqual([0]);
  });

  test('is compared', async () => {
    const { driver, memory, transfer } = started();
    const page = driver.pages();
    memory.bytes.set(fill(512), page);
    await transfer(Nvm.WRITE, 3, 1, page);
    expect(await transfer(Nvm.COMPARE, 3, 1, page)).toBe(0);
    memory.bytes[page + 511]! ^= 1;
    expect(await transfer(Nvm.COMPARE, 3, 1, page)).toBe(DNR | Status.COMPARE_FAILURE);
    driver.call({ opcode: Admin.GET_LOG_PAGE, nsid: 0xffff_ffff, prp1: page, cdw: [LogPage.SMART | (127 << 16)] });
    // Media errors, and entries of the error log (5.14.1.2).
    expect([memory.bytes[page + 160], memory.bytes[page + 176]]).toEqual([0, 1]);
  });

  test('is zeroed and deallocated', async () => {
    const { driver, memory, drive, run } = started();
    const bytes = bytesOf(drive);
    bytes.fill(7);
    const page = driver.pages();
    const view = new DataView(memory.bytes.buffer, page);
    for (const [i, [first, count]] of ([[10, 2], [20, 1]] as const).entries()) {
      view.setUint32(16 * i + 4, count, true);
      view.setUint32(16 * i + 8, first, true);
    }
    const ranges = { opcode: Nvm.DATASET_MANAGEMENT, nsid: 1, prp1: page };
    expect(await run({ opcode: Nvm.WRITE_ZEROES, nsid: 1, cdw: [1, 0, 1] }, { ...ranges, cdw: [1, 4] })).toEqual([0, 0]);
    expect([0, 1, 2, 3, 10, 11, 12, 20, 21].map((block) => bytes[block * 512])).toEqual([7, 0, 0, 7, 0, 0, 7, 0, 7]);
    view.setUint32(8, 16383, true);
    expect(await run({ ...ranges, cdw: [1, 4] }, { ...ranges, cdw: [1, 0] })).toEqual([DNR | Status.LBA_OUT_OF_RANGE, 0]);
  });

  test('is not written to a disk that is read-only', async () => {
    const { run, driver, memory } = started({ 'read-only': true });
    const page = driver.pages();
    expect(await run({ opcode: Nvm.WRITE, nsid: 1, prp1: page, cdw: [0, 0, 0] }, { opcode: Nvm.WRITE_ZEROES, nsid: 1, cdw: [0, 0, 0] })).toEqual([DNR | Status.WRITE_PROTECTED, DNR | Status.WRITE_PROTECTED]);
    driver.call({ opcode: Admin.IDENTIFY, nsid: 1, prp1: page, cdw: [0] });
    expect(memory.bytes[page + 99]).toBe(1);
  });

  test('is stable after a forced write, and after each write without a cache', async () => {
    const drive = new SlowDisk();
    const { driver } = started({}, drive);
    const write = { opcode: Nvm.WRITE, nsid: 1, prp1: driver.pages(), cdw: [0, 0, 0x4000_0000] };
    const step = async () => {
      drive.release();
      await settle();
    };
    driver.put(1, write);
    driver.ring(1);
    await step();
    expect([drive.log, driver.completions(1)]).toEqual([['write 0+512', 'flush'], []]);
    await step();
    expect(driver.completions(1)).toHaveLength(1);
    driver.call({ opcode: Admin.SET_FEATURES, cdw: [Feature.VOLATILE_WRITE_CACHE, 0] });
    driver.put(1, { ...write, cdw: [0, 0, 0] });
    driver.ring(1);
    await step();
    expect(drive.log.slice(2)).toEqual(['write 0+512', 'flush']);
  });

  test('has blocks of 4096 bytes when so configured', async () => {
    const { driver, memory, drive, transfer } = started({ logical_block_size: 4096 });
    const page = driver.pages();
    memory.bytes.set(fill(4096), page);
    expect(await transfer(Nvm.WRITE, 2, 1, page)).toBe(0);
    expect(bytesOf(drive).subarray(8192, 12288)).toEqual(fill(4096));
  });
});

describe('queues', () => {
  test('go around, with the phase tag of each round', async () => {
    const { driver } = controller();
    driver.enable(4);
    driver.createQueues(1, 3);
    for (let i = 0; i < 20; i += 1) {
      const id = driver.flush();
      driver.ring(1);
      await settle();
      expect(driver.completions(1)).toMatchObject([{ id, status: 0, queue: 1, head: (i + 1) % 3 }]);
    }
  });

  test('hold completions back until there is room', async () => {
    const { driver } = started();
    driver.createQueues(2, 4);
    const page = driver.pages();
    for (let i = 0; i < 3; i += 1) driver.transfer(Nvm.READ, i, 1, page, 0, 2);
    driver.ring(2);
    await settle();
    const first = driver.completions(2, false);
    for (let i = 0; i < 2; i += 1) driver.transfer(Nvm.READ, i, 1, page, 0, 2);
    driver.ring(2);
    await settle();
    expect([first.length, driver.completions(2, false)]).toEqual([3, []]);
    driver.write(Offset.DOORBELLS + 8 * 2 + 4, 3);
    await settle();
    expect(driver.completions(2)).toHaveLength(2);
  });

  test('do not let the driver read what was not written', () => {
    const { driver, errors } = started();
    driver.write(Offset.DOORBELLS + 8 + 4, 5);
    expect(errors()).toBe(1);
  });

  test('end their commands when they are deleted', async () => {
    const drive = new SlowDisk();
    const { driver, memory } = started({}, drive);
    const page = driver.pages();
    driver.transfer(Nvm.READ, 0, 1, page);
    driver.ring(1);
    expect(driver.call({ opcode: Admin.DELETE_SQ, cdw: [1] })?.status).toBe(0);
    expect(driver.completions(1)).toMatchObject([{ status: Status.ABORTED_SQ_DELETION }]);
    drive.bytes.fill(9);
    drive.release();
    await settle();
    expect([memory.bytes[page], driver.completions(1)]).toEqual([0, []]);
  });

  test('go on after a turn that was long enough', async () => {
    const { driver, clock } = controller({}, bigDisk());
    driver.enable();
    driver.createQueues(1, 1024);
    for (let i = 0; i < 600; i += 1) driver.put(1, { opcode: 0x55, nsid: 1 });
    driver.ring(1);
    const first = driver.completions(1).length;
    clock.advance(1);
    clock.advance(1);
    clock.advance(1);
    expect([first, driver.completions(1).length]).toEqual([256, 344]);
  });
});

describe('interrupts', () => {
  test('come by INTA# until the driver has read, and can be masked', async () => {
    const { driver, bus, run } = started();
    expect(bus.asserted).toBe(false);
    driver.flush();
    driver.ring(1);
    await settle();
    expect(bus.asserted).toBe(true);
    driver.write(Offset.INTMS, 1);
    expect([bus.asserted, driver.read(Offset.INTMC)]).toEqual([false, 1]);
    driver.write(Offset.INTMC, 1);
    expect(bus.asserted).toBe(true);
    driver.completions(1);
    expect(bus.asserted).toBe(false);
    await run({ opcode: Nvm.FLUSH, nsid: 1 });
    expect(bus.asserted).toBe(false);
  });

  test('come by MSI-X, one for each queue and batch', async () => {
    const { driver, bus, registers, messages } = controller({ queues: 2 });
    bus.fn!.write(0x40, 4, -0x8000_0000);
    for (let vector = 0; vector < 3; vector += 1) {
      registers.write(Offset.MSIX_TABLE + 16 * vector, 4, 0xfee0_0000 | 0);
      registers.write(Offset.MSIX_TABLE + 16 * vector + 8, 4, 0x40 + vector);
      registers.write(Offset.MSIX_TABLE + 16 * vector + 12, 4, 0);
    }
    driver.enable();
    expect([...driver.createQueues(1, 64, 2), ...driver.createQueues(2, 64, 3)]).toEqual([0, 0, DNR | Status.INVALID_VECTOR, DNR | Status.COMPLETION_QUEUE_INVALID]);
    messages.length = 0;
    for (let i = 0; i < 5; i += 1) driver.flush();
    driver.ring(1);
    await settle();
    expect([messages, bus.asserted]).toEqual([[{ address: 0xfee0_0000, data: 0x42 }], false]);
  });
});

describe('commands under way', () => {
  test('are forgotten by a reset', async () => {
    const drive = new SlowDisk();
    const { driver, memory } = started({}, drive);
    const page = driver.pages();
    driver.transfer(Nvm.READ, 0, 1, page);
    driver.ring(1);
    driver.enable();
    driver.createQueues();
    const before = Uint8Array.from(memory.bytes);
    drive.release();
    await settle();
    expect(memory.bytes).toEqual(before);
    const id = driver.flush();
    driver.ring(1);
    drive.release();
    await settle();
    expect(driver.completions(1)).toMatchObject([{ id, status: 0 }]);
  });

  test('are saved, and made again', async () => {
    const drive = new SlowDisk();
    const { driver, device, memory } = started({}, drive);
    const [from, to] = [driver.pages(), driver.pages()];
    memory.bytes.set(fill(512, 5), from);
    const ids = [driver.transfer(Nvm.WRITE, 2, 1, from), driver.transfer(Nvm.READ, 1, 1, to), driver.flush()];
    driver.put(0, { opcode: Admin.ASYNC_EVENT_REQUEST });
    driver.ring(0);
    driver.ring(1);
    const section = saveSection('disk', nvme.kind, nvme.state, () => device.save());
    const fresh = new FakeBlock();
    fresh.bytes.set(fill(512), 512);
    const restored = controller({}, fresh, { memory, saved: openSection('disk', nvme.state, section) });
    expect(driver.completions(1, false)).toEqual([]);
    await settle();
    const done = driver.completions(1, false);
    expect([done.map(({ id }) => id).sort(), done.map(({ status }) => status), restored.bus.asserted]).toEqual([ids.sort(), [0, 0, 0], true]);
    expect([fresh.bytes.subarray(1024, 1536), memory.bytes.subarray(to, to + 512)]).toEqual([fill(512, 5), fill(512)]);
    restored.registers.write(Offset.DOORBELLS + 8, 4, 100);
    expect(driver.completions(0, false)).toMatchObject([{ result: AsyncEvent.INVALID_DOORBELL_VALUE }]);
  });

  test('are not more than the host has room for, and all come to an end', async () => {
    const drive = new SlowDisk({ size: 8 * 2 ** 20 });
    const { driver, clock } = controller({}, drive);
    driver.enable();
    driver.createQueues(1, 1024);
    const page = driver.pages();
    for (let i = 0; i < 1000; i += 1) driver.transfer(Nvm.READ, i, 1, page);
    driver.ring(1);
    expect(drive.log).toHaveLength(256);
    let done = 0;
    for (let i = 0; i < 20; i += 1) {
      drive.release();
      await settle();
      clock.advance(1);
      done += driver.completions(1).length;
    }
    expect(done).toBe(1000);
  });
});

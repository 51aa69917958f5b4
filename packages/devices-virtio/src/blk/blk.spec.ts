import { describe, expect, test } from 'vitest';
import { openSection, saveSection, type BlockBackend } from '@polyvisor/core';
import { FakeBlock, type DeviceDriver, type FakeMemory, type Segment, type UsedChain, type VirtioPciDriver } from '@polyvisor/testkit';
import { describeDevice } from '@polyvisor/testkit/vitest';
import { FakeBus, coldAccess, rig, settle, suiteDriver } from '../../test/rig.ts';
import { Feature } from '../virtio/constants.ts';
import { virtioBlkMmio, virtioBlkPci } from './blk.ts';
import { BlkFeature, BlkStatus, Offset, Type } from './registers.ts';

function header(type: number, sector = 0): Uint8Array {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setUint32(0, type, true);
  new DataView(bytes.buffer).setUint32(8, sector, true);
  return bytes;
}
const range = (sector: number, sectors: number, flags = 0) => {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, sector, true);
  view.setUint32(8, sectors, true);
  view.setUint32(12, flags, true);
  return bytes;
};
const fill = (length: number, seed = 1) => Uint8Array.from({ length }, (_, i) => (i * 7 + seed) & 0xff);

/** A disk whose requests end when the test says so. */
class SlowDisk implements BlockBackend {
  readonly blockSize = 512;
  readonly readOnly = false;
  readonly disk = new FakeBlock();
  readonly log: string[] = [];
  readonly waiting: (() => void)[] = [];
  get size(): number {
    return this.disk.size;
  }
  read(offset: number, into: Uint8Array): Promise<void> {
    return this.#wait(`read ${offset}+${into.length}`).then(() => this.disk.read(offset, into));
  }
  write(offset: number, from: Uint8Array): Promise<void> {
    return this.#wait(`write ${offset}+${from.length}`).then(() => this.disk.write(offset, from));
  }
  flush(): Promise<void> {
    return this.#wait('flush').then(() => this.disk.flush());
  }
  discard(offset: number, length: number): Promise<void> {
    return this.disk.discard(offset, length);
  }
  writeZeroes(offset: number, length: number): Promise<void> {
    return this.disk.writeZeroes(offset, length);
  }
  close(): Promise<void> {
    return this.disk.close();
  }
  release(): void {
    for (const go of this.waiting.splice(0)) go();
  }
  #wait(what: string): Promise<void> {
    this.log.push(what);
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}

/** The last byte of a chain. */
function statusOf(memory: FakeMemory, { chain }: UsedChain): number {
  const { address, length } = chain.segments.at(-1)!;
  return memory.bytes[address + length - 1]!;
}

function bytesOf(drive: BlockBackend): Uint8Array {
  if (!(drive instanceof FakeBlock)) throw new Error('the disk is not in memory');
  return drive.bytes;
}

function disk(given: Record<string, unknown> = {}, drive: BlockBackend = new FakeBlock(), start: { features?: readonly number[]; allBut?: readonly number[] } = { allBut: [] }) {
  const made = rig(virtioBlkPci, given, { services: { drive } });
  const driver = made.start(start);
  const request = async (segments: readonly Segment[], indirect = false) => {
    const queue = driver.queues[0]!;
    queue.add(segments, { indirect });
    driver.notify(0);
    await settle();
    const used = queue.takeUsed();
    const bytes = used && queue.contents(used);
    return { used, data: bytes?.subarray(0, -1), status: used && statusOf(made.memory, used) };
  };
  return { ...made, driver, request, drive };
}

describe.each([
  ['a split ring', false, false], ['a split ring and indirect tables', false, true], ['a packed ring', true, false], ['a packed ring and indirect tables', true, true],
])('with %s', (_name, packed, indirect) => {
  test('writes and reads sectors, in as many segments as the driver likes', async () => {
    const { request, drive } = disk({ packed });
    const data = fill(1024);
    const written = await request([{ read: header(Type.OUT, 3) }, { read: data.subarray(0, 700) }, { read: data.subarray(700) }, { write: 1 }], indirect);
    expect(written.status).toBe(BlkStatus.OK);
    expect(bytesOf(drive).subarray(1536, 2560)).toEqual(data);
    const read = await request([{ read: header(Type.IN, 3) }, { write: 1000 }, { write: 24 }, { write: 1 }], indirect);
    expect([read.status, read.data, read.used?.written]).toEqual([BlkStatus.OK, data, 1025]);
  });

  test('keeps going around the ring', async () => {
    const { request } = disk({ packed, 'queue-size': 4 });
    for (let i = 0; i < 30; i += 1) {
      await request([{ read: header(Type.OUT, i) }, { read: fill(512, i) }, { write: 1 }], indirect);
      expect((await request([{ read: header(Type.IN, i) }, { write: 512 }, { write: 1 }], indirect)).data).toEqual(fill(512, i));
    }
  });
});

test('splits header, data and status over segments at any place', async () => {
  const { request } = disk();
  const head = header(Type.OUT, 1);
  const out = await request([{ read: head.subarray(0, 5) }, { read: Uint8Array.from([...head.subarray(5), ...fill(512)]) }, { write: 1 }]);
  expect(out.status).toBe(BlkStatus.OK);
  const back = await request([{ read: header(Type.IN, 1) }, { write: 513 }]);
  expect(back.data).toEqual(fill(512));
});

test.each([
  ['beyond the end of the disk', Type.IN, 64, 512, BlkStatus.IOERR],
  ['no whole sector', Type.IN, 0, 100, BlkStatus.IOERR],
  ['no data', Type.IN, 0, 0, BlkStatus.IOERR],
  ['an unknown type', 99, 0, 512, BlkStatus.UNSUPP],
])('answers %s with a status', async (_what, type, sector, length, status) => {
  const { request } = disk();
  const room = length === 0 ? [] : [{ write: length }];
  expect((await request([{ read: header(type, sector) }, ...room, { write: 1 }])).status).toBe(status);
});

test('reports what the backend fails as an I/O error', async () => {
  const drive = new FakeBlock();
  const { request } = disk({}, drive);
  drive.failWith = new Error('worn out');
  expect((await request([{ read: header(Type.OUT) }, { read: fill(512) }, { write: 1 }])).status).toBe(BlkStatus.IOERR);
  drive.failWith = undefined;
  expect((await request([{ read: header(Type.OUT) }, { read: fill(512) }, { write: 1 }])).status).toBe(BlkStatus.OK);
});

test('refuses to write to a disk that is read-only', async () => {
  const { request, driver, drive } = disk({ 'read-only': true });
  expect(driver.offers(BlkFeature.RO)).toBe(true);
  expect((await request([{ read: header(Type.OUT) }, { read: fill(512) }, { write: 1 }])).status).toBe(BlkStatus.IOERR);
  expect(bytesOf(drive).every((byte) => byte === 0)).toBe(true);
});

test('tells its serial number', async () => {
  const { request } = disk({ serial: 'abc' });
  const { data } = await request([{ read: header(Type.GET_ID) }, { write: 20 }, { write: 1 }]);
  expect(new TextDecoder().decode(data)).toBe(`abc${'\0'.repeat(17)}`);
});

test('discards and writes zeroes', async () => {
  const { request, drive } = disk();
  bytesOf(drive).fill(7);
  expect((await request([{ read: header(Type.WRITE_ZEROES) }, { read: range(1, 2, 1) }, { write: 1 }])).status).toBe(BlkStatus.OK);
  expect((await request([{ read: header(Type.DISCARD) }, { read: range(5, 1) }, { write: 1 }])).status).toBe(BlkStatus.OK);
  expect([0, 1, 2, 3, 5].map((sector) => bytesOf(drive)[sector * 512])).toEqual([7, 0, 0, 7, 0]);
  expect((await request([{ read: header(Type.DISCARD) }, { read: range(60, 5) }, { write: 1 }])).status).toBe(BlkStatus.IOERR);
  expect((await request([{ read: header(Type.WRITE_ZEROES) }, { read: range(0, 1, 4) }, { write: 1 }])).status).toBe(BlkStatus.UNSUPP);
});

test('describes itself', () => {
  const { driver } = disk({ 'num-queues': 2, physical_block_size: 4096 });
  const { device } = driver;
  expect([device.read(Offset.capacity, 4), device.read(Offset.seg_max, 4), device.read(Offset.blk_size, 4), device.read(Offset.physical_block_exp, 1), device.read(Offset.num_queues, 2)])
    .toEqual([64, 254, 512, 3, 2]);
  expect(driver.queues).toHaveLength(2);
});

describe('the write cache', () => {
  const write = [{ read: header(Type.OUT) }, { read: fill(512) }, { write: 1 }];
  test('is flushed after each write when the driver cannot flush', async () => {
    const drive = new SlowDisk();
    const { request, driver } = disk({}, drive, { features: [] });
    const pending = request(write);
    await settle();
    drive.release();
    await settle();
    expect([drive.log, driver.queues[0]!.takeUsed()]).toEqual([['write 0+512', 'flush'], undefined]);
    drive.release();
    await pending;
    await settle();
    expect(driver.queues[0]!.takeUsed()?.written).toBe(1);
  });

  test('is flushed when the driver asks, and can be switched off', async () => {
    const drive = new SlowDisk();
    const { driver } = disk({}, drive);
    const queue = driver.queues[0]!;
    queue.add(write);
    queue.add([{ read: header(Type.FLUSH) }, { write: 1 }]);
    driver.notify(0);
    expect(drive.log).toEqual(['write 0+512', 'flush']);
    drive.release();
    await settle();
    driver.device.write(Offset.writeback, 1, 0);
    queue.add(write);
    driver.notify(0);
    drive.release();
    await settle();
    expect([drive.log.slice(2), driver.device.read(Offset.writeback, 1)]).toEqual([['write 0+512', 'flush'], 0]);
  });
});

test('merges neighbours of a batch into one request, and interrupts once', async () => {
  const drive = new SlowDisk();
  const { driver, bus } = disk({}, drive);
  const queue = driver.queues[0]!;
  for (let i = 0; i < 4; i += 1) queue.add([{ read: header(Type.IN, i) }, { write: 512 }, { write: 1 }]);
  queue.add([{ read: header(Type.IN, 9) }, { write: 512 }, { write: 1 }]);
  driver.notify(0);
  expect(drive.log).toEqual(['read 0+2048', 'read 4608+512']);
  drive.release();
  await settle();
  expect([bus.asserted, driver.isr.read(0, 1), bus.asserted]).toEqual([true, 1, false]);
  let count = 0;
  while (queue.takeUsed()) count += 1;
  expect(count).toBe(5);
});

test('tries the parts of a merged request that failed one by one', async () => {
  const bad = new FakeBlock();
  bad.read = (offset, into) => (offset + into.length > 512 ? Promise.reject(new Error('bad sector')) : FakeBlock.prototype.read.call(bad, offset, into));
  const { driver, memory } = disk({}, bad);
  const queue = driver.queues[0]!;
  for (let i = 0; i < 2; i += 1) queue.add([{ read: header(Type.IN, i) }, { write: 512 }, { write: 1 }]);
  driver.notify(0);
  await settle();
  const statuses = [queue.takeUsed()!, queue.takeUsed()!].map((used) => statusOf(memory, used));
  expect(statuses.sort()).toEqual([BlkStatus.OK, BlkStatus.IOERR]);
});

test('forgets what was in flight when it is reset', async () => {
  const drive = new SlowDisk();
  const { driver, start, memory } = disk({}, drive);
  driver.queues[0]!.add([{ read: header(Type.IN) }, { write: 512 }, { write: 1 }]);
  driver.notify(0);
  driver.reset();
  const before = Uint8Array.from(memory.bytes);
  drive.release();
  await settle();
  expect(memory.bytes).toEqual(before);
  expect(start({ allBut: [] }).needsReset).toBe(false);
});

test('saves requests that are in flight and makes them again', async () => {
  const drive = new SlowDisk();
  drive.disk.bytes.set(fill(512), 512);
  const { driver, device, memory } = disk({}, drive);
  const queue = driver.queues[0]!;
  queue.add([{ read: header(Type.IN, 1) }, { write: 512 }, { write: 1 }]);
  queue.add([{ read: header(Type.OUT, 2) }, { read: fill(512, 5) }, { write: 1 }]);
  driver.notify(0);
  const section = saveSection('vda', virtioBlkPci.kind, virtioBlkPci.state, () => device.save?.());
  const fresh = new FakeBlock();
  fresh.bytes.set(fill(512), 512);
  rig(virtioBlkPci, {}, { services: { drive: fresh }, memory, saved: openSection('vda', virtioBlkPci.state, section) });
  await settle();
  expect(fresh.bytes.subarray(1024, 1536)).toEqual(fill(512, 5));
  const done = [queue.takeUsed()!, queue.takeUsed()!];
  expect(done.map((used) => used.written).sort()).toEqual([1, 513]);
});

test('tells the driver of a new size', () => {
  const drive = Object.assign(new FakeBlock(), { onResized: undefined as (() => void) | undefined });
  const { driver } = disk({}, drive);
  Object.defineProperty(drive, 'size', { value: 128 * 512 });
  drive.onResized?.();
  expect([driver.device.read(Offset.capacity, 4), driver.isr.read(0, 1), driver.common.read(21, 1)]).toEqual([128, 2, 1]);
});

test('sends messages by MSI-X, one vector for each queue', async () => {
  const { driver, messages, bus } = disk({ 'num-queues': 2 });
  driver.enableMsix(0xfee0_0000, 0x40, 3);
  driver.queues[1]!.add([{ read: header(Type.IN) }, { write: 512 }, { write: 1 }]);
  driver.notify(1);
  await settle();
  expect([messages, bus.asserted]).toEqual([[{ address: 0xfee0_0000, data: 0x42 }], false]);
});

/** A driver's session: sometimes careful, sometimes over what is there already. */
function requests({ random }: DeviceDriver, driver: VirtioPciDriver): void {
  driver.start({ allBut: random.chance(1, 2) ? [] : [Feature.EVENT_IDX], size: 8, base: 0x4000, bufferBytes: 0x2000 });
  if (random.chance(1, 2)) driver.enableMsix(0xfee0_0000, 0x40, 2);
  for (let i = random.below(6); i > 0; i -= 1) {
    const type = random.pick([Type.IN, Type.IN, Type.OUT, Type.FLUSH, Type.GET_ID, 77]);
    const data: Segment[] = type === Type.OUT ? [{ read: random.bytes(512) }] : [{ write: 512 }];
    if (driver.queues[0]!.free > 3) driver.queues[0]!.add([{ read: header(type, random.below(70)) }, ...data, { write: 1 }], { indirect: random.chance(1, 2) });
  }
  driver.notify(0);
  driver.isr.read(0, 1);
}

describeDevice(virtioBlkPci, {
  configs: [{ slot: 3 }, { slot: 3, transport: 'modern', packed: true, 'num-queues': 2 }],
  services: ({ trace }) => ({ bus: new FakeBus(trace), drive: new FakeBlock({ trace }) }),
  exercise: suiteDriver(requests),
  allocation: { cold: coldAccess },
});
describeDevice(virtioBlkMmio, {
  configs: [{}, { 'force-legacy': true }],
  services: ({ trace }) => ({ drive: new FakeBlock({ trace }) }),
  allocation: { cold: coldAccess },
});

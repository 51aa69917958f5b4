import { describe, expect, test } from 'vitest';
import { FrameFlag, FrameOffload, NetOffload, Segmentation as Gso, openSection, saveSection } from '@polyvisor/core';
import { FakeNet, type Segment } from '@polyvisor/testkit';
import { describeDevice } from '@polyvisor/testkit/vitest';
import { FakeBus, coldAccess, rig, settle, suiteDriver, type RigOptions } from '../../test/rig.ts';
import { Feature } from '../virtio/constants.ts';
import { virtioNetMmio, virtioNetPci } from './net.ts';
import { finish16, get16, get32, put16, put32, sum16 } from '../../test/words.ts';
import { Control, Header, HeaderFlag, NetFeature, NetStatus, Offset } from './registers.ts';

const MAC = [0x52, 0x54, 0, 0x12, 0x34, 0x56];
const frame = (length: number, to: readonly number[] = MAC) => Uint8Array.from({ length }, (_, i) => (i < 6 ? to[i]! : i < 12 ? 2 : i === 12 ? 8 : i === 13 ? 0 : i & 0xff));
function header(fields: Partial<Record<'flags' | 'gso_type' | 'gso_size' | 'csum_start' | 'csum_offset', number>> = {}): Uint8Array {
  const bytes = new Uint8Array(Header.LONG);
  const view = new DataView(bytes.buffer);
  bytes[Header.flags] = fields.flags ?? 0;
  bytes[Header.gso_type] = fields.gso_type ?? 0;
  view.setUint16(Header.gso_size, fields.gso_size ?? 0, true);
  view.setUint16(Header.csum_start, fields.csum_start ?? 0, true);
  view.setUint16(Header.csum_offset, fields.csum_offset ?? 0, true);
  return bytes;
}

/** A network that takes so many frames. */
class NarrowNet extends FakeNet {
  room = Infinity;
  onLink: ((up: boolean) => void) | undefined;
  linkUp = true;
  override send(bytes: Uint8Array, offload?: FrameOffload): boolean {
    if (this.room === 0) return false;
    this.room -= 1;
    return super.send(bytes, offload);
  }
}

function card(given: Record<string, unknown> = {}, start: { features?: readonly number[]; allBut?: readonly number[] } = { allBut: [] }, options: RigOptions = {}) {
  const netdev = new NarrowNet();
  const made = rig(virtioNetPci, given, { services: { netdev }, ...options });
  const driver = made.start({ ...start, bufferBytes: 0x40000, size: 64 });
  const send = (...segments: readonly Segment[]) => {
    driver.queues[1]!.add(segments);
    driver.notify(1);
  };
  const command = (group: number, what: number, data: Uint8Array | readonly number[]) => {
    const queue = driver.queues.at(-1)!;
    queue.add([{ read: Uint8Array.of(group, what) }, { read: Uint8Array.from(data) }, { write: 1 }]);
    driver.notify(driver.queues.length - 1);
    return queue.contents(queue.takeUsed()!)[0];
  };
  return { ...made, netdev, driver, send, command };
}

test('sends frames, from any split of header and data', () => {
  const { netdev, send, driver } = card();
  const sent = frame(100);
  send({ read: header() }, { read: sent.subarray(0, 40) }, { read: sent.subarray(40) });
  send({ read: Uint8Array.from([...header(), ...sent]) });
  expect(netdev.sent).toEqual([sent, sent]);
  expect([driver.queues[1]!.takeUsed()?.written, driver.queues[1]!.takeUsed()?.written]).toEqual([0, 0]);
});

test('completes partial checksums', () => {
  const { netdev, send } = card();
  const bytes = frame(60);
  put16(bytes, 50, 0x1234);
  send({ read: header({ flags: HeaderFlag.NEEDS_CSUM, csum_start: 34, csum_offset: 16 }) }, { read: bytes });
  const out = netdev.sent[0]!;
  put16(bytes, 50, finish16(sum16(bytes, 34, 26)));
  expect(out).toEqual(bytes);
});

test.each([[4, Gso.TCP4], [6, Gso.TCP6]])('cuts TCP over IPv%i into segments with right headers', (version, gso_type) => {
  const { netdev, send } = card();
  const ipBytes = version === 4 ? 20 : 40;
  const tcp = 14 + ipBytes;
  const bytes = frame(tcp + 20 + 2500);
  put16(bytes, 12, version === 4 ? 0x0800 : 0x86dd);
  if (version === 4) bytes.set([0x45, 0, 0, 0, 0x11, 0x11, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2], 14);
  put32(bytes, tcp + 4, 1000);
  bytes[tcp + 12] = 0x50;
  bytes[tcp + 13] = 0x99;
  send({ read: header({ flags: HeaderFlag.NEEDS_CSUM, gso_type, gso_size: 1000, csum_start: tcp, csum_offset: 16 }) }, { read: bytes });
  expect(netdev.sent.map((f) => f.length - tcp - 20)).toEqual([1000, 1000, 500]);
  expect(netdev.sent.map((f) => [get32(f, tcp + 4), f[tcp + 13]])).toEqual([[1000, 0x90], [2000, 0x10], [3000, 0x19]]);
  for (const [i, f] of netdev.sent.entries()) {
    const addresses = version === 4 ? sum16(f, 26, 8) : sum16(f, 22, 32);
    expect(finish16(addresses + 6 + (f.length - tcp) + sum16(f, tcp, f.length - tcp))).toBe(0);
    expect(f.subarray(tcp + 20)).toEqual(bytes.subarray(tcp + 20 + i * 1000, tcp + 20 + i * 1000 + f.length - tcp - 20));
    if (version === 4) expect([finish16(sum16(f, 14, 20)), get16(f, 16), get16(f, 18)]).toEqual([0, f.length - 14, 0x1111 + i]);
    else expect(get16(f, 18)).toBe(f.length - 54);
  }
});

test('waits for the network, also in the middle of a frame that is cut', () => {
  const { netdev, send, driver, device, memory } = card();
  const bytes = frame(54 + 3000);
  bytes.set([0x45, 0, 0, 0, 0, 0, 0, 0, 64, 6], 14);
  bytes[46] = 0x50;
  netdev.room = 2;
  send({ read: header({ gso_type: Gso.TCP4, gso_size: 1000, csum_start: 34 }) }, { read: bytes });
  send({ read: header() }, { read: frame(64) });
  expect([netdev.sent.length, driver.queues[1]!.takeUsed()]).toEqual([2, undefined]);
  const section = saveSection('net', virtioNetPci.kind, virtioNetPci.state, () => device.save?.());
  const other = new NarrowNet();
  rig(virtioNetPci, {}, { services: { netdev: other }, memory, saved: openSection('net', virtioNetPci.state, section) });
  other.card!.onDrained();
  expect(other.sent.map((f) => f.length)).toEqual([1054, 64]);
});

test('drops frames that make no sense', () => {
  const { netdev, send, driver, errors } = card();
  send({ read: header() }, { read: frame(13) });
  send({ read: header({ flags: 1, csum_start: 60, csum_offset: 4 }) }, { read: frame(64) });
  send({ read: header({ gso_type: 9, gso_size: 100 }) }, { read: frame(64) });
  send({ read: header({ gso_type: Gso.TCP4, gso_size: 1, csum_start: 34 }) }, { read: frame(64) });
  expect([netdev.sent, errors().length, driver.needsReset]).toEqual([[], 4, false]);
});

test('receives into merged buffers and gives them back when there are too few', async () => {
  const { netdev, driver } = card();
  const rx = driver.queues[0]!;
  rx.add([{ write: 100 }]);
  expect(netdev.deliver(frame(150))).toBe(false);
  rx.add([{ write: 100 }]);
  driver.notify(0);
  expect([netdev.ready, netdev.deliver(frame(150))]).toEqual([1, true]);
  await settle();
  const parts = [rx.takeUsed()!, rx.takeUsed()!].map((used) => rx.contents(used));
  expect(Uint8Array.from(parts.flatMap((p) => [...p]))).toEqual(Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, ...frame(150)]));
});

test('drops what does not fit a buffer that cannot be merged', () => {
  const { netdev, driver } = card({ mrg_rxbuf: false });
  driver.queues[0]!.add([{ write: 100 }]);
  expect([netdev.deliver(frame(150)), netdev.deliver(frame(80)), driver.needsReset]).toEqual([true, true, false]);
});

describe('filters', () => {
  test('let everything pass until told otherwise, and then what was asked for', () => {
    const { netdev, driver, command } = card();
    const receives = (to: readonly number[]) => {
      driver.queues[0]!.add([{ write: 200 }]);
      netdev.deliver(frame(60, to));
      return driver.queues[0]!;
    };
    const other = [2, 0, 0, 0, 0, 9];
    receives(other);
    expect(command(Control.RX, Control.RX_PROMISC, [0])).toBe(Control.OK);
    expect(command(Control.MAC, Control.MAC_TABLE_SET, [1, 0, 0, 0, ...other, 0, 0, 0, 0])).toBe(Control.OK);
    expect(command(Control.MAC, Control.MAC_TABLE_SET, [9, 0, 0, 0, ...other])).toBe(Control.ERR);
    expect(command(7, 0, [0])).toBe(Control.ERR);
    const before = driver.queues[0]!.free;
    netdev.deliver(frame(60, [2, 0, 0, 0, 0, 8]));
    expect(driver.queues[0]!.free).toBe(before);
  });

  test('know the address, groups and broadcasts', async () => {
    const { netdev, driver, command } = card();
    command(Control.RX, Control.RX_PROMISC, [0]);
    const passes = async (to: readonly number[]) => {
      driver.queues[0]!.add([{ write: 200 }]);
      netdev.deliver(frame(60, to));
      await settle();
      const used = driver.queues[0]!.takeUsed();
      return used !== undefined;
    };
    const group = [1, 0, 0x5e, 0, 0, 1];
    expect([await passes(MAC), await passes([2, 0, 0, 0, 0, 8]), await passes(group), await passes([255, 255, 255, 255, 255, 255])]).toEqual([true, false, false, true]);
    command(Control.RX, Control.RX_ALLMULTI, [1]);
    command(Control.RX, Control.RX_NOBCAST, [1]);
    command(Control.MAC, Control.MAC_ADDR_SET, [2, 0, 0, 0, 0, 8]);
    expect([await passes(MAC), await passes([2, 0, 0, 0, 0, 8]), await passes(group), await passes([255, 255, 255, 255, 255, 255])]).toEqual([false, true, true, false]);
  });
});

test('tells of the link, and asks a guest that was moved to announce itself', () => {
  const { netdev, driver, device, memory } = card();
  netdev.linkUp = false;
  netdev.onLink?.(false);
  expect([driver.device.read(Offset.status, 2), driver.isr.read(0, 1)]).toEqual([0, 2]);
  netdev.linkUp = true;
  netdev.onLink?.(true);
  const section = saveSection('net', virtioNetPci.kind, virtioNetPci.state, () => device.save?.());
  const moved = rig(virtioNetPci, {}, { services: { netdev: new FakeNet() }, memory, saved: openSection('net', virtioNetPci.state, section) });
  moved.device.resume?.();
  expect(moved.bar(4).read(0x2000 + Offset.status, 2) & 0xffff).toBe(NetStatus.LINK_UP | NetStatus.ANNOUNCE);
});

test('uses several pairs of queues once the driver asks for them', async () => {
  const { netdev, driver, command } = card({ queues: 2 });
  expect(driver.device.read(Offset.max_virtqueue_pairs, 2)).toBe(2);
  expect([command(Control.MQ, Control.MQ_VQ_PAIRS_SET, [3, 0]), command(Control.MQ, Control.MQ_VQ_PAIRS_SET, [2, 0])]).toEqual([Control.ERR, Control.OK]);
  for (const queue of [driver.queues[0]!, driver.queues[2]!]) for (let i = 0; i < 16; i += 1) queue.add([{ write: 200 }]);
  for (let i = 0; i < 16; i += 1) netdev.deliver(frame(60).with(36, i * 37));
  await settle();
  expect([driver.queues[0]!.takeUsed() !== undefined, driver.queues[2]!.takeUsed() !== undefined]).toEqual([true, true]);
});

describe('offloads', () => {
  const TSO = [NetFeature.GUEST_TSO4, NetFeature.GUEST_TSO6, NetFeature.GUEST_ECN];
  const offloadOf = (fields: Partial<FrameOffload>) => Object.assign(new FrameOffload(), fields);
  const big = (bytes: number, version = 4) => {
    const tcp = version === 4 ? 34 : 54;
    const made = frame(tcp + 20 + bytes);
    put16(made, 12, version === 4 ? 0x0800 : 0x86dd);
    if (version === 4) made.set([0x45, 0, 0, 0, 0, 0, 0, 0, 64, 6], 14);
    made[tcp + 12] = 0x50;
    return { made, offload: offloadOf({ flags: FrameFlag.NEEDS_CHECKSUM, segmentation: version === 4 ? Gso.TCP4 : Gso.TCP6, segmentBytes: 1448, headerBytes: tcp + 20, checksumStart: tcp, checksumOffset: 16 }) };
  };
  const collected = async (driver: ReturnType<typeof card>['driver']) => {
    await settle();
    const parts: Uint8Array[] = [];
    for (let used = driver.queues[0]!.takeUsed(); used; used = driver.queues[0]!.takeUsed()) parts.push(driver.queues[0]!.contents(used));
    return Uint8Array.from(parts.flatMap((part) => [...part]));
  };

  test('are what the driver accepted, for every choice of features', () => {
    const bits: readonly number[] = [NetFeature.GUEST_CSUM, ...TSO, NetFeature.MRG_RXBUF];
    for (let choice = 0; choice < 2 ** bits.length; choice += 1) {
      const has = (bit: number) => (choice & (1 << bits.indexOf(bit))) !== 0;
      const { netdev, driver } = card({}, { allBut: bits.filter((bit) => !has(bit)) });
      const csum = has(NetFeature.GUEST_CSUM);
      const wanted = (csum ? NetOffload.CHECKSUM : 0) | (csum && has(NetFeature.GUEST_TSO4) ? NetOffload.TSO4 : 0)
        | (csum && has(NetFeature.GUEST_TSO6) ? NetOffload.TSO6 : 0) | (csum && has(NetFeature.GUEST_ECN) ? NetOffload.ECN : 0);
      expect([choice, netdev.card!.offloads, driver.needsReset]).toEqual([choice, wanted, false]);
    }
  });

  test('are none before the driver is ready and after a reset, and no large frames with a ring too short for them', () => {
    const { netdev, device } = card();
    device.reset('warm');
    expect(netdev.card!.offloads).toBe(0);
    const other = new NarrowNet();
    rig(virtioNetPci, {}, { services: { netdev: other } }).start({ allBut: [], size: 32 });
    expect(other.card!.offloads).toBe(NetOffload.CHECKSUM);
  });

  test.each([[true, 4], [true, 6], [false, 4], [false, 6]])('bring a large frame whole, merged buffers %s, IPv%i', async (merged, version) => {
    const { netdev, driver } = card({}, { allBut: merged ? [] : [NetFeature.MRG_RXBUF] });
    const { made, offload } = big(60_000, version);
    if (merged) for (let i = 0; i < 63; i += 1) driver.queues[0]!.add([{ write: 1536 }]);
    else driver.queues[0]!.add(Array.from({ length: 17 }, () => ({ write: 4096 })), { indirect: true });
    expect(netdev.deliver(made, offload)).toBe(true);
    const got = await collected(driver);
    const view = new DataView(got.buffer);
    expect([got[Header.flags], got[Header.gso_type], view.getUint16(Header.gso_size, true), view.getUint16(Header.hdr_len, true)])
      .toEqual([HeaderFlag.NEEDS_CSUM, offload.segmentation, 1448, offload.headerBytes]);
    expect([view.getUint16(Header.csum_start, true), view.getUint16(Header.csum_offset, true), view.getUint16(Header.num_buffers, true)])
      .toEqual([offload.checksumStart, 16, merged ? Math.ceil((made.length + Header.LONG) / 1536) : 1]);
    expect(got.subarray(Header.LONG)).toEqual(made);
  });

  test('tell of checksums that are known to be right, to drivers that asked', async () => {
    for (const [allBut, flags] of [[[], HeaderFlag.DATA_VALID], [[NetFeature.GUEST_CSUM, ...TSO], 0]] as const) {
      const { netdev, driver } = card({}, { allBut });
      driver.queues[0]!.add([{ write: 200 }]);
      netdev.deliver(frame(80), offloadOf({ flags: FrameFlag.CHECKED }));
      expect((await collected(driver))[Header.flags]).toBe(flags);
    }
  });

  test('are switched by the driver, within what was agreed, and saved so', () => {
    const { netdev, command, device, memory } = card({}, { allBut: [NetFeature.GUEST_TSO6] });
    const set = (mask: number, high = 0) => command(Control.GUEST_OFFLOADS, Control.GUEST_OFFLOADS_SET, [mask & 255, mask >> 8, 0, 0, high, 0, 0, 0]);
    const csum = 1 << NetFeature.GUEST_CSUM;
    const tso4 = 1 << NetFeature.GUEST_TSO4;
    expect([set(csum), netdev.card!.offloads]).toEqual([Control.OK, NetOffload.CHECKSUM]);
    expect([set(csum | (1 << NetFeature.GUEST_TSO6)), set(csum, 1), set(1 << NetFeature.MAC), netdev.card!.offloads]).toEqual([Control.ERR, Control.ERR, Control.ERR, NetOffload.CHECKSUM]);
    expect([set(csum | tso4), netdev.card!.offloads]).toEqual([Control.OK, NetOffload.CHECKSUM | NetOffload.TSO4]);
    const section = saveSection('net', virtioNetPci.kind, virtioNetPci.state, () => device.save?.());
    const other = new NarrowNet();
    rig(virtioNetPci, {}, { services: { netdev: other }, memory, saved: openSection('net', virtioNetPci.state, section) });
    expect(other.card!.offloads).toBe(NetOffload.CHECKSUM | NetOffload.TSO4);
    expect([set(0), netdev.card!.offloads]).toEqual([Control.OK, 0]);
  });

  test('of the network take frames as the driver made them', () => {
    const { netdev, send } = card();
    const { made, offload } = big(5000);
    const partial = { flags: HeaderFlag.NEEDS_CSUM, csum_start: 34, csum_offset: 16 };
    netdev.offloads = NetOffload.CHECKSUM | NetOffload.TSO4;
    send({ read: header({ ...partial, gso_type: Gso.TCP4, gso_size: 1448 }) }, { read: made });
    send({ read: header(partial) }, { read: frame(100) });
    expect(netdev.sent).toEqual([made, frame(100)]);
    expect(netdev.sentOffloads).toEqual([offload, offloadOf({ flags: FrameFlag.NEEDS_CHECKSUM, checksumStart: 34, checksumOffset: 16 })]);
    const six = big(5000, 6);
    send({ read: header({ ...partial, gso_type: Gso.TCP6, gso_size: 1448, csum_start: 54 }) }, { read: six.made });
    send({ read: header({ ...partial, gso_type: Gso.TCP4 | Gso.ECN, gso_size: 1448 }) }, { read: made });
    expect(netdev.sentOffloads.slice(2)).toEqual(new Array(8).fill(undefined));
  });

  test('do not tear a frame that was begun in segments', () => {
    const { netdev, send } = card();
    netdev.room = 1;
    send({ read: header({ flags: 1, gso_type: Gso.TCP4, gso_size: 1448, csum_start: 34, csum_offset: 16 }) }, { read: big(4000).made });
    netdev.offloads = NetOffload.CHECKSUM | NetOffload.TSO4;
    netdev.room = Infinity;
    netdev.card!.onDrained();
    expect(netdev.sent.map((sent) => sent.length - 54)).toEqual([1448, 1448, 1104]);
  });

  test('leave a frame out that could never fit, and ask again for one that may', () => {
    const { netdev, driver } = card();
    const { made, offload } = big(60_000);
    for (let i = 0; i < 64; i += 1) driver.queues[0]!.add([{ write: 200 }]);
    expect(netdev.deliver(made, offload)).toBe(true);
    const second = card();
    for (let i = 0; i < 10; i += 1) second.driver.queues[0]!.add([{ write: 1536 }]);
    expect([second.netdev.deliver(made, offload), second.netdev.ready]).toEqual([false, 0]);
    for (let i = 0; i < 40; i += 1) second.driver.queues[0]!.add([{ write: 1536 }]);
    second.driver.notify(0);
    expect([second.netdev.ready, second.netdev.deliver(made, offload)]).toEqual([1, true]);
  });
});

const configs: [unknown, ...unknown[]] = [{ slot: 3 }, { slot: 3, queues: 2, packed: true, transport: 'modern' }];
describeDevice(virtioNetPci, {
  configs,
  services: ({ trace }) => ({ bus: new FakeBus(trace), netdev: new FakeNet(trace) }),
  allocation: { cold: coldAccess },
  exercise: suiteDriver((suite, driver) => {
    const { random } = suite;
    driver.start({ allBut: random.chance(1, 2) ? [] : [Feature.EVENT_IDX, NetFeature.MRG_RXBUF], size: 16, base: 0x4000, bufferBytes: 0x2000 });
    for (let i = random.below(5); i > 0; i -= 1) driver.queues[0]!.add([{ write: 256 }]);
    for (let i = random.below(5); i > 0; i -= 1) driver.queues[1]!.add([{ read: header({ flags: random.below(2), gso_type: random.pick([0, 0, 1]), gso_size: 50 }) }, { read: frame(20 + random.below(100)) }]);
    driver.queues.at(-1)!.add([{ read: random.bytes(2 + random.below(12)) }, { write: 1 }]);
    for (const queue of driver.queues.keys()) driver.notify(queue);
    (suite.service('netdev') as FakeNet).deliver(frame(random.below(400)));
  }),
});
describeDevice(virtioNetMmio, { configs: [{}], services: ({ trace }) => ({ netdev: new FakeNet(trace) }), allocation: { cold: coldAccess } });

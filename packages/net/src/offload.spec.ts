import fc from 'fast-check';
import { FrameFlag, FrameOffload, NetOffload, Segmentation, SoftwareOffload, type NetCard } from '@polyvisor/core';
import { FakeClock } from '@polyvisor/testkit';
import { expect, test } from 'vitest';
import { LargeGuest, describe as describeFrame } from '../test/large-guest.ts';
import { checksum, ethernet, tcp } from '../test/wire.ts';
import { MemoryHost, VirtualSwitch, capture, join, readPcap, userNetwork, type MemoryPeer } from './index.ts';
import { CardDelivery } from './wire/delivery.ts';

const ALL = NetOffload.CHECKSUM | NetOffload.TSO4 | NetOffload.TSO6 | NetOffload.ECN;
const TSO = NetOffload.CHECKSUM | NetOffload.TSO4;
const pattern = (length: number, seed = 1): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8) + seed) & 255);
const settle = async (clock: FakeClock, ns = 1e7): Promise<void> => {
  for (let i = 0; i < 4; i += 1) {
    await Promise.resolve();
    clock.advance(ns / 4);
  }
};

function rig(offloads: number, mtu = 1500) {
  const clock = new FakeClock();
  const host = new MemoryHost();
  const peers: MemoryPeer[] = [];
  for (const at of ['127.0.0.1', '::1']) host.serve({ host: at, port: 80 }, (peer) => peers.push(peer));
  const net = userNetwork({ sockets: host, scheduler: clock, seed: 1 });
  return { clock, net, peers, guest: new LargeGuest(net, offloads, { scheduler: clock, mtu }) };
}

async function connected(offloads: number, mtu = 1500, remote = '10.0.2.2') {
  const made = rig(offloads, mtu);
  const c = made.guest.connect(remote, 80);
  await settle(made.clock);
  const down: Uint8Array[] = [];
  const up: Uint8Array[] = [];
  c.onData = (bytes, at, count) => void down.push(bytes.slice(at, at + count));
  made.peers[0]!.onData = (bytes) => void up.push(bytes.slice());
  return { ...made, c, peer: made.peers[0]!, down: () => Buffer.concat(down), up: () => Buffer.concat(up) };
}

test('a user network sends what the card takes, whatever that is, and the right bytes arrive both ways', async () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 200_000 }), { minLength: 1, maxLength: 4 });
  await fc.assert(fc.asyncProperty(fc.nat(ALL), fc.boolean(), fc.boolean(), sizes, async (offloads, six, large, parts) => {
    const { clock, guest, c, peer, down, up, net } = await connected(offloads, large ? 60_000 : 1500, six ? 'fec0::2' : '10.0.2.2');
    for (const [i, size] of parts.entries()) {
      peer.send(pattern(size, i));
      await settle(clock);
    }
    const sent = pattern(parts[0]!, 77);
    c.sendBytes(sent);
    await settle(clock, 3e9);
    const wanted = Buffer.concat(parts.map((size, i) => pattern(size, i)));
    expect([down().equals(wanted), up().equals(sent), guest.badChecksums, guest.wrong]).toEqual([true, true, 0, 0]);
    const needed = NetOffload.CHECKSUM | (six ? NetOffload.TSO6 : NetOffload.TSO4);
    const whole = (offloads & needed) === needed;
    expect(guest.seen.some(({ segmentation }) => segmentation !== 0)).toBe(whole && guest.seen.some(({ length }) => length > 1514));
    expect(guest.seen.every(({ length }) => length <= 1514 || whole)).toBe(true);
    net.close();
  }), { numRuns: 40 });
});

test('a bulk transfer goes in frames of nearly 64 KiB', async () => {
  const { clock, guest, peer, down } = await connected(TSO);
  const bytes = pattern(900_000);
  peer.send(bytes);
  await settle(clock, 1e8);
  expect(down().equals(bytes)).toBe(true);
  expect(Math.max(...guest.seen.map(({ length }) => length))).toBeGreaterThan(60_000);
  expect(guest.seen.length).toBeLessThan(60);
});

test('without buffers the connection holds its bytes: nothing is dropped or sent twice, and it goes on at once', async () => {
  const { clock, guest, peer, down, net } = await connected(TSO);
  guest.buffers = 3;
  peer.send(pattern(400_000));
  await settle(clock, 0);
  const before = guest.seen.length;
  expect(down().length).toBeLessThan(400_000);
  for (let i = 0; i < 200 && down().length < 400_000; i += 1) {
    guest.buffers = 1;
    net.receiveReady();
    await settle(clock, 0);
  }
  expect(down().equals(Buffer.from(pattern(400_000)))).toBe(true);
  const carried = guest.seen.reduce((sum, { length }) => sum + Math.max(0, length - 66), 0);
  expect([net.statistics.dropped, carried < 410_000, guest.seen.length > before]).toEqual([0, true, true]);
});

/** A large TCP frame from one card to another, with nothing where its checksum belongs. */
function large(bytes: number) {
  const frame = ethernet([2, 0, 0, 0, 0, 2], [2, 0, 0, 0, 0, 1], 0x800, tcp({ from: '10.0.0.1', fromPort: 1, to: '10.0.0.2', toPort: 2, seq: 5, flags: 16, data: pattern(bytes) }));
  return { frame, offload: describeFrame(frame, 1000)! };
}
class Card implements NetCard {
  offloads: number;
  readonly got: { frame: Uint8Array; offload: FrameOffload | undefined }[] = [];
  room = Infinity;
  drained = 0;
  constructor(offloads: number) {
    this.offloads = offloads;
  }
  receive(frame: Uint8Array, offload?: FrameOffload): boolean {
    if (this.room === 0) return false;
    this.room -= 1;
    this.got.push({ frame: frame.slice(), offload: offload && Object.assign(new FrameOffload(), offload) });
    return true;
  }
  onDrained(): void {
    this.drained += 1;
  }
}
const segments = (frame: Uint8Array, offload: FrameOffload): Uint8Array[] => {
  const software = new SoftwareOffload();
  return Array.from({ length: software.begin(frame, offload) }, (_, i) => software.make(frame, i).slice());
};

test('a switch gives each port what its card takes', () => {
  const hub = new VirtualSwitch({ scheduler: new FakeClock() });
  const from = hub.port();
  from.attach(new Card(ALL));
  const takes = [ALL, 0, NetOffload.CHECKSUM].map((offloads) => {
    const card = new Card(offloads);
    hub.port().attach(card);
    return card;
  });
  const { frame, offload } = large(5500);
  expect(from.send(frame, offload)).toBe(true);
  expect(takes[0]!.got).toEqual([{ frame, offload }]);
  for (const card of takes.slice(1)) expect(card.got.map((one) => one.frame)).toEqual(segments(frame, offload));
  expect(takes[1]!.got.every(({ frame: one }) => checksum([...one.subarray(26, 34), 0, 6, (one.length - 34) >> 8, (one.length - 34) & 255, ...one.subarray(34)]) === 0)).toBe(true);
  offload.segmentBytes = 1490;
  from.send(frame, offload);
  expect([takes[0]!.got.length, from.statistics.dropped]).toEqual([1, 1]);
});

test('a switch moves offsets with a VLAN tag', () => {
  const hub = new VirtualSwitch({ scheduler: new FakeClock() });
  const from = hub.port({ vlan: { mode: 'access', vlan: 7 } });
  from.attach(new Card(ALL));
  const [whole, cut] = [new Card(ALL), new Card(0)];
  hub.port({ vlan: { mode: 'trunk', vlans: [7] } }).attach(whole);
  hub.port({ vlan: { mode: 'trunk', vlans: [7] } }).attach(cut);
  const { frame, offload } = large(2500);
  from.send(frame, offload);
  const tagged = (one: Uint8Array): Uint8Array => Uint8Array.from([...one.subarray(0, 12), 0x81, 0, 0, 7, ...one.subarray(12)]);
  expect(whole.got).toEqual([{ frame: tagged(frame), offload: Object.assign(new FrameOffload(), offload, { headerBytes: offload.headerBytes + 4, checksumStart: 38 }) }]);
  expect(cut.got.map((one) => one.frame)).toEqual(segments(frame, offload).map(tagged));
});

test('a full port of a switch goes on in the middle of a large frame', () => {
  const clock = new FakeClock();
  const hub = new VirtualSwitch({ scheduler: clock });
  const from = hub.port();
  from.attach(new Card(ALL));
  const card = new Card(0);
  const to = hub.port();
  to.attach(card);
  const { frame, offload } = large(5500);
  card.room = 2;
  expect(from.send(frame, offload)).toBe(true);
  card.room = 2;
  to.receiveReady();
  card.offloads = ALL;
  card.room = Infinity;
  to.receiveReady();
  expect(card.got.map((one) => one.frame)).toEqual(segments(frame, offload));
  from.send(frame, offload);
  expect(card.got.at(-1)).toEqual({ frame, offload });
});

test('a frame that cannot be cut is lost, and one that is given up does not spoil the next', () => {
  const delivery = new CardDelivery();
  const card = new Card(0);
  const { frame, offload } = large(3000);
  expect(delivery.give(card, frame, Object.assign(new FrameOffload(), offload, { segmentBytes: 2 }))).toBe(true);
  expect(card.got).toEqual([]);
  card.room = 1;
  expect(delivery.give(card, frame, offload)).toBe(false);
  delivery.forget();
  card.room = Infinity;
  delivery.give(card, frame, offload);
  expect(card.got.slice(1).map((one) => one.frame)).toEqual(segments(frame, offload));
});

test('a capture holds large frames with their checksums, and passes them on as they are', () => {
  const parts: Uint8Array[] = [];
  const behind = new Card(ALL);
  const hub = new VirtualSwitch({ scheduler: new FakeClock() });
  hub.port().attach(behind);
  const seen = capture(hub.port(), (bytes) => parts.push(bytes.slice()), { scheduler: new FakeClock() });
  seen.attach(new Card(TSO));
  const { frame, offload } = large(5500);
  const right = frame.slice();
  // The sum of the pseudo header alone.
  const pseudo = [...frame.subarray(26, 34), 0, 6, (frame.length - 34) >> 8, (frame.length - 34) & 255];
  const sum = 0xffff - checksum(pseudo);
  frame.set([sum >> 8, sum & 255], 50);
  const partial = frame.slice();
  expect([seen.offloads, seen.send(frame, offload)]).toEqual([ALL, true]);
  expect(behind.got).toEqual([{ frame: partial, offload }]);
  expect(readPcap(Buffer.concat(parts)).map(({ bytes }) => Uint8Array.from(bytes))).toEqual([right]);
});

test('a capture tells of the cable and of buffers', () => {
  const heard: unknown[] = [];
  const backend = {
    mtu: 1500, linkUp: true, onLink: undefined as ((up: boolean) => void) | undefined,
    send: () => true, attach: () => undefined, detach: () => undefined, receiveReady: () => void heard.push('ready'),
  };
  const seen = capture(backend, () => undefined);
  seen.onLink = (up) => void heard.push(up);
  backend.linkUp = false;
  backend.onLink?.(false);
  seen.receiveReady?.();
  expect([seen.linkUp, heard]).toEqual([false, [false, 'ready']]);
  expect('onLink' in capture(new VirtualSwitch().port(), () => undefined)).toBe(false);
});

test('a cable between two networks carries what both take', () => {
  const hubs = [new VirtualSwitch({ scheduler: new FakeClock() }), new VirtualSwitch({ scheduler: new FakeClock() })] as const;
  const from = hubs[0].port();
  from.attach(new Card(0));
  const card = new Card(TSO);
  hubs[1].port().attach(card);
  join(hubs[0].port(), hubs[1].port());
  const { frame, offload } = large(5500);
  expect(from.send(frame, offload)).toBe(true);
  expect(card.got).toEqual([{ frame, offload }]);
  expect((offload.flags & FrameFlag.NEEDS_CHECKSUM) !== 0 && offload.segmentation === Segmentation.TCP4).toBe(true);
});

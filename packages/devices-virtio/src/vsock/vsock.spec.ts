import { expect, test } from 'vitest';
import { openSection, saveSection } from '@polyvisor/core';
import { describeDevice } from '@polyvisor/testkit/vitest';
import { FakeBus, coldAccess, rig, suiteDriver } from '../../test/rig.ts';
import { BUFFER, Header, Op } from './registers.ts';
import type { VsockGuest, VsockHost, VsockPeer } from './vsock-host.ts';
import { virtioVsockMmio, virtioVsockPci } from './vsock.ts';

const CID = 9;
interface Packet { readonly src?: number; readonly dst?: number; readonly op: number; readonly data?: Uint8Array; readonly flags?: number; readonly credit?: number; readonly consumed?: number; readonly cid?: number; readonly type?: number }

function packet({ src = 1000, dst = 80, op, data = new Uint8Array(0), flags = 0, credit = 1000, consumed = 0, cid = CID, type = 1 }: Packet): Uint8Array {
  const bytes = new Uint8Array(Header.SIZE + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(Header.src_cid, cid, true);
  view.setUint32(Header.dst_cid, 2, true);
  view.setUint32(Header.src_port, src, true);
  view.setUint32(Header.dst_port, dst, true);
  view.setUint32(Header.len, data.length, true);
  view.setUint16(Header.type, type, true);
  view.setUint16(Header.op, op, true);
  view.setUint32(Header.flags, flags, true);
  view.setUint32(Header.buf_alloc, credit, true);
  view.setUint32(Header.fwd_cnt, consumed, true);
  bytes.set(data, Header.SIZE);
  return bytes;
}

/** The host's side: keeps what happens. */
class FakeVsock implements VsockHost {
  readonly log: string[] = [];
  guest: VsockGuest | undefined;
  peer: VsockPeer | undefined;
  refuses = false;
  attach(guest: VsockGuest): void { this.guest = guest; }
  detach(): void { this.guest = undefined; }
  connect(port: number, peer: VsockPeer) {
    this.log.push(`connect ${port}`);
    this.peer = peer;
    return this.refuses ? undefined : this.stream();
  }
  stream() {
    return {
      write: (bytes: Uint8Array) => { this.log.push(`write ${new TextDecoder().decode(bytes)}`); },
      end: () => { this.log.push('end'); },
      resume: () => { this.log.push('resume'); },
      destroy: () => { this.log.push('destroy'); },
    };
  }
}

function sockets() {
  const vsock = new FakeVsock();
  const made = rig(virtioVsockPci, { 'guest-cid': CID }, { services: { vsock } });
  const driver = made.start({ allBut: [] });
  const supply = (count = 8, bytes = 300) => {
    for (let i = 0; i < count; i += 1) driver.queues[0]!.add([{ write: bytes }]);
    driver.notify(0);
  };
  const send = (p: Packet) => {
    driver.queues[1]!.add([{ read: packet(p) }]);
    driver.notify(1);
  };
  const received = () => {
    const out: { op: number; data: string; src: number; dst: number; flags: number; consumed: number }[] = [];
    for (let used = driver.queues[0]!.takeUsed(); used; used = driver.queues[0]!.takeUsed()) {
      const bytes = driver.queues[0]!.contents(used);
      const view = new DataView(bytes.buffer);
      out.push({ op: view.getUint16(Header.op, true), data: new TextDecoder().decode(bytes.subarray(Header.SIZE)), src: view.getUint32(Header.src_port, true), dst: view.getUint32(Header.dst_port, true), flags: view.getUint32(Header.flags, true), consumed: view.getUint32(Header.fwd_cnt, true) });
    }
    return out;
  };
  return { ...made, vsock, driver, supply, send, received };
}
const bytes = (text: string) => new TextEncoder().encode(text);

test('connects, carries bytes both ways, and ends', () => {
  const { vsock, supply, send, received } = sockets();
  supply();
  send({ op: Op.REQUEST });
  expect(received()).toEqual([]);
  vsock.peer!.opened();
  expect(received()).toMatchObject([{ op: Op.RESPONSE, src: 80, dst: 1000 }]);
  send({ op: Op.RW, data: bytes('question') });
  expect(vsock.peer!.data(bytes('answer'))).toBe(true);
  vsock.peer!.ended();
  expect(received()).toMatchObject([{ op: Op.RW, data: 'answer' }, { op: Op.SHUTDOWN, flags: 2 }]);
  send({ op: Op.SHUTDOWN, flags: 2 });
  send({ op: Op.SHUTDOWN, flags: 1 });
  expect(vsock.log).toEqual(['connect 80', 'write question', 'end', 'destroy']);
  expect(received()).toMatchObject([{ op: Op.RST }]);
});

test('refuses what nobody listens to, and what belongs to no connection', () => {
  const { vsock, supply, send, received } = sockets();
  vsock.refuses = true;
  send({ op: Op.REQUEST });
  send({ op: Op.RW, src: 5, data: bytes('x') });
  send({ op: Op.REQUEST, src: 6, type: 2 });
  send({ op: Op.RST, src: 7 });
  send({ op: Op.REQUEST, cid: 4 });
  supply();
  expect(received().map(({ op, dst }) => [op, dst])).toEqual([[Op.RST, 1000], [Op.RST, 5], [Op.RST, 6]]);
});

test('sends no more than the guest has room for, and goes on when it has', () => {
  const { vsock, supply, send, received } = sockets();
  supply();
  send({ op: Op.REQUEST, credit: 4 });
  vsock.peer!.opened();
  vsock.peer!.data(bytes('abcdefgh'));
  expect(received().map((p) => p.data)).toEqual(['', 'abcd']);
  send({ op: Op.CREDIT_UPDATE, credit: 4, consumed: 3 });
  expect(received().map((p) => p.data)).toEqual(['efg']);
});

test('stops the host when much waits, and lets it go on', () => {
  const { vsock, supply, send } = sockets();
  send({ op: Op.REQUEST, credit: 2 ** 30 });
  vsock.peer!.opened();
  expect(vsock.peer!.data(new Uint8Array(BUFFER))).toBe(false);
  supply(100, 40_000);
  supply(8, 40_000);
  expect(vsock.log).toContain('resume');
});

test('gives the guest credit for what the host has passed on, and ends a guest that takes more', () => {
  const { vsock, supply, send, received } = sockets();
  supply();
  send({ op: Op.REQUEST });
  vsock.peer!.opened();
  for (let i = 0; i < 4; i += 1) send({ op: Op.RW, data: new Uint8Array(50_000) });
  vsock.peer!.consumed(200_000);
  expect(received().at(-1)).toMatchObject({ op: Op.CREDIT_UPDATE, consumed: 200_000 });
  for (let i = 0; i < 6; i += 1) send({ op: Op.RW, data: new Uint8Array(50_000) });
  expect([received().at(-1)?.op, vsock.log.at(-1)]).toEqual([Op.RST, 'destroy']);
});

test('connects from the host', () => {
  const { vsock, supply, send, received } = sockets();
  supply();
  const peer = vsock.guest!.connect(22, vsock.stream())!;
  const [request] = received();
  expect(request).toMatchObject({ op: Op.REQUEST, dst: 22 });
  send({ op: Op.RESPONSE, src: 22, dst: request!.src });
  peer.data(bytes('hi'));
  expect([vsock.log, received().map((p) => p.data)]).toEqual([['resume'], ['hi']]);
});

test('tells a restored guest that its connections are gone', () => {
  const { device, driver, send, memory } = sockets();
  driver.queues[2]!.add([{ write: 8 }]);
  driver.notify(2);
  send({ op: Op.REQUEST });
  const section = saveSection('vsock', virtioVsockPci.kind, virtioVsockPci.state, () => device.save?.());
  const copy = rig(virtioVsockPci, { 'guest-cid': CID }, { services: { vsock: new FakeVsock() }, memory, saved: openSection('vsock', virtioVsockPci.state, section) });
  copy.device.resume?.();
  expect([...driver.queues[2]!.contents(driver.queues[2]!.takeUsed()!)]).toEqual([0, 0, 0, 0]);
});

const refusing = () => Object.assign(new FakeVsock(), { refuses: true });
describeDevice(virtioVsockPci, {
  configs: [{ slot: 3, 'guest-cid': CID }],
  services: ({ trace }) => ({ bus: new FakeBus(trace), vsock: refusing() }),
  allocation: { cold: coldAccess },
  exercise: suiteDriver(({ random }, driver) => {
    driver.start({ allBut: [], size: 16, base: 0x4000, bufferBytes: 0x1000 });
    driver.queues[0]!.add([{ write: 100 }]);
    driver.notify(0);
    driver.queues[1]!.add([{ read: packet({ op: random.below(9), data: random.bytes(random.below(20)) }) }]);
    driver.notify(1);
  }),
});
describeDevice(virtioVsockMmio, { configs: [{ 'guest-cid': CID }], services: () => ({ vsock: refusing() }), allocation: { cold: coldAccess } });

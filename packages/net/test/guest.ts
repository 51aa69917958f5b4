import type { NetBackend, NetCard } from '@polyvisor/core';
import type { Scheduler } from '@polyvisor/net';
import { GuestTcp } from './guest-tcp.ts';
import { GATEWAY_MAC, GUEST_MAC, address, ethernet, u16 } from './wire.ts';

export interface GuestOptions {
  scheduler: Scheduler;
  mtu?: number;
  ip?: string;
  ip6?: string;
  mac?: number[];
  /** Verifies and makes TCP checksums; without, the network must be told so. */
  checksums?: boolean;
}

function addSum(view: DataView, at: number, end: number, start: number): number {
  let upper = 0;
  let lower = 0;
  let i = at;
  for (; i + 3 < end; i += 4) {
    const both = view.getInt32(i);
    upper = (upper + (both >>> 16)) | 0;
    lower = (lower + (both & 0xffff)) | 0;
  }
  let sum = start + upper + lower;
  for (; i + 1 < end; i += 2) sum += view.getUint16(i);
  if (i < end) sum += view.getUint8(i) << 8;
  return sum;
}

function fold(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded % 65536) + Math.floor(folded / 65536);
  return folded;
}

/** A guest with a card and a small network stack. */
export class Guest implements NetCard {
  readonly net: NetBackend;
  readonly scheduler: Scheduler;
  readonly mtu: number;
  readonly ip: string;
  readonly ip6: string;
  readonly mac: number[];
  readonly checksums: boolean;
  /** Frames that are not of a connection, copied. */
  readonly frames: Uint8Array[] = [];
  /** Called for a stranger's SYN; without it the frame is kept. */
  onCall: ((c: GuestTcp) => void) | undefined;
  badChecksums = 0;
  resets = 0;
  /** The card has no buffer. */
  full = false;
  readonly connections = new Map<string, GuestTcp>();
  readonly #waiting = new Set<GuestTcp>();
  readonly #later;
  readonly #out: Uint8Array;
  readonly #view: DataView;
  #port = 40000;
  #buffer: ArrayBufferLike | undefined;
  #in: DataView = new DataView(new ArrayBuffer(0));
  #bytes: Uint8Array = new Uint8Array(0);

  constructor(net: NetBackend, options: GuestOptions) {
    this.net = net;
    this.scheduler = options.scheduler;
    this.mtu = options.mtu ?? 1500;
    this.ip = options.ip ?? '10.0.2.15';
    this.ip6 = options.ip6 ?? 'fec0::15';
    this.mac = options.mac ?? GUEST_MAC;
    this.checksums = options.checksums ?? true;
    this.#out = new Uint8Array(this.mtu + 14);
    this.#view = new DataView(this.#out.buffer);
    this.#later = this.scheduler.timer(() => this.run());
    net.attach(this);
  }

  connect(remote: string, remotePort: number): GuestTcp {
    this.#port += 1;
    const c = new GuestTcp(this, this.#port, remote, remotePort, (this.#port * 7919) | 0);
    this.connections.set(`${c.port} ${remote} ${remotePort}`, c);
    c.connect();
    return c;
  }

  /** Lets a connection send outside of `receive`, as a real card's driver would. */
  wake(c: GuestTcp): void {
    this.#waiting.add(c);
    if (!this.#later.armed) this.#later.arm(this.scheduler.now());
  }
  run(): void {
    const all = [...this.#waiting];
    this.#waiting.clear();
    for (const c of all) c.push();
  }

  onDrained(): void {
    if (this.#waiting.size > 0) this.#later.arm(this.scheduler.now());
  }

  /** An Ethernet frame to the gateway. */
  sendPacket(packet: number[], to = GATEWAY_MAC): void {
    this.net.send(ethernet(to, this.mac, packet[0]! >> 4 === 6 ? 0x86dd : 0x0800, packet));
  }

  receive(frame: Uint8Array): boolean {
    if (this.full) return false;
    if (frame.buffer !== this.#buffer) {
      this.#buffer = frame.buffer;
      this.#in = new DataView(frame.buffer);
      this.#bytes = new Uint8Array(frame.buffer);
    }
    const base = frame.byteOffset;
    const view = this.#in;
    const type = view.getUint16(base + 12);
    const six = type === 0x86dd;
    if ((six && view.getUint8(base + 20) === 6) || (type === 0x800 && view.getUint8(base + 23) === 6)) {
      const at = base + (six ? 54 : 34);
      const end = six ? at + view.getUint16(base + 18) : base + 14 + view.getUint16(base + 16);
      if (this.#segment(view, base, at, end, six)) return true;
    }
    this.frames.push(frame.slice());
    if (type === 0x806) this.#arp(frame);
    return true;
  }

  #segment(view: DataView, base: number, at: number, end: number, six: boolean): boolean {
    if (this.checksums) {
      const start = addSum(view, base + (six ? 22 : 26), at, 6 + end - at);
      if (fold(addSum(view, at, end, start)) !== 0xffff) this.badChecksums += 1;
    }
    if (view.getUint8(at + 13) & 4) this.resets += 1;
    const from = base + (six ? 22 : 26);
    const remote = six
      ? Array.from({ length: 8 }, (_, i) => view.getUint16(from + 2 * i).toString(16)).join(':')
      : Array.from({ length: 4 }, (_, i) => view.getUint8(from + i)).join('.');
    const port = view.getUint16(at);
    const own = view.getUint16(at + 2);
    let c = this.#last !== undefined && this.#last.port === own && this.#last.remotePort === port ? this.#last : undefined;
    c ??= this.connections.get(`${own} ${remote} ${port}`) ?? [...this.connections.values()].find((x) => six && x.port === own && x.remotePort === port);
    if (c === undefined && this.onCall !== undefined && (view.getUint8(at + 13) & 18) === 2) {
      c = new GuestTcp(this, own, remote, port, 12345);
      this.connections.set(`${own} ${remote} ${port}`, c);
      c.accept(view.getInt32(at + 4), this.synOptions(view, at, at + (view.getUint8(at + 12) >> 4) * 4), view.getUint16(at + 14));
      this.onCall(c);
      return true;
    }
    if (c === undefined) return false;
    this.#last = c;
    c.arrives(view, this.#bytes, at, end);
    return true;
  }
  #last: GuestTcp | undefined;

  synOptions(view: DataView, at: number, end: number): { mss: number; scale: number } {
    const found = { mss: 536, scale: -1 };
    for (let i = at + 20; i < end;) {
      const kind = view.getUint8(i);
      if (kind === 0) break;
      if (kind === 1) {
        i += 1;
        continue;
      }
      if (kind === 2) found.mss = view.getUint16(i + 2);
      if (kind === 3) found.scale = view.getUint8(i + 2);
      i += view.getUint8(i + 1);
    }
    return found;
  }

  sendTcp(c: GuestTcp, seq: number, ack: number, flags: number, window: number, scale: number, count: number, fill: (into: Uint8Array, from: number) => void): boolean {
    const view = this.#view;
    const six = c.remote.includes(':');
    const header = scale >= 0 ? 28 : 20;
    const at = six ? 54 : 34;
    const length = header + count;
    this.#out.set(GATEWAY_MAC, 0);
    this.#out.set(this.mac, 6);
    view.setUint16(12, six ? 0x86dd : 0x800);
    if (six) {
      view.setUint32(14, 0x60000000);
      view.setUint16(18, length);
      view.setUint16(20, 0x0640);
      this.#out.set(address(this.ip6), 22);
      this.#out.set(address(c.remote), 38);
    } else {
      view.setUint32(14, 0x45000000 + 20 + length);
      view.setUint32(18, 0x00004000);
      view.setUint32(22, 0x40060000);
      this.#out.set(this.#own4 ??= address(this.ip), 26);
      this.#out.set((c as { bytes4?: number[] }).bytes4 ??= address(c.remote), 30);
      view.setUint16(24, ~fold(addSum(view, 14, 34, 0)) & 0xffff);
    }
    view.setUint16(at, c.port);
    view.setUint16(at + 2, c.remotePort);
    view.setInt32(at + 4, seq);
    view.setInt32(at + 8, ack);
    view.setUint16(at + 12, (header << 10) | flags);
    view.setUint16(at + 14, window);
    view.setUint32(at + 16, 0);
    if (scale >= 0) {
      view.setUint32(at + 20, 0x02040000 + this.mtu - (six ? 60 : 40));
      view.setUint32(at + 24, 0x01030300 + scale);
    }
    if (count > 0) fill(this.#out, at + header);
    if (this.checksums) {
      const start = addSum(view, six ? 22 : 26, at, 6 + length);
      view.setUint16(at + 16, ~fold(addSum(view, at, at + length, start)) & 0xffff);
    }
    return this.net.send(this.#out.subarray(0, at + length));
  }
  #own4: number[] | undefined;

  /** Answers who asks for this guest. */
  #arp(frame: Uint8Array): void {
    const target = Array.from(frame.subarray(38, 42)).join('.');
    if (frame[21] !== 1 || target !== this.ip) return;
    this.net.send(ethernet(Array.from(frame.subarray(6, 12)), this.mac, 0x806,
      [0, 1, 8, 0, 6, 4, ...u16(2), ...this.mac, ...address(this.ip), ...Array.from(frame.subarray(22, 32))]));
  }

  askForGateway(): void {
    this.net.send(ethernet([255, 255, 255, 255, 255, 255], this.mac, 0x806,
      [0, 1, 8, 0, 6, 4, 0, 1, ...this.mac, ...address(this.ip), 0, 0, 0, 0, 0, 0, ...address('10.0.2.2')]));
  }
}

import type { Random } from '@polyvisor/testkit';
import { BROADCAST_MAC, GATEWAY_MAC, GUEST_MAC, checksum, ethernet, ip, summed, tcp, toGateway, u16, u32, udp } from './wire.ts';

const HOSTS = ['10.0.2.2', '10.0.2.3', '10.0.2.15', '10.0.2.99', '192.0.2.1', '127.0.0.1', '255.255.255.255', '224.0.0.1', '0.0.0.0'];
const HOSTS6 = ['fec0::2', 'fec0::3', 'fe80::2', 'fec0::15', 'ff02::1', '::1', '2001:db8::1', 'fe80::15'];
const GUESTS = ['10.0.2.15', '10.0.2.15', '10.0.2.16', '10.0.2.200', '0.0.0.0', '10.0.2.2'];
const PORTS = [0, 53, 67, 68, 80, 80, 80, 81, 443, 65535];
const INTERESTING = [0, 1, 0x7f, 0x80, 0xff, 4, 5, 6, 15, 0x45, 0x60];

/** A segment that the network sent: what a guest needs to know for its next one to be taken seriously. */
export interface Seen {
  port: number;
  remotePort: number;
  seq: number;
  ack: number;
}

/** Frames of hostile guests: nearly right ones, so that they come far, and noise. */
export function hostileFrame(r: Random, seen: readonly Seen[]): Uint8Array {
  let frame = build(r, seen);
  if (r.chance(1, 8)) frame = frame.slice(0, r.below(frame.length + 1));
  for (let n = r.chance(3, 4) ? 0 : r.below(6); n > 0 && frame.length > 0; n -= 1) {
    frame[r.chance(1, 2) ? r.below(Math.min(80, frame.length)) : r.below(frame.length)] = r.chance(1, 2) ? r.pick(INTERESTING) : r.int32();
  }
  return frame;
}

function build(r: Random, seen: readonly Seen[]): Uint8Array {
  const six = r.chance(1, 3);
  const from = six ? r.pick(['fec0::15', 'fe80::15', '::']) : r.pick(GUESTS);
  const to = r.pick(six ? HOSTS6 : HOSTS);
  switch (r.below(10)) {
    case 0: return r.bytes(r.below(200));
    case 1: return ethernet(r.pick([GATEWAY_MAC, BROADCAST_MAC, GUEST_MAC]), r.pick([GUEST_MAC, GATEWAY_MAC, BROADCAST_MAC]), r.pick([0x800, 0x806, 0x86dd, 0x8100]), r.bytes(r.below(100)));
    case 2: return arp(r);
    case 3: return toGateway(udp(from, r.pick(PORTS), to, r.pick(PORTS), r.bytes(r.below(64))));
    case 4: return dhcp(r);
    case 5: return fragment(r, six, from, to);
    case 6: return icmp(r, six, from, to);
    default: return r.chance(1, 2) && seen.length > 0 ? reply(r, r.pick(seen)) : segment(r, from, to);
  }
}

/** A segment in or near the window of a connection. */
function reply(r: Random, seen: Seen): Uint8Array {
  return toGateway(tcp({
    from: '10.0.2.15', to: '10.0.2.2', fromPort: seen.port, toPort: seen.remotePort, seq: seen.ack + r.pick([0, 0, 0, -1, 1, 5, 100, 70000, r.below(3000)]),
    ack: seen.seq + r.pick([0, 1, 1, 2, 1461, -1, r.below(5000)]), flags: r.pick([16, 16, 24, 17, 20, 2, 4, 16]), window: r.pick([0, 1, 500, 65535, 65535]),
    data: r.bytes(r.chance(1, 3) ? 0 : r.below(1400)),
  }));
}

function segment(r: Random, from: string, to: string): Uint8Array {
  const base = r.pick([0, 1000, 1000, -5, 0x7fffffff, r.int32()]);
  return toGateway(tcp({
    from, to, fromPort: 40000 + r.below(40), toPort: r.pick(PORTS), seq: base + r.below(3000), ack: r.int32(),
    flags: r.pick([2, 2, 16, 16, 17, 24, 4, 20, 18, 0, 63, 1]), window: r.pick([0, 1, 1000, 65535]),
    options: r.chance(1, 2) ? [] : Array.from(r.bytes(4 * r.below(11))), data: r.bytes(r.chance(1, 2) ? 0 : r.below(1400)),
  }));
}

function arp(r: Random): Uint8Array {
  return ethernet(BROADCAST_MAC, GUEST_MAC, 0x806, [0, 1, 8, 0, 6, 4, 0, 1 + r.below(3), ...r.bytes(6), 10, 0, 2, r.below(256), ...r.bytes(6), 10, 0, 2, r.below(8)]);
}

function dhcp(r: Random): Uint8Array {
  const options = [53, 1, r.below(10), ...r.bytes(r.below(20))];
  const body = [1, 1, 6, 0, ...r.bytes(24), ...r.bytes(16), ...new Array<number>(192).fill(0), ...u32(0x63825363), ...options];
  return ethernet(BROADCAST_MAC, GUEST_MAC, 0x800, udp('0.0.0.0', 68, '255.255.255.255', 67, body));
}

function fragment(r: Random, six: boolean, from: string, to: string): Uint8Array {
  const data = r.bytes(8 * r.below(100) + (r.chance(1, 4) ? r.below(8) : 0));
  const offset = 8 * r.pick([0, 0, 10, r.below(8192)]);
  const more = r.chance(1, 2) ? 1 : 0;
  const protocol = r.pick([6, 17, 1, 58, 44]);
  if (six) return toGateway(ip(from, to, 44, [protocol, 0, ...u16(offset | more), ...u32(r.below(4)), ...data]));
  const packet = ip(from, to, protocol, data);
  packet.splice(4, 4, ...u16(r.below(40)), ...u16((more << 13) | (offset >> 3)));
  packet.splice(10, 2, 0, 0);
  let sum = 0;
  for (let i = 0; i < 20; i += 2) sum += (packet[i]! << 8) | packet[i + 1]!;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  packet.splice(10, 2, ...u16(~sum & 0xffff));
  return toGateway(packet);
}

function icmp(r: Random, six: boolean, from: string, to: string): Uint8Array {
  const type = six ? r.pick([128, 133, 134, 135, 136, 137, 1]) : r.pick([8, 0, 3, 5]);
  const body = [type, 0, 0, 0, ...r.bytes(r.below(100))];
  if (six) return toGateway(ip(from, to, 58, summed(from, to, 58, body, 2), r.pick([255, 64])));
  const sum = checksum(body);
  body.splice(2, 2, ...u16(sum));
  return toGateway(ip(from, to, 1, body));
}

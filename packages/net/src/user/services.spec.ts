import { FakeClock } from '@polyvisor/testkit';
import { describe, expect, test } from 'vitest';
import { MemoryHost, userNetwork, type UserNetworkOptions } from '../index.ts';
import { Guest } from '../../test/guest.ts';
import { BROADCAST_MAC, GUEST_MAC, checksum, ethernet, ip, summed, u16, u32, udp, v6 } from '../../test/wire.ts';

function rig(options: Partial<UserNetworkOptions> = {}) {
  const clock = new FakeClock();
  const host = new MemoryHost();
  const net = userNetwork({ sockets: host, scheduler: clock, seed: 1, ...options });
  const guest = new Guest(net, { scheduler: clock });
  return { clock, host, net, guest };
}

const text = (s: string): number[] => Array.from(s, (c) => c.charCodeAt(0));

function dhcp(guest: Guest, type: number, options: number[] = [], client = 0, mac = GUEST_MAC): Map<number, number[]> | undefined {
  guest.frames.length = 0;
  const body = [
    1, 1, 6, 0, ...u32(0x1234), 0, 0, 0, 0, ...u32(client), ...u32(0), ...u32(0), ...u32(0), ...mac, ...new Array<number>(10 + 192).fill(0),
    ...u32(0x63825363), 53, 1, type, ...options, 255,
  ];
  guest.net.send(ethernet(BROADCAST_MAC, mac, 0x800, udp('0.0.0.0', 68, '255.255.255.255', 67, body)));
  const [reply] = guest.frames;
  if (reply === undefined) return undefined;
  expect([...reply.subarray(34, 38)]).toEqual([0, 67, 0, 68]);
  const found = new Map([[0, [...reply.subarray(58, 62)]]]);
  for (let at = 282; reply[at] !== 255; at += 2 + reply[at + 1]!) found.set(reply[at]!, [...reply.subarray(at + 2, at + 2 + reply[at + 1]!)]);
  return found;
}

describe('DHCP', () => {
  test('offers the first address, gives it, and tells all there is', () => {
    const { guest } = rig({ hostname: 'guest', domain: 'example.org', mtu: 9000 });
    const offer = dhcp(guest, 1)!;
    expect([offer.get(53), offer.get(0)]).toEqual([[2], [10, 0, 2, 15]]);
    const ack = dhcp(guest, 3, [50, 4, 10, 0, 2, 15, 54, 4, 10, 0, 2, 2])!;
    expect(Object.fromEntries(ack)).toMatchObject({
      0: [10, 0, 2, 15], 1: [255, 255, 255, 0], 3: [10, 0, 2, 2], 6: [10, 0, 2, 3], 12: text('guest'), 15: text('example.org'),
      26: u16(9000), 51: u32(86400), 53: [5], 54: [10, 0, 2, 2],
    });
  });

  test('keeps a client\'s address, gives others other ones, and refuses what is not its own', () => {
    const { guest } = rig();
    const other = [...GUEST_MAC.slice(0, 5), 0x77];
    dhcp(guest, 3, [50, 4, 10, 0, 2, 15]);
    expect(dhcp(guest, 1, [], 0, other)!.get(0)).toEqual([10, 0, 2, 16]);
    expect(dhcp(guest, 1)!.get(0)).toEqual([10, 0, 2, 15]);
    expect(dhcp(guest, 3, [50, 4, 10, 0, 2, 15], 0, other)!.get(53)).toEqual([6]);
    expect(dhcp(guest, 3, [50, 4, 192, 168, 0, 9])!.get(53)).toEqual([6]);
    expect(dhcp(guest, 3, [50, 4, 10, 0, 2, 15, 54, 4, 9, 9, 9, 9])).toBeUndefined();
  });

  test('frees a released address and answers INFORM without one', () => {
    const { guest } = rig();
    const other = [...GUEST_MAC.slice(0, 5), 0x77];
    dhcp(guest, 3, [50, 4, 10, 0, 2, 15]);
    dhcp(guest, 7, [], 0x0a00020f);
    expect(dhcp(guest, 1, [], 0, other)!.get(0)).toEqual([10, 0, 2, 15]);
    const inform = dhcp(guest, 8, [], 0x0a00020f)!;
    expect([inform.get(53), inform.get(0), inform.get(51)]).toEqual([[5], [0, 0, 0, 0], undefined]);
  });
});

describe('UDP', () => {
  test('reaches the host and comes back from the address it was sent to', () => {
    const { guest, host, net, clock } = rig();
    host.respond({ host: '127.0.0.1', port: 7 }, (data, _from, answer) => answer(data));
    guest.sendPacket(udp('10.0.2.15', 5000, '10.0.2.2', 7, text('hello')));
    const [frame] = guest.frames;
    expect([...frame!.subarray(26, 38)]).toEqual([10, 0, 2, 2, 10, 0, 2, 15, ...u16(7), ...u16(5000)]);
    expect([...frame!.subarray(42, 47)]).toEqual(text('hello'));
    expect(checksum([...frame!.subarray(26, 34), 0, 17, ...frame!.subarray(38, 40), ...frame!.subarray(34, 47)])).toBe(0);
    expect(net.statistics.flows).toBe(1);
    clock.advance(62e9);
    expect(net.statistics.flows).toBe(0);
  });

  test('takes a datagram in fragments and sends a large one in fragments', () => {
    const { guest, host } = rig();
    host.respond({ host: '127.0.0.1', port: 7 }, (data, _from, answer) => answer(data));
    const data = Array.from({ length: 4000 }, (_, i) => i & 255);
    const whole = udp('10.0.2.15', 5000, '10.0.2.2', 7, data).slice(20);
    const piece = (from: number, to: number, more: boolean): void => {
      const packet = ip('10.0.2.15', '10.0.2.2', 17, whole.slice(from, to));
      packet.splice(6, 2, ...u16((from >> 3) | (more ? 0x2000 : 0)));
      packet.splice(10, 2, 0, 0);
      packet.splice(10, 2, ...u16(checksum(packet.slice(0, 20))));
      guest.sendPacket(packet);
    };
    piece(2400, whole.length, false);
    piece(0, 1200, true);
    expect(guest.frames.length).toBe(0);
    piece(1200, 2400, true);
    expect(guest.frames.length).toBe(3);
    const back = guest.frames.flatMap((f) => [...f.subarray(34, 14 + ((f[16]! << 8) | f[17]!))]);
    expect(back.slice(8)).toEqual(data);
    expect(guest.frames.map((f) => (((f[20]! << 8) | f[21]!) & 0x1fff) * 8)).toEqual([0, 1480, 2960]);
  });

  test('has no more flows than allowed', () => {
    const { guest, net } = rig({ limits: { flows: 10 } });
    for (let i = 0; i < 100; i += 1) guest.sendPacket(udp('10.0.2.15', 5000 + i, '10.0.2.2', 7, [1]));
    expect(net.statistics.flows).toBe(10);
  });

  test('is forwarded from the host, and the answer finds its way', async () => {
    const { guest, host, net } = rig();
    const forward = await net.forward({ protocol: 'udp', hostAddress: '127.0.0.1', hostPort: 0, guestPort: 53 });
    guest.askForGateway();
    guest.frames.length = 0;
    const answers: string[] = [];
    const peer = host.udp(4, { datagram: (data, from) => answers.push(`${String.fromCharCode(...data)} from ${from.port}`) });
    host.sendDatagram(Uint8Array.from(text('query')), { host: '127.0.0.1', port: forward.hostPort }, { host: '127.0.0.1', port: peer.port });
    const [frame] = guest.frames;
    expect([...frame!.subarray(42, 47)]).toEqual(text('query'));
    host.respond({ host: '127.0.0.1', port: peer.port }, (data) => answers.push(String.fromCharCode(...data)));
    guest.sendPacket(udp('10.0.2.15', 53, '10.0.2.2', peer.port, text('reply')));
    expect(answers).toEqual(['reply']);
    expect(net.statistics.flows).toBe(0);
  });
});

describe('names', () => {
  test('are asked of the host\'s resolver, by UDP and by TCP', async () => {
    const { clock, guest, host } = rig();
    host.nameServers.push({ host: '192.0.2.53', port: 53 });
    host.respond({ host: '192.0.2.53', port: 53 }, (data, _from, answer) => answer(data));
    host.serve({ host: '192.0.2.53', port: 53 }, (peer) => peer.send(Uint8Array.of(9)));
    guest.sendPacket(udp('10.0.2.15', 5000, '10.0.2.3', 53, text('name')));
    expect([...guest.frames[0]!.subarray(26, 36)]).toEqual([10, 0, 2, 3, 10, 0, 2, 15, 0, 53]);
    const c = guest.connect('10.0.2.3', 53);
    await Promise.resolve();
    clock.advance(1e8);
    expect([c.state, c.received]).toEqual(['open', 1]);
  });

  test('are not asked in a restricted network', () => {
    const { guest, net } = rig({ restrict: true });
    guest.sendPacket(udp('10.0.2.15', 5000, '10.0.2.3', 53, text('name')));
    expect([guest.frames[0]![23], guest.frames[0]![34], guest.frames[0]![35]]).toEqual([1, 3, 13]);
    expect(net.statistics.flows).toBe(0);
  });
});

describe('echoes and neighbours', () => {
  const echo = (to: string): number[] => {
    const body = [8, 0, 0, 0, 0, 1, 0, 1, ...text('ping')];
    body.splice(2, 2, ...u16(checksum(body)));
    return ip('10.0.2.15', to, 1, body);
  };

  test('the gateway answers an echo, and says that it cannot ask others', () => {
    const { guest } = rig();
    guest.sendPacket(echo('10.0.2.2'));
    guest.sendPacket(echo('192.0.2.1'));
    const [reply, refusal] = guest.frames;
    expect([reply![34], ...reply!.subarray(38, 46)]).toEqual([0, 0, 1, 0, 1, ...text('ping')]);
    expect(checksum(reply!, 34, 46)).toBe(0);
    expect([refusal![34], refusal![35], ...refusal!.subarray(58, 62)]).toEqual([3, 13, 192, 0, 2, 1]);
  });

  test('the gateway is found by ARP, and nobody else is', () => {
    const { guest } = rig();
    guest.askForGateway();
    expect([...guest.frames[0]!.subarray(20, 32)]).toEqual([0, 2, 0x52, 0x55, 0x0a, 0, 2, 2, 10, 0, 2, 2]);
    guest.net.send(ethernet(BROADCAST_MAC, GUEST_MAC, 0x806, [0, 1, 8, 0, 6, 4, 0, 1, ...GUEST_MAC, 10, 0, 2, 15, 0, 0, 0, 0, 0, 0, 10, 0, 2, 77]));
    expect(guest.frames.length).toBe(1);
  });

  test('IPv6: a router advertises prefix and name server, is found, and answers an echo', () => {
    const { guest } = rig();
    const solicitation = summed('fe80::15', 'ff02::2', 58, [133, 0, 0, 0, 0, 0, 0, 0], 2);
    guest.net.send(ethernet([0x33, 0x33, 0, 0, 0, 2], GUEST_MAC, 0x86dd, ip('fe80::15', 'ff02::2', 58, solicitation, 255)));
    const advertisement = guest.frames[0]!;
    expect([advertisement[54], advertisement[21]]).toEqual([134, 255]);
    expect([...advertisement.subarray(54 + 48, 54 + 64)]).toEqual(v6('fec0::0'));
    expect([...advertisement.subarray(54 + 72, 54 + 88)]).toEqual(v6('fec0::3'));
    expect(checksum([...advertisement.subarray(22, 54), 0, 58, ...advertisement.subarray(18, 20), ...advertisement.subarray(54)])).toBe(0);
    const asked = summed('fec0::15', 'ff02::1:ff00:2', 58, [135, 0, 0, 0, 0, 0, 0, 0, ...v6('fec0::2'), 1, 1, ...GUEST_MAC], 2);
    guest.net.send(ethernet([0x33, 0x33, 0xff, 0, 0, 2], GUEST_MAC, 0x86dd, ip('fec0::15', 'ff02::1:ff00:2', 58, asked, 255)));
    const neighbour = guest.frames[1]!;
    expect([neighbour[54], ...neighbour.subarray(62, 78)]).toEqual([136, ...v6('fec0::2')]);
    const ping = summed('fec0::15', 'fec0::2', 58, [128, 0, 0, 0, 0, 1, 0, 1, 1, 2, 3], 2);
    guest.sendPacket(ip('fec0::15', 'fec0::2', 58, ping));
    expect([guest.frames[2]![54], ...guest.frames[2]!.subarray(62, 65)]).toEqual([129, 1, 2, 3]);
  });
});

import { describe, expect, test } from 'vitest';
import { MemoryHost, formatHostForward, parseGuestForward, parseHostForward, userNetwork } from '../index.ts';

describe('forward rules', () => {
  test.each([
    ['tcp::2222-:22', { protocol: 'tcp', hostAddress: '127.0.0.1', hostPort: 2222, guestPort: 22 }],
    ['::2222-:22', { protocol: 'tcp', hostAddress: '127.0.0.1', hostPort: 2222, guestPort: 22 }],
    ['udp:0.0.0.0:53-10.0.2.20:5353', { protocol: 'udp', hostAddress: '0.0.0.0', hostPort: 53, guestAddress: '10.0.2.20', guestPort: 5353 }],
    ['tcp:[::1]:80-[fec0::15]:80', { protocol: 'tcp', hostAddress: '::1', hostPort: 80, guestAddress: 'fec0::15', guestPort: 80 }],
    ['tcp::80-[fec0::15]:80', { protocol: 'tcp', hostAddress: '::1', hostPort: 80, guestAddress: 'fec0::15', guestPort: 80 }],
  ])('%s is read as QEMU spells it', (text, rule) => {
    expect(parseHostForward(text)).toEqual(rule);
    expect(parseHostForward(formatHostForward(parseHostForward(text)))).toEqual(rule);
  });

  test.each(['', 'tcp', 'tcp:2222-22', 'sctp::1-:2', 'tcp::70000-:22', 'tcp::1-:0', 'tcp:300.0.0.1:1-:2', 'tcp::1-here:2', 'tcp:::1:80-:80'])(
    '"%s" is refused with a code', (text) => {
      expect(() => parseHostForward(text)).toThrow(expect.objectContaining({ code: 'net/bad-forward' }));
    });

  test('a guest forward names both ends', () => {
    expect(parseGuestForward('tcp:10.0.2.100:80-tcp:127.0.0.1:8080')).toEqual({ address: '10.0.2.100', port: 80, hostAddress: '127.0.0.1', hostPort: 8080 });
    expect(() => parseGuestForward('10.0.2.100:80-cmd:netcat')).toThrow(/net\/bad-forward/);
  });
});

describe('options', () => {
  test('are all checked before any is believed', () => {
    const make = (): unknown => userNetwork({
      sockets: new MemoryHost(), mtu: 100, mac: '01:00:00:00:00:00', hostname: 'a b', ipv4: { network: '10.0.2.0/33' },
      ipv6: { gateway: 'fec1::2', dns: 'nowhere' }, limits: { buffer: 100_000 },
    });
    let codes: string[] = [];
    try {
      make();
    } catch (error) {
      codes = (error as { problems: { code: string; place: string }[] }).problems.map((p) => `${p.code} ${p.place}`);
    }
    expect(codes.sort()).toEqual([
      'net/bad-address ipv6.dns', 'net/bad-cidr ipv4.network', 'net/bad-mac mac', 'net/bad-option hostname', 'net/bad-option limits.buffer',
      'net/bad-option mtu', 'net/outside-network ipv6.gateway',
    ]);
  });
});

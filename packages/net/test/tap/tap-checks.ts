import dgram from 'node:dgram';
import { openSync } from 'node:fs';
import { dlopen } from 'node:ffi';
import { tapBackend } from '@polyvisor/net/node';
import { check, ip, soon } from './checks.ts';

const OUR_MAC = Buffer.from('525400123456', 'hex');
const BROADCAST = Buffer.alloc(6, 255);

/** A request for the address 10.9.0.1 by 10.9.0.2 (RFC 826). */
const ARP_REQUEST = Buffer.concat([BROADCAST, OUR_MAC, Buffer.from('08060001080006040001', 'hex'), OUR_MAC, Buffer.from([10, 9, 0, 2]), Buffer.alloc(6), Buffer.from([10, 9, 0, 1])]);

export async function tapChecks(): Promise<void> {
  const tap = await tapBackend({ ifname: 'tap%d' });
  check('the host chooses a name', tap.ifname === 'tap0');
  const frames: Buffer[] = [];
  let room = true;
  tap.attach({
    receive(frame) {
      if (room) frames.push(Buffer.from(frame));
      return room;
    },
    onDrained: () => undefined,
  });
  tap.send(ARP_REQUEST);
  check('an interface that is down loses a frame', tap.lost === 1);
  ip('addr', 'add', '10.9.0.1/24', 'dev', tap.ifname);
  ip('link', 'set', tap.ifname, 'up');
  tap.send(ARP_REQUEST);
  const answer = (frame: Buffer): boolean => frame.readUInt16BE(12) === 0x0806 && frame.readUInt16BE(20) === 2 && frame.subarray(0, 6).equals(OUR_MAC);
  check('the kernel answers a frame', await soon(() => frames.some(answer)));

  // Its neighbour is known now: datagrams come as frames, also those that the card had no room for at first.
  room = false;
  const socket = dgram.createSocket('udp4');
  for (const text of ['first', 'second', 'third']) socket.send(text, 9, '10.9.0.2');
  await new Promise((resolve) => setTimeout(resolve, 50));
  room = true;
  const received = (): string[] => frames.filter((frame) => frame.readUInt16BE(12) === 0x0800).map((frame) => frame.toString('latin1', 42));
  check('frames wait for a card without room', await soon(() => received().length === 3) && received().join() === 'first,second,third');
  socket.close();

  check('a second program is refused', await refusedWith('EBUSY', { ifname: tap.ifname }));
  check('another kind of interface is refused', await refusedWith('EINVAL', { ifname: 'lo' }));
  check('a file without an interface is refused', await refusedWith('EBADFD', { fd: openSync('/dev/net/tun', 'r+') }));
  check('a name that is too long is refused', await refusedWith('15 characters', { ifname: 'a-name-of-16-char' }));

  const fd = openSync('/dev/net/tun', 'r+');
  const request = Buffer.alloc(40);
  request.write('given0');
  request.writeUInt16LE(0x1002, 16);
  using libc = dlopen(null, { ioctl: { arguments: ['int32', 'uint64', 'buffer'], return: 'int32' } });
  libc.functions.ioctl(fd, 0x400454can, request);
  const given = await tapBackend({ fd });
  check('an attached file is taken', given.ifname === 'given0');
  given.close();

  let link: boolean | undefined;
  tap.onLink = (up) => { link = up; };
  ip('link', 'del', tap.ifname);
  check('the cable is out when the interface is gone', await soon(() => link === false) && !tap.linkUp);
  tap.send(ARP_REQUEST);
  tap.close();
}

async function refusedWith(text: string, options: Parameters<typeof tapBackend>[0]): Promise<boolean> {
  try {
    const tap = await tapBackend(options);
    tap.close();
    return false;
  } catch (error) {
    return error instanceof Error && error.message.includes(text);
  }
}

/**
 * Runs in a process of its own, which holds the TAP device as file 3: it attaches the device to its interface, for which
 * Node has no call of its own, and then reads it, which nothing could interrupt in the process of a machine.
 * It imports nothing of other packages, which a checkout would have to resolve.
 * Arguments: "new" and the name that is wanted, or "attached". Writes to standard output, each behind its length as four
 * big-endian bytes, the interface's name (16 bytes, zeros behind it) and then frames. To standard error it writes why it ends, as the name of an error.
 */
import { constants as files, readSync, writeSync } from 'node:fs';
import { dlopen, getInt32 } from 'node:ffi';
import { constants as system } from 'node:os';
import { LARGEST_FRAME } from './largest-frame.ts';

const TAP = 3;
/** linux/if_tun.h. */
const TUNSETIFF = 0x400454can;
const TUNGETIFF = 0x800454d2n;
const Flag = { IFF_TAP: 0x0002, IFF_NO_PI: 0x1000, IFF_VNET_HDR: 0x4000 };
/** struct ifreq (linux/if.h): a name of 16 bytes, flags behind it. */
const IFREQ_SIZE = 40;
const IFNAMSIZ = 16;
const F_SETFL = 4;
const PR_SET_PDEATHSIG = 1;

const { functions: libc } = dlopen(null, {
  ioctl: { arguments: ['int32', 'uint64', 'buffer'], return: 'int32' },
  fcntl: { arguments: ['int32', 'int32', 'uint64'], return: 'int32' },
  prctl: { arguments: ['int32', 'uint64'], return: 'int32' },
  __errno_location: { arguments: [], return: 'pointer' },
});

function ioctl(request: bigint, value: Buffer): void {
  if (libc.ioctl(TAP, request, value) === 0) return;
  const number = getInt32(libc.__errno_location());
  const names: [string, number][] = [...Object.entries(system.errno), ['EBADFD', 77]];
  end(names.find(([, known]) => known === number)?.[0] ?? `error ${number}`);
}

function end(why: string): never {
  writeSync(2, why);
  process.exit(1);
}

const record = Buffer.alloc(4 + LARGEST_FRAME);
function pass(length: number): void {
  record.writeUInt32BE(length);
  for (let at = 0; at < 4 + length;) at += writeSync(1, record, at, 4 + length - at);
}

// Whoever started it may be killed: nobody else would end a process that waits for frames.
libc.prctl(PR_SET_PDEATHSIG, BigInt(system.signals.SIGKILL));
const request = Buffer.alloc(IFREQ_SIZE);
if (process.argv[2] === 'new') {
  request.write(process.argv[3] ?? '', 0, IFNAMSIZ - 1, 'latin1');
  request.writeUInt16LE(Flag.IFF_TAP | Flag.IFF_NO_PI, IFNAMSIZ);
  ioctl(TUNSETIFF, request);
} else {
  ioctl(TUNGETIFF, request);
  const flags = request.readUInt16LE(IFNAMSIZ);
  if ((flags & (Flag.IFF_TAP | Flag.IFF_NO_PI | Flag.IFF_VNET_HDR)) !== (Flag.IFF_TAP | Flag.IFF_NO_PI)) end('not IFF_TAP | IFF_NO_PI');
}
// Reading waits, even where who opened the device did not want to.
libc.fcntl(TAP, F_SETFL, BigInt(files.O_RDWR));
request.copy(record, 4, 0, IFNAMSIZ);
pass(IFNAMSIZ);
for (;;) pass(readSync(TAP, record, 4, LARGEST_FRAME, null));

import { Errno } from '../errno.ts';
import { MOST_DESCRIPTORS } from '../files/descriptors.ts';
import { PAGE, STACK_LIMIT } from '../memory/layout.ts';
import { call, type Call, type Caller } from './call.ts';
import { Structure } from './structure.ts';

/** What uname tells of the kernel: the version of Linux whose calls these are. */
export const RELEASE = '6.1.0-polyvisor';
const FIELD = 65;

function uname({ user, system }: Caller, address: number): number {
  const s = new Structure(6 * FIELD);
  ['Linux', system.hostname.slice(0, FIELD - 1), RELEASE, '#1', 'x86_64', '(none)'].forEach((text, i) => s.text(i * FIELD, text));
  user.store(address, s.bytes);
  return 0;
}

/** Limits by number (include/uapi/asm-generic/resource.h); what is not here is not limited. */
const Limit = { stack: 3, descriptors: 7, count: 16 } as const;

function limitOf(resource: number): number {
  if (resource === Limit.stack) return STACK_LIMIT;
  return resource === Limit.descriptors ? MOST_DESCRIPTORS : -1;
}

/** `broad`: the fields have 64 bits. Infinity is all ones. */
function getLimit(caller: Caller, resource: number, address: number, broad: boolean): number {
  if (resource < 0 || resource >= Limit.count) return -Errno.EINVAL;
  const word = broad ? 8 : 4;
  const limit = limitOf(resource);
  const hard = resource === Limit.stack ? -1 : limit;
  caller.user.store(address, new Structure(2 * word).long(0, limit, broad).long(word, hard, broad).bytes);
  return 0;
}

function limits(caller: Caller, pid: number, resource: number, now: number, before: number): number {
  if (pid !== 0 && pid !== caller.process.identity.pid) return -Errno.ESRCH;
  // Limits are fixed.
  if (now !== 0) return resource >= 0 && resource < Limit.count ? -Errno.EPERM : -Errno.EINVAL;
  return before === 0 ? 0 : getLimit(caller, resource, before, true);
}

/** Most random bytes that one call gives. */
const MOST_RANDOM = 2 ** 25 - 1;

function getRandom({ user, system }: Caller, address: number, size: number, flags: number): number {
  if ((flags & ~7) !== 0) return -Errno.EINVAL;
  let done = 0;
  const wanted = Math.min(size, MOST_RANDOM);
  while (done < wanted) {
    const chunk = new Uint8Array(Math.min(PAGE, wanted - done));
    system.random(chunk);
    const copied = user.copyOut(address + done, chunk);
    done += copied;
    if (copied < chunk.length) return done > 0 ? done : -Errno.EFAULT;
  }
  return done;
}

/** `struct sysinfo` (include/uapi/linux/sysinfo.h). */
function sysinfo({ user, system, wide }: Caller, address: number): number {
  const word = wide ? 8 : 4;
  const { frames, clock } = system;
  const s = new Structure(wide ? 112 : 64).long(0, Math.floor(clock.now() / 1e9), wide);
  // In units of pages, so that 32-bit words suffice.
  s.long(4 * word, frames.total, wide).long(5 * word, frames.free, wide).u16(10 * word, 1).u32(wide ? 104 : 52, PAGE);
  user.store(address, s.bytes);
  return 0;
}

/** Operations of prctl (include/uapi/linux/prctl.h). */
const Operation = { getDumpable: 3, setName: 15, getName: 16, getNoNewPrivileges: 39, setNoNewPrivileges: 38 } as const;
const NAME = 16;

function processControl({ user, process }: Caller, operation: number, argument: number): number {
  switch (operation) {
    case Operation.getDumpable:
      return 1;
    case Operation.setName: {
      const text = user.text(argument, NAME);
      if (typeof text === 'number' && text !== -Errno.ENAMETOOLONG) return text;
      process.name = typeof text === 'string' ? text.slice(0, NAME - 1) : String.fromCharCode(...user.bytes(argument, NAME - 1));
      return 0;
    }
    case Operation.getName:
      user.store(argument, new Structure(NAME).text(0, process.name).bytes);
      return 0;
    case Operation.setNoNewPrivileges:
    case Operation.getNoNewPrivileges:
      // No program gains privileges here.
      return operation === Operation.getNoNewPrivileges ? 1 : 0;
    default:
      return -Errno.EINVAL;
  }
}

const pid = ({ process }: Caller): number => process.identity.pid;
const uid = ({ process }: Caller): number => process.identity.uid;
const gid = ({ process }: Caller): number => process.identity.gid;

/** The same number three times: real, effective, saved. */
const three = (number: (c: Caller) => number) => (c: Caller, a: number, b: number, d: number): number => {
  for (const address of [a, b, d]) c.user.storeU32(address, number(c));
  return 0;
};

export const systemCalls: readonly Call[] = [
  call('uname', 63, 122, 'ptr', uname),
  call('getpid', 39, 20, '', pid),
  call('getppid', 110, 64, '', () => 0),
  call('getpgrp', 111, 65, '', pid),
  call('getpgid', 121, 132, 'int', (c, of) => (of === 0 || of === pid(c) ? pid(c) : -Errno.ESRCH)),
  call('getsid', 124, 147, 'int', (c, of) => (of === 0 || of === pid(c) ? pid(c) : -Errno.ESRCH)),
  call('getuid', 102, 24, '', uid),
  call('getgid', 104, 47, '', gid),
  call('geteuid', 107, 49, '', uid),
  call('getegid', 108, 50, '', gid),
  call('getuid32', -1, 199, '', uid),
  call('getgid32', -1, 200, '', gid),
  call('geteuid32', -1, 201, '', uid),
  call('getegid32', -1, 202, '', gid),
  call('getresuid', 118, -1, 'ptr ptr ptr', three(uid)),
  call('getresgid', 120, -1, 'ptr ptr ptr', three(gid)),
  call('getresuid32', -1, 209, 'ptr ptr ptr', three(uid)),
  call('getresgid32', -1, 211, 'ptr ptr ptr', three(gid)),
  call('getgroups', 115, 80, 'int ptr', () => 0),
  call('getgroups32', -1, 205, 'int ptr', () => 0),
  call('getrlimit', 97, -1, 'int ptr', (c, resource, address) => getLimit(c, resource, address, true)),
  call('ugetrlimit', -1, 191, 'int ptr', (c, resource, address) => getLimit(c, resource, address, false)),
  call('prlimit64', 302, 340, 'int int ptr ptr', limits),
  call('getrandom', 318, 355, 'ptr size hex', getRandom),
  call('sysinfo', 99, 116, 'ptr', sysinfo),
  call('prctl', 157, 172, 'int ptr ptr ptr ptr', processControl),
  call('getcpu', 309, 318, 'ptr ptr ptr', ({ user }, cpu, node) => {
    for (const address of [cpu, node]) if (address !== 0) user.storeU32(address, 0);
    return 0;
  }),
];

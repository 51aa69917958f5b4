import type { VcpuState } from '@polyvisor/core';
import { BLOCKED, Errno } from '../errno.ts';
import { TLS_COUNT, TLS_FIRST, encodeDescriptor, isEmpty, type UserDescriptor } from '../process/segments.ts';
import { call, type Call, type Caller } from './call.ts';
import { Structure } from './structure.ts';
import { readTimespec, waitUntil } from './time.ts';

/** Codes of arch_prctl (arch/x86/include/uapi/asm/prctl.h). */
const Code = { setGs: 0x1001, setFs: 0x1002, getFs: 0x1003, getGs: 0x1004 } as const;

function setBase(state: VcpuState, name: 'fs' | 'gs', base: number): void {
  state.setSegment(name, { ...state.segment(name), selector: 0, base: BigInt(base) });
}

function archControl({ user, state, process, wide }: Caller, code: number, argument: number): number {
  if (!wide) return -Errno.EINVAL;
  switch (code) {
    case Code.setFs:
    case Code.setGs:
      if (argument >= process.memory.layout.end) return -Errno.EPERM;
      setBase(state, code === Code.setFs ? 'fs' : 'gs', argument);
      return 0;
    case Code.getFs:
    case Code.getGs:
      user.store(argument, new Structure(8).big(0, state.segment(code === Code.getFs ? 'fs' : 'gs').base).bytes);
      return 0;
    default:
      return -Errno.EINVAL;
  }
}

const readDescriptor = ({ user }: Caller, address: number): UserDescriptor => ({
  entry: user.i32(address), base: user.u32(address + 4), limit: user.u32(address + 8), flags: user.u32(address + 12),
});

/** Fills one of three entries of the descriptor table; the program loads its selector into GS afterwards. */
function setThreadArea(caller: Caller, address: number): number {
  const { user, process: { threadAreas }, system } = caller;
  const descriptor = readDescriptor(caller, address);
  if (user.failed) return -Errno.EFAULT;
  const free = threadAreas.findIndex((area) => area === undefined);
  if (descriptor.entry === -1 && free < 0) return -Errno.ESRCH;
  const entry = descriptor.entry === -1 ? TLS_FIRST + free : descriptor.entry;
  if (entry < TLS_FIRST || entry >= TLS_FIRST + TLS_COUNT) return -Errno.EINVAL;
  // Conforming code and 16-bit segments are refused, as in Linux (arch/x86/kernel/tls.c, tls_desc_okay).
  if (!isEmpty(descriptor) && ((descriptor.flags & 1) === 0 || ((descriptor.flags >> 1) & 3) > 1)) return -Errno.EINVAL;
  threadAreas[entry - TLS_FIRST] = isEmpty(descriptor) ? undefined : { ...descriptor, entry };
  const [low, high] = encodeDescriptor(descriptor);
  system.setDescriptor(entry, low, high);
  if (descriptor.entry === -1) user.storeU32(address, entry);
  return 0;
}

function getThreadArea({ user, process: { threadAreas } }: Caller, address: number): number {
  const entry = user.i32(address);
  if (entry < TLS_FIRST || entry >= TLS_FIRST + TLS_COUNT) return -Errno.EINVAL;
  // What set_thread_area calls an empty entry.
  const area = threadAreas[entry - TLS_FIRST] ?? { base: 0, limit: 0, flags: 0x28 };
  user.store(address, new Structure(16).u32(0, entry).u32(4, area.base).u32(8, area.limit).u32(12, area.flags).bytes);
  return 0;
}

/** Operations of futex (include/uapi/linux/futex.h) without the flags for private ones and for the clock. */
const Futex = { wait: 0, wake: 1, waitBits: 9, wakeBits: 10, flags: 0x180 } as const;

/** With one thread nobody else can change the word or wait on it: waiting lasts until the time is over. */
function futex(broad: (c: Caller) => boolean) {
  return (caller: Caller, address: number, operation: number, value: number, timeout: number): number => {
    const { user, system } = caller;
    switch (operation & ~Futex.flags) {
      case Futex.wait:
      case Futex.waitBits: {
        if (address % 4 !== 0) return -Errno.EINVAL;
        const now = user.u32(address);
        if (user.failed) return -Errno.EFAULT;
        if (now !== value) return -Errno.EAGAIN;
        if (timeout === 0) return BLOCKED;
        const time = readTimespec(caller, timeout, broad(caller));
        if (time < 0) return time;
        // FUTEX_WAIT counts from now, FUTEX_WAIT_BITSET gives a moment: of the real-time clock with flag 256.
        const epoch = (operation & 0x100) !== 0 ? Number(system.epoch) : 0;
        const until = (operation & ~Futex.flags) === Futex.wait ? system.clock.now() + time : time - epoch;
        return waitUntil(caller, until) === BLOCKED ? BLOCKED : -Errno.ETIMEDOUT;
      }
      case Futex.wake:
      case Futex.wakeBits:
        return 0;
      default:
        return -Errno.ENOSYS;
    }
  };
}

/** The set of processors that a thread may run on: the first. */
function getAffinity({ user, process, wide }: Caller, pid: number, size: number, address: number): number {
  if (pid !== 0 && pid !== process.identity.pid) return -Errno.ESRCH;
  const word = wide ? 8 : 4;
  if (size < word || size % word !== 0) return -Errno.EINVAL;
  user.store(address, new Structure(word).u32(0, 1).bytes);
  return word;
}

const pid = ({ process }: Caller): number => process.identity.pid;

/** Ends the program. With one thread, ending the thread and ending all of them are the same. */
function exit({ process }: Caller, status: number): number {
  process.end = { kind: 'exit', status: status & 0xff };
  return 0;
}

export const threadCalls: readonly Call[] = [
  call('exit', 60, 1, 'int', exit),
  call('exit_group', 231, 252, 'int', exit),
  call('arch_prctl', 158, 384, 'hex ptr', archControl),
  call('set_thread_area', -1, 243, 'ptr', setThreadArea),
  call('get_thread_area', -1, 244, 'ptr', getThreadArea),
  // Where a thread's end would be told; there is no other thread to hear of it.
  call('set_tid_address', 218, 258, 'ptr', pid),
  call('set_robust_list', 273, 311, 'ptr size', (c, _head, size) => (size === (c.wide ? 24 : 12) ? 0 : -Errno.EINVAL)),
  call('futex', 202, 240, 'ptr hex uint ptr ptr uint', futex((c) => c.wide)),
  call('futex_time64', -1, 422, 'ptr hex uint ptr ptr uint', futex(() => true)),
  call('sched_getaffinity', 204, 242, 'int uint ptr', getAffinity),
  call('sched_yield', 24, 158, '', () => 0),
  call('gettid', 186, 224, '', pid),
  call('wait4', 61, 114, 'int ptr hex ptr', () => -Errno.ECHILD),
];


import { Errno } from '../errno.ts';
import { MOST_SIGNALS, Signal, signalName } from '../process/signals.ts';
import { call, type Call, type Caller } from './call.ts';
import { Structure } from './structure.ts';

/** Bytes of a signal set. */
const SET = 8;

/**
 * `struct sigaction` of the kernel: x86-64 has handler, flags, restorer, mask; i386 the same with words of 4 bytes
 * (arch/x86/include/uapi/asm/signal.h).
 */
function action(caller: Caller, signal: number, now: number, before: number, size: number): number {
  const { user, process: { signals }, wide } = caller;
  if (size !== SET) return -Errno.EINVAL;
  if (signal < 1 || signal > MOST_SIGNALS) return -Errno.EINVAL;
  if (now !== 0 && (signal === Signal.KILL || signal === Signal.STOP)) return -Errno.EINVAL;
  const word = wide ? 8 : 4;
  const old = signals.action(signal);
  if (now !== 0) {
    const read = (i: number): number => (wide ? user.u64(now + i * word) : user.u32(now + i * word));
    const next = { handler: read(0), flags: read(1), restorer: read(2), mask: user.bytes(now + 3 * word, SET) };
    if (user.failed) return -Errno.EFAULT;
    signals.setAction(signal, next);
  }
  if (before !== 0) {
    const s = new Structure(3 * word + SET).long(0, old.handler, wide).long(word, old.flags, wide).long(2 * word, old.restorer, wide);
    s.bytes.set(old.mask, 3 * word);
    user.store(before, s.bytes);
  }
  return 0;
}

const How = { block: 0, unblock: 1, set: 2 } as const;

function mask({ user, process }: Caller, how: number, now: number, before: number, size: number): number {
  const { signals } = process;
  if (size !== SET) return -Errno.EINVAL;
  const old = signals.mask;
  if (now !== 0) {
    const given = user.bytes(now, SET);
    if (user.failed) return -Errno.EFAULT;
    if (how !== How.block && how !== How.unblock && how !== How.set) return -Errno.EINVAL;
    const next = given.map((bits, i) => (how === How.set ? bits : how === How.block ? bits | old[i]! : old[i]! & ~bits));
    for (const never of [Signal.KILL, Signal.STOP]) next[(never - 1) >> 3]! &= ~(1 << ((never - 1) & 7));
    signals.mask = next;
  }
  if (before !== 0) user.store(before, old);
  process.raisePending();
  return 0;
}

const StackFlag = { disabled: 2, autoDisarm: 0x80000000 } as const;

function alternateStack({ user, process: { signals }, wide }: Caller, now: number, before: number): number {
  const word = wide ? 8 : 4;
  const old = signals.stack;
  if (now !== 0) {
    const read = (at: number): number => (wide ? user.u64(now + at) : user.u32(now + at));
    const next = { pointer: read(0), flags: user.i32(now + word), size: read(2 * word) };
    if (user.failed) return -Errno.EFAULT;
    signals.stack = (next.flags & StackFlag.disabled) !== 0 ? { pointer: 0, size: 0, flags: StackFlag.disabled } : next;
  }
  if (before !== 0) {
    user.store(before, new Structure(3 * word).long(0, old.pointer, wide).u32(word, old.flags).long(2 * word, old.size, wide).bytes);
  }
  return 0;
}

/** There is one process with one thread: signals go to it or to nobody. */
function send({ process }: Caller, target: number, signal: number): number {
  if (signal < 0 || signal > MOST_SIGNALS) return -Errno.EINVAL;
  const { pid } = process.identity;
  if (target !== pid && target !== 0 && target !== -pid && target !== -1) return -Errno.ESRCH;
  // To everybody means everybody else.
  if (target === -1) return -Errno.ESRCH;
  if (signal !== 0) process.raise(signal, `it sent itself ${signalName(signal)}`);
  return 0;
}

export const signalCalls: readonly Call[] = [
  call('rt_sigaction', 13, 174, 'int ptr ptr size', action),
  call('rt_sigprocmask', 14, 175, 'int ptr ptr size', mask),
  call('rt_sigpending', 127, 176, 'ptr size', ({ user, process: { signals } }, address, size) => {
    if (size > SET) return -Errno.EINVAL;
    const set = new Uint8Array(SET);
    for (const signal of signals.pending) set[(signal - 1) >> 3]! |= 1 << ((signal - 1) & 7);
    user.store(address, set.subarray(0, size));
    return 0;
  }),
  call('sigaltstack', 131, 186, 'ptr ptr', alternateStack),
  call('kill', 62, 37, 'int int', send),
  call('tkill', 200, 238, 'int int', (c, thread, signal) => (thread <= 0 ? -Errno.EINVAL : send(c, thread, signal))),
  call('tgkill', 234, 270, 'int int int', (c, group, thread, signal) =>
    group <= 0 || thread <= 0 ? -Errno.EINVAL : group !== thread ? -Errno.ESRCH : send(c, thread, signal)),
];

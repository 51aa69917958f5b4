import { Errno } from '../errno.ts';
import { MOST_DESCRIPTORS } from '../files/descriptors.ts';
import { PollEvent } from '../files/open-file.ts';
import { BLOCKED } from '../errno.ts';
import { call, type Call, type Caller } from './call.ts';
import { readTimespec, waitUntil } from './time.ts';

/** Bytes of a `struct pollfd`: descriptor, events asked for, events found. */
const ENTRY = 8;

/** Looks at each descriptor; waits up to `timeout` nanoseconds (below 0: for ever) until one has something. */
function poll(caller: Caller, entries: number, count: number, timeout: number): number {
  const { user, process } = caller;
  if (count < 0 || count > MOST_DESCRIPTORS) return -Errno.EINVAL;
  const bytes = user.bytes(entries, count * ENTRY);
  if (user.failed) return -Errno.EFAULT;
  const view = new DataView(bytes.buffer);
  let found = 0;
  for (let at = 0; at < bytes.length; at += ENTRY) {
    const fd = view.getInt32(at, true);
    const events = view.getInt16(at + 4, true);
    const file = process.descriptors.get(fd);
    const now = fd < 0 ? 0 : file === undefined ? PollEvent.invalid : file.poll(events);
    view.setInt16(at + 6, now, true);
    if (now !== 0) found++;
  }
  if (found === 0 && timeout !== 0) {
    const waited = timeout < 0 ? BLOCKED : waitUntil(caller, caller.system.clock.now() + timeout);
    if (waited === BLOCKED) return BLOCKED;
  }
  user.store(entries, bytes);
  return found;
}

function pollWithTimespec(broad: (c: Caller) => boolean) {
  return (caller: Caller, entries: number, count: number, time: number): number => {
    const timeout = time === 0 ? -1 : readTimespec(caller, time, broad(caller));
    return time !== 0 && timeout < 0 ? timeout : poll(caller, entries, count, timeout);
  };
}

export const pollCalls: readonly Call[] = [
  call('poll', 7, 168, 'ptr uint int', (c, entries, count, timeout) => poll(c, entries, count, timeout * 1e6)),
  call('ppoll', 271, 309, 'ptr uint ptr ptr size', pollWithTimespec((c) => c.wide)),
  call('ppoll_time64', -1, 414, 'ptr uint ptr ptr size', pollWithTimespec(() => true)),
];

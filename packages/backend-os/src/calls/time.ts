import { BLOCKED, Errno } from '../errno.ts';
import { call, type Call, type Caller } from './call.ts';
import { Structure } from './structure.ts';

const SECOND = 1_000_000_000;

/** Clocks (include/uapi/linux/time.h). A processor-time clock counts as long as the program runs, sleep included. */
const Clock = { realtime: 0, monotonic: 1, processTime: 2, threadTime: 3, monotonicRaw: 4, realtimeCoarse: 5, monotonicCoarse: 6, bootTime: 7 } as const;

/** What a clock shows, in nanoseconds; undefined for one that does not exist. */
function clockTime({ system }: Caller, clock: number): bigint | undefined {
  switch (clock) {
    case Clock.realtime:
    case Clock.realtimeCoarse:
      return system.epoch + BigInt(system.clock.now());
    case Clock.monotonic:
    case Clock.monotonicRaw:
    case Clock.monotonicCoarse:
    case Clock.bootTime:
    case Clock.processTime:
    case Clock.threadTime:
      return BigInt(system.clock.now());
    default:
      return undefined;
  }
}

/** Writes seconds and a fraction in words of the program's ABI; `broad` is for the calls whose times have 64 bits everywhere. */
function storeTime({ user }: Caller, address: number, time: bigint, unit: number, broad: boolean): void {
  const seconds = Number(time / BigInt(SECOND));
  const fraction = Math.floor(Number(time % BigInt(SECOND)) / unit);
  user.store(address, new Structure(broad ? 16 : 8).long(0, seconds, broad).long(broad ? 8 : 4, fraction, broad).bytes);
}

/** A `timespec` in nanoseconds, or a negated error number. */
export function readTimespec({ user }: Caller, address: number, broad: boolean): number {
  const [seconds, fraction] = broad ? [user.i64(address), user.i64(address + 8)] : [user.i32(address), user.i32(address + 4)];
  if (user.failed) return -Errno.EFAULT;
  return seconds < 0 || fraction < 0 || fraction >= SECOND ? -Errno.EINVAL : seconds * SECOND + fraction;
}

function getTime(broad: (c: Caller) => boolean) {
  return (caller: Caller, clock: number, address: number): number => {
    const time = clockTime(caller, clock);
    if (time === undefined) return -Errno.EINVAL;
    storeTime(caller, address, time, 1, broad(caller));
    return 0;
  };
}

function getResolution(broad: (c: Caller) => boolean) {
  return (caller: Caller, clock: number, address: number): number => {
    if (clockTime(caller, clock) === undefined) return -Errno.EINVAL;
    if (address !== 0) storeTime(caller, address, 1n, 1, broad(caller));
    return 0;
  };
}

function getTimeOfDay(caller: Caller, time: number, zone: number): number {
  if (time !== 0) storeTime(caller, time, clockTime(caller, Clock.realtime)!, 1000, caller.wide);
  if (zone !== 0) caller.user.store(zone, new Uint8Array(8));
  return 0;
}

function getSeconds(caller: Caller, address: number): number {
  const seconds = Number(clockTime(caller, Clock.realtime)! / BigInt(SECOND));
  if (address !== 0) {
    if (caller.wide) caller.user.storeI64(address, seconds);
    else caller.user.storeU32(address, seconds);
  }
  return seconds;
}

/** Waits until guest time `until`; 0 when it has come, else `BLOCKED`. The blocked call finds the same end when it is made again. */
export function waitUntil({ process, system }: Caller, until: number): number {
  process.deadline ??= until;
  if (system.clock.now() >= process.deadline) return 0;
  system.wakeAt(process.deadline);
  return BLOCKED;
}

function sleep(caller: Caller, address: number, broad: boolean): number {
  const duration = readTimespec(caller, address, broad);
  return duration < 0 ? duration : waitUntil(caller, caller.system.clock.now() + duration);
}

const TIMER_ABSTIME = 1;

function clockSleep(broad: (c: Caller) => boolean) {
  return (caller: Caller, clock: number, flags: number, address: number): number => {
    const now = clockTime(caller, clock);
    if (now === undefined) return -Errno.EINVAL;
    if ((flags & TIMER_ABSTIME) === 0) return sleep(caller, address, broad(caller));
    const time = readTimespec(caller, address, broad(caller));
    return time < 0 ? time : waitUntil(caller, caller.system.clock.now() + Math.max(0, time - Number(now)));
  };
}

/** Clock ticks of `times` in a second (USER_HZ). */
const TICKS = 100;

function times({ user, system, wide }: Caller, address: number): number {
  const ticks = Math.floor(system.clock.now() / (SECOND / TICKS));
  const word = wide ? 8 : 4;
  if (address !== 0) user.store(address, new Structure(4 * word).long(0, ticks, wide).bytes);
  return ticks;
}

/** `struct rusage`: the processor time of the program; what else it could tell is not counted and reads 0, as Linux does for most. */
function getUsage({ user, system, wide }: Caller, who: number, address: number): number {
  if (who < -1 || who > 1) return -Errno.EINVAL;
  const word = wide ? 8 : 4;
  const s = new Structure(18 * word);
  const microseconds = who === -1 ? 0 : Math.floor(system.clock.now() / 1000);
  s.long(0, Math.floor(microseconds / 1e6), wide).long(word, microseconds % 1e6, wide);
  user.store(address, s.bytes);
  return 0;
}

const native = (c: Caller): boolean => c.wide;
const always = (): boolean => true;

export const timeCalls: readonly Call[] = [
  call('clock_gettime', 228, 265, 'int ptr', getTime(native)),
  call('clock_gettime64', -1, 403, 'int ptr', getTime(always)),
  call('clock_getres', 229, 266, 'int ptr', getResolution(native)),
  call('clock_getres_time64', -1, 406, 'int ptr', getResolution(always)),
  call('gettimeofday', 96, 78, 'ptr ptr', getTimeOfDay),
  call('time', 201, 13, 'ptr', getSeconds),
  call('nanosleep', 35, 162, 'ptr ptr', (c, request) => sleep(c, request, c.wide)),
  call('clock_nanosleep', 230, 267, 'int hex ptr ptr', clockSleep(native)),
  call('clock_nanosleep_time64', -1, 407, 'int hex ptr ptr', clockSleep(always)),
  call('times', 100, 43, 'ptr', times),
  call('getrusage', 98, 77, 'int ptr', getUsage),
];

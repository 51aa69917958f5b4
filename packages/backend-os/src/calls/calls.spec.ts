import { describe, expect, test } from 'vitest';
import { makeElf } from '../../test/elf.ts';
import { OsRig, SCRATCH, type RigOptions } from '../../test/rig.ts';

const files = { '/etc/motd': 'Hello from the host.\n', '/etc/empty': '', '/etc/link': { link: 'motd' }, '/data/big': 'x'.repeat(20000) };
const AT_FDCWD = -100;
const STRING = SCRATCH + 0x8000;

describe.each([64, 32] as const)('with the %i-bit ABI', (bits) => {
  const make = (options: RigOptions = {}): OsRig => new OsRig({ program: makeElf({ bits }), files, ...options });
  const open = (rig: OsRig, path: string, flags = 0): number => rig.call('openat', AT_FDCWD, rig.poke(STRING, `${path}\0`), flags, 0)!;
  const word = bits / 8;
  const words = (...values: number[]): Uint8Array => {
    const bytes = new Uint8Array(values.length * word);
    const view = new DataView(bytes.buffer);
    values.forEach((value, i) => { view.setUint32(i * word, value, true); });
    return bytes;
  };
  const map = (rig: OsRig, wish: number, length: number, prot: number, flags: number, fd: number, page = 0): number =>
    rig.call(bits === 64 ? 'mmap' : 'mmap2', wish, length, prot, flags, fd, bits === 64 ? page * 4096 : page)!;

  test('reads a file of the host, seeks in it and finds its end', () => {
    const rig = make();
    const fd = open(rig, '/etc/link');
    expect(fd).toBe(3);
    expect([rig.call('read', fd, SCRATCH, 5), rig.text(SCRATCH, 5)]).toEqual([5, 'Hello']);
    expect([rig.call('lseek', fd, -6, 2), rig.call('read', fd, SCRATCH, 100), rig.text(SCRATCH, 6)]).toEqual([15, 6, 'host.\n']);
    expect(rig.call('read', fd, SCRATCH, 100)).toBe(0);
    expect([rig.call('pread64', fd, SCRATCH, 4, 6, 0), rig.text(SCRATCH, 4)]).toEqual([4, 'from']);
    expect([rig.call('close', fd), rig.call('close', fd), rig.call('read', fd, SCRATCH, 1)]).toEqual([0, -9, -9]);
  });

  test('writes to the console, also in pieces', () => {
    const rig = make();
    rig.poke(STRING, 'one two');
    expect(rig.call('write', 1, STRING, 4)).toBe(4);
    rig.poke(SCRATCH, words(STRING + 4, 3, STRING, 3));
    expect(rig.call('writev', 2, SCRATCH, 2)).toBe(6);
    expect([rig.output.text, rig.error.text]).toEqual(['one ', 'twoone']);
  });

  test('answers bad addresses with EFAULT, and writes nothing', () => {
    const rig = make();
    const bad = [0, 0x7000_0000, bits === 64 ? -1 : 0xffff_f000];
    expect(bad.map((at) => rig.call('write', 1, at, 4))).toEqual([-14, -14, -14]);
    expect(bad.map((at) => rig.call('read', open(rig, '/etc/motd'), at, 4))).toEqual([-14, -14, -14]);
    expect(bad.map((at) => rig.call('openat', AT_FDCWD, at, 0, 0))).toEqual([-14, -14, -14]);
    expect(bad.map((at) => rig.call('uname', at))).toEqual([-14, -14, -14]);
    expect(rig.call('write', 1, rig.call('brk', 0)! - 1 + 4096, 4)).toBe(-14);
    expect(rig.output.text).toBe('');
  });

  test('refuses to change the host', () => {
    const rig = make();
    expect([open(rig, '/etc/motd', 1), open(rig, '/etc/new', 0o101), open(rig, '/no/new', 0o101), open(rig, '/etc/motd', 0o1000)]).toEqual([-30, -30, -2, -30]);
    expect(['unlink', 'mkdir', 'chmod', 'rename', 'rmdir'].map((name) => rig.call(name, STRING, 0))).toEqual(Array(5).fill(-30));
    expect(rig.call('access', rig.poke(STRING, '/etc/motd\0'), 2)).toBe(-30);
  });

  test('tells what a file is', () => {
    const rig = make();
    rig.poke(STRING, '/etc/link\0');
    const [stat, lstat] = bits === 64 ? ['stat', 'lstat'] : ['stat64', 'lstat64'];
    const [mode, size] = bits === 64 ? [24, 48] : [16, 44];
    const look = () => { const view = rig.view(SCRATCH, 144); return [view.getUint32(mode, true).toString(8), view.getUint32(size, true)]; };
    expect([rig.call(stat, STRING, SCRATCH), look()]).toEqual([0, ['100755', 21]]);
    expect([rig.call(lstat, STRING, SCRATCH), look()]).toEqual([0, ['120777', 4]]);
    expect(rig.call('statx', AT_FDCWD, STRING, 0, 0x7ff, SCRATCH)).toBe(0);
    expect(rig.view(SCRATCH, 256).getUint32(40, true)).toBe(21);
    expect(rig.call('statx', 1, rig.poke(STRING, '\0'), 0x1000, 0x7ff, SCRATCH)).toBe(0);
    expect(rig.view(SCRATCH, 256).getUint16(28, true) & 0o170000).toBe(0o010000);
  });

  test('lists a directory, in pieces as small as asked for', () => {
    const rig = make();
    const fd = open(rig, '/etc');
    const names: string[] = [];
    for (let got = rig.call('getdents64', fd, SCRATCH, 64)!; got > 0; got = rig.call('getdents64', fd, SCRATCH, 64)!) {
      for (let at = 0; at < got; at += rig.view(SCRATCH + at + 16, 2).getUint16(0, true)) names.push(rig.text(SCRATCH + at + 19, 5).split('\0')[0]!);
    }
    expect(names).toEqual(['.', '..', 'motd', 'empty', 'link']);
    expect(rig.call('getdents64', 1, SCRATCH, 64)).toBe(-20);
    expect([rig.call('lseek', fd, 0, 0), rig.call('getdents64', fd, SCRATCH, 8)]).toEqual([0, -22]);
  });

  test('maps memory where there is room, and takes it away', () => {
    const rig = make();
    const at = map(rig, 0, 10000, 3, 0x22, -1);
    rig.poke(at + 9999, 'z');
    expect([rig.text(at + 9999, 1), rig.peek(at, 1)[0]]).toEqual(['z', 0]);
    expect(map(rig, at, 4096, 3, 0x22, -1)).not.toBe(at);
    expect(map(rig, at, 4096, 3, 0x100022, -1)).toBe(-17);
    expect(map(rig, at, 4096, 3, 0x32, -1)).toBe(at);
    expect(rig.call('munmap', at, 12288)).toBe(0);
    expect(rig.call('write', 1, at, 1)).toBe(-14);
    expect([map(rig, 0, 0, 3, 0x22, -1), map(rig, 1, 4096, 3, 0x32, -1), rig.call('munmap', at + 1, 4096)]).toEqual([-22, -22, -22]);
  });

  test('maps a file, privately, and faults behind its end', () => {
    const rig = make();
    const fd = open(rig, '/data/big');
    const at = map(rig, 0, 5 * 4096, 3, 2, fd, 1);
    expect([rig.text(at, 3), rig.peek(at + 20000 - 4096, 1)[0]]).toEqual(['xxx', 0]);
    rig.poke(at, 'y');
    expect([rig.call('pread64', fd, SCRATCH, 1, 4096, 0), rig.text(SCRATCH, 1), rig.text(at, 2)]).toEqual([1, 'x', 'yx']);
    expect(map(rig, 0, 4096, 3, 1, fd)).toBe(-13);
    expect([map(rig, 0, 4096, 1, 2, 0), map(rig, 0, 4096, 1, 2, 1)]).toEqual([-19, -13]);
    rig.call('close', fd);
    expect(rig.text(at + 8192, 1)).toBe('x');
    expect(rig.fault(at + 16384, 4)).toEqual({ kind: 'power-off', status: 135 });
  });

  test('moves the end of the heap', () => {
    const rig = make();
    const start = rig.call('brk', 0)!;
    expect([rig.call('brk', start + 5000), rig.call('brk', start - 1), rig.call('brk', 0)]).toEqual([start + 5000, start + 5000, start + 5000]);
    rig.poke(start + 4999, 'h');
    expect(rig.call('brk', start)).toBe(start);
    expect(rig.call('brk', start + 5000)).toBe(start + 5000);
    expect(rig.peek(start + 4999, 1)[0]).toBe(0);
  });

  test('grows mappings in place or elsewhere, with their content', () => {
    const rig = make();
    const at = map(rig, 0, 3 * 4096, 3, 0x22, -1);
    rig.poke(at, 'first');
    rig.poke(at + 8192, 'third');
    map(rig, at + 3 * 4096, 4096, 3, 0x32, -1);
    expect(rig.call('mremap', at, 3 * 4096, 5 * 4096, 0)).toBe(-12);
    const moved = rig.call('mremap', at, 3 * 4096, 5 * 4096, 1)!;
    expect([rig.text(moved, 5), rig.text(moved + 8192, 5), rig.peek(moved + 4 * 4096, 1)[0]]).toEqual(['first', 'third', 0]);
    expect(rig.call('write', 1, at, 1)).toBe(-14);
    expect([rig.call('mremap', moved, 5 * 4096, 4096, 0), rig.call('write', 1, moved + 8192, 1)]).toEqual([moved, -14]);
    rig.call('munmap', moved + 4096, 4096);
    expect([rig.call('mremap', moved, 4096, 3 * 4096, 0), rig.text(moved, 5)]).toEqual([moved, 'first']);
  });

  test('forgets what madvise gives away', () => {
    const rig = make();
    const at = map(rig, 0, 4096, 3, 0x22, -1);
    rig.poke(at, 'x');
    expect([rig.call('madvise', at, 4096, 4), rig.peek(at, 1)[0], rig.call('madvise', at, 4096, 99)]).toEqual([0, 0, -22]);
  });

  test('shares descriptors that were duplicated', () => {
    const rig = make();
    const fd = open(rig, '/etc/motd');
    expect([rig.call('dup', fd), rig.call('dup2', fd, 9), rig.call('fcntl', fd, 0, 20), rig.call('dup3', fd, fd, 0)]).toEqual([4, 9, 20, -22]);
    rig.call('read', fd, SCRATCH, 6);
    rig.call('close', fd);
    expect([rig.call('read', 9, SCRATCH, 4), rig.text(SCRATCH, 4)]).toEqual([4, 'from']);
    expect([rig.call('fcntl', 9, 1, 0), rig.call('fcntl', 9, 2, 1), rig.call('fcntl', 9, 1, 0), rig.call('fcntl', 9, 99, 0)]).toEqual([0, 0, 1, -22]);
  });

  test('knows what is a terminal', () => {
    const rig = make();
    expect([rig.call('ioctl', 0, 0x5401, SCRATCH), rig.call('ioctl', 77, 0x5401, SCRATCH)]).toEqual([-25, -9]);
    expect([open(rig, '/dev/tty'), open(rig, '/dev/null', 1), rig.call('write', 3, STRING, 5)]).toEqual([-6, 3, 5]);
  });

  test('sleeps until the time is over', () => {
    const rig = make();
    rig.poke(SCRATCH, words(2, 5));
    expect(rig.answer('nanosleep', SCRATCH, 0)).toEqual({ kind: 'wait' });
    expect(rig.alarms).toEqual([2_000_000_005]);
    rig.clock.advance(2_000_000_005);
    rig.ring();
    rig.again();
    expect(rig.result).toBe(0);
    rig.poke(SCRATCH, words(0, 1e9));
    expect(rig.call('nanosleep', SCRATCH, 0)).toBe(-22);
  });

  test('waits for input with a limit', () => {
    const rig = make();
    const entry = new Uint8Array(8);
    entry[4] = 1;
    expect(rig.call('poll', rig.poke(SCRATCH, entry), 1, 0)).toBe(0);
    expect(rig.answer('poll', SCRATCH, 1, 50)).toEqual({ kind: 'wait' });
    rig.input.feed('x');
    rig.ring();
    rig.again();
    expect([rig.result, rig.view(SCRATCH, 8).getInt16(6, true)]).toEqual([1, 1]);
    entry[0] = 50;
    expect([rig.call('poll', rig.poke(SCRATCH, entry), 1, -1), rig.view(SCRATCH, 8).getInt16(6, true)]).toEqual([1, 32]);
  });

  test('tells the time', () => {
    const rig = make({ config: { epoch: 1_700_000_000_500 } });
    rig.clock.advance(700_000_000);
    expect(rig.call('time', 0)).toBe(1_700_000_001);
    rig.call('clock_gettime', 0, SCRATCH);
    expect([rig.view(SCRATCH, 16).getUint32(0, true), rig.view(SCRATCH, 16).getUint32(word, true)]).toEqual([1_700_000_001, 200_000_000]);
    rig.call('clock_gettime', 1, SCRATCH);
    expect([rig.view(SCRATCH, 16).getUint32(0, true), rig.view(SCRATCH, 16).getUint32(word, true)]).toEqual([0, 700_000_000]);
    expect(rig.call('clock_gettime', 99, SCRATCH)).toBe(-22);
  });

  test('shows the process to itself', () => {
    const rig = make({ config: { argv: ['prog', 'x'], cwd: '/etc' } });
    expect(rig.call('readlink', rig.poke(STRING, '/proc/self/exe\0'), SCRATCH, 100)).toBe(12);
    expect(rig.text(SCRATCH, 12)).toBe('/bin/program');
    const maps = open(rig, '/proc/self/maps');
    const length = rig.call('read', maps, SCRATCH, 4096)!;
    expect(rig.text(SCRATCH, length)).toMatch(/^00400000-00402000 r-xp 00000000 00:00 0 +\/bin\/program\n[^]*\[stack\]\n$/);
    expect([rig.call('getcwd', SCRATCH, 100), rig.text(SCRATCH, 5), rig.call('getcwd', SCRATCH, 4)]).toEqual([5, '/etc\0', -34]);
    expect(open(rig, '/proc/1/environ')).toBe(-2);
    expect(open(rig, 'motd')).toBeGreaterThan(2);
  });

  test('gives random bytes, limits and names', () => {
    const rig = make();
    expect([rig.call('getrandom', SCRATCH, 5, 0), rig.peek(SCRATCH, 6)]).toEqual([5, Uint8Array.of(0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0)]);
    rig.call('prlimit64', 0, 3, 0, SCRATCH);
    expect(rig.view(SCRATCH, 16).getUint32(0, true)).toBe(8 * 2 ** 20);
    rig.call('uname', SCRATCH);
    expect(rig.text(SCRATCH, 5)).toBe('Linux');
    expect(rig.call('wait4', -1, 0, 0, 0)).toBe(-10);
  });

  test('a futex that nobody can wake waits as long as it was told', () => {
    const rig = make();
    rig.poke(SCRATCH, words(7));
    rig.poke(SCRATCH + 64, words(1, 0));
    expect(rig.call('futex', SCRATCH, 0, 8, 0)).toBe(-11);
    expect(rig.answer('futex', SCRATCH, 128, 7, SCRATCH + 64)).toEqual({ kind: 'wait' });
    rig.clock.advance(1e9);
    rig.ring();
    rig.again();
    expect([rig.result, rig.call('futex', SCRATCH, 1, 1)]).toEqual([-110, 0]);
  });

  test('a closed pipe at its output ends the program', () => {
    const rig = make();
    rig.output.failure = -32;
    expect(rig.answer('write', 1, STRING, 1)).toEqual({ kind: 'power-off', status: 141 });
  });

  test('hands out thread-local storage', () => {
    const rig = make();
    if (bits === 64) {
      expect([rig.call('arch_prctl', 0x1002, 0x12345000), rig.vcpu.state.segment('fs').base]).toEqual([0, 0x12345000n]);
      expect([rig.call('arch_prctl', 0x1003, SCRATCH), rig.view(SCRATCH, 8).getUint32(0, true)]).toEqual([0, 0x12345000]);
      expect(rig.call('arch_prctl', 0x1002, -1)).toBe(-1);
      return;
    }
    rig.poke(SCRATCH, words(-1, 0x12345000, 0xfffff, 0x51));
    expect([rig.call('set_thread_area', SCRATCH), rig.view(SCRATCH, 4).getInt32(0, true)]).toEqual([0, 12]);
    expect(rig.descriptor(12)).toEqual([0x5000ffff, 0x12dff334]);
    expect([rig.call('get_thread_area', SCRATCH), rig.view(SCRATCH, 16).getUint32(4, true)]).toEqual([0, 0x12345000]);
  });
});

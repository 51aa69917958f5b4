import { describe, expect, test } from 'vitest';
import { openSection, saveSection } from '@polyvisor/core';
import { describeDevice } from '@polyvisor/testkit/vitest';
import { FakeBus, coldAccess, rig, suiteDriver } from '../../test/rig.ts';
import { MessageReader, MessageWriter } from './codec.ts';
import { MemoryFolder } from './memory-folder.ts';
import { virtioP9Mmio, virtioP9Pci } from './p9.ts';
import { AT_REMOVEDIR, Attr, ERRNO, MAX_MSIZE, Mode, Open, T, VERSION } from './protocol.ts';

type Build = (message: MessageWriter) => unknown;

function message(type: number, build: Build = () => undefined, tag = 1): Uint8Array {
  const writer = new MessageWriter(new Uint8Array(70_000), 70_000);
  build(writer);
  writer.finish(type, tag);
  return writer.bytes.slice(0, writer.length);
}

function share(given: Record<string, unknown> = {}, fsdev = new MemoryFolder({ 'a.txt': 'alpha', dir: { 'b.txt': 'beta' } })) {
  const made = rig(virtioP9Pci, { mount_tag: 'tag', ...given }, { services: { fsdev } });
  const driver = made.start({ allBut: [], bufferBytes: 0x80000 });
  const queue = driver.queues[0]!;
  /** Sends a request and reads its reply; a number is an errno. */
  const call = (type: number, build?: Build): MessageReader | number => {
    queue.add([{ read: message(type, build) }, { write: 70_000 }]);
    driver.notify(0);
    const bytes = queue.contents(queue.takeUsed()!);
    const reader = new MessageReader(bytes);
    expect(new DataView(bytes.buffer).getUint32(0, true)).toBe(bytes.length);
    if (bytes[4] === T.LERROR + 1) return reader.u32();
    expect(bytes[4]).toBe(type + 1);
    return reader;
  };
  const ok = (type: number, build?: Build): MessageReader => {
    const reply = call(type, build);
    if (typeof reply === 'number') throw new Error(`request ${type} fails with ${reply}`);
    return reply;
  };
  const walk = (from: number, to: number, ...names: string[]) => call(T.WALK, (m) => { m.u32(from).u32(to).u16(names.length); for (const name of names) m.string(name); });
  const begin = () => {
    ok(T.VERSION, (m) => m.u32(65536).string(VERSION));
    ok(T.ATTACH, (m) => m.u32(0).u32(0xffff_ffff).string('root').string('').u32(0));
    return api;
  };
  const read = (fid: number, at = 0, count = 1000) => {
    const reply = ok(T.READ, (m) => m.u32(fid).u64(at).u32(count));
    return new TextDecoder().decode(reply.data(reply.u32()));
  };
  const api = { ...made, driver, queue, call, ok, walk, begin, read, fsdev };
  return api;
}

test('tells its tag', () => {
  const { driver } = share({ mount_tag: 'work' });
  expect([driver.device.read(0, 2), driver.device.read(2, 4)]).toEqual([4, 0x6b726f77]);
});

test('agrees on a version and on a size that it bounds', () => {
  const { ok, call } = share();
  const reply = ok(T.VERSION, (m) => m.u32(2 ** 31).string(VERSION));
  expect([reply.u32(), reply.string()]).toEqual([MAX_MSIZE, VERSION]);
  const other = ok(T.VERSION, (m) => m.u32(8192).string('9P2000'));
  other.u32();
  expect(other.string()).toBe('unknown');
  expect(call(T.ATTACH, (m) => m.u32(0).u32(0).string('').string('').u32(0))).toBe(ERRNO['EPROTO']);
});

test('walks, opens and reads', () => {
  const s = share().begin();
  const walked = s.walk(0, 1, 'dir', 'b.txt');
  expect(typeof walked !== 'number' && [walked.u16(), walked.u8()]).toEqual([2, 0x80]);
  s.ok(T.LOPEN, (m) => m.u32(1).u32(0));
  expect([s.read(1), s.read(1, 2), s.read(1, 99)]).toEqual(['beta', 'ta', '']);
  s.ok(T.CLUNK, (m) => m.u32(1));
  expect(s.call(T.READ, (m) => m.u32(1).u64(0).u32(1))).toBe(ERRNO['EBADF']);
});

test('stays inside: dots lead no further than to the folder itself', () => {
  const s = share().begin();
  expect(typeof s.walk(0, 1, '..', '..', 'a.txt')).toBe('object');
  s.ok(T.LOPEN, (m) => m.u32(1).u32(0));
  expect(s.read(1)).toBe('alpha');
  for (const name of ['a/b', '', 'x\0y']) expect(s.walk(0, 2, name)).toBe(ERRNO['EINVAL']);
  for (const name of ['..', '.', 'a/b']) expect(s.call(T.MKDIR, (m) => m.u32(0).string(name).u32(0o755).u32(0))).toBe(ERRNO['EINVAL']);
  expect(s.walk(0, 2, 'x'.repeat(256))).toBe(ERRNO['ENAMETOOLONG']);
});

test('answers a walk that gets some way with how far, and makes no fid', () => {
  const s = share().begin();
  const part = s.walk(0, 5, 'dir', 'nothing');
  expect(typeof part !== 'number' && part.u16()).toBe(1);
  expect(s.walk(0, 5, 'nothing')).toBe(ERRNO['ENOENT']);
  expect(s.call(T.CLUNK, (m) => m.u32(5))).toBe(ERRNO['EBADF']);
});

test('makes, writes, changes, renames and removes', () => {
  const s = share().begin();
  s.walk(0, 1);
  s.ok(T.LCREATE, (m) => m.u32(1).string('new').u32(Open.READ_WRITE).u32(0o640).u32(0));
  const data = new TextEncoder().encode('content');
  expect(s.ok(T.WRITE, (m) => { m.u32(1).u64(0).u32(data.length); for (const byte of data) m.u8(byte); }).u32()).toBe(7);
  s.ok(T.FSYNC, (m) => m.u32(1).u32(0));
  s.ok(T.SETATTR, (m) => m.u32(1).u32(Attr.SIZE | Attr.MODE | Attr.MTIME | Attr.MTIME_SET).u32(0o600).u32(0).u32(0).u64(4).u64(0).u64(0).u64(5).u64(500_000_000));
  const attributes = s.ok(T.GETATTR, (m) => m.u32(1).u64(0x7ff));
  attributes.data(8 + 13);
  expect([attributes.u32(), attributes.u32(), attributes.u32(), attributes.u64(), attributes.u64(), attributes.u64()]).toEqual([Mode.FILE | 0o600, 0, 0, 1, 0, 4]);
  expect(s.fsdev.stat(['new']).mtime).toBe(5500);
  s.walk(0, 2, 'dir');
  s.ok(T.RENAMEAT, (m) => m.u32(0).string('new').u32(2).string('moved'));
  expect(s.read(1)).toBe('cont');
  s.walk(2, 3, 'moved');
  s.ok(T.LINK, (m) => m.u32(0).u32(3).string('hard'));
  expect(s.call(T.UNLINKAT, (m) => m.u32(0).string('dir').u32(0))).toBe(ERRNO['EISDIR']);
  expect(s.call(T.UNLINKAT, (m) => m.u32(0).string('dir').u32(AT_REMOVEDIR))).toBe(ERRNO['ENOTEMPTY']);
  s.ok(T.UNLINKAT, (m) => m.u32(0).string('hard').u32(0));
  s.ok(T.REMOVE, (m) => m.u32(3));
  expect(s.fsdev.list(['dir'])).toEqual(['b.txt']);
});

test('keeps fids on what they stand for when a folder is renamed', () => {
  const s = share().begin();
  s.walk(0, 1, 'dir', 'b.txt');
  s.ok(T.RENAMEAT, (m) => m.u32(0).string('dir').u32(0).string('other'));
  s.ok(T.LOPEN, (m) => m.u32(1).u32(0));
  expect(s.read(1)).toBe('beta');
});

describe('a file that is open and has lost its name', () => {
  const sizeOf = (s: ReturnType<typeof share>, fid: number): number => {
    const attributes = s.ok(T.GETATTR, (m) => m.u32(fid).u64(0x7ff));
    attributes.data(8 + 13 + 12 + 16);
    return attributes.u64();
  };
  const cut = (s: ReturnType<typeof share>, fid: number, size: number) =>
    s.ok(T.SETATTR, (m) => m.u32(fid).u32(Attr.SIZE).u32(0).u32(0).u32(0).u64(size).u64(0).u64(0).u64(0).u64(0));
  const opened = () => {
    const s = share({}, new MemoryFolder({ 'a.txt': 'alpha', 'other.txt': 'otherwise' })).begin();
    s.walk(0, 1, 'a.txt');
    s.walk(0, 2, 'a.txt');
    s.ok(T.LOPEN, (m) => m.u32(1).u32(Open.READ_WRITE));
    return s;
  };

  test('is there until it is closed, though another file has the name by then', () => {
    const s = opened();
    s.ok(T.UNLINKAT, (m) => m.u32(0).string('a.txt').u32(0));
    expect(sizeOf(s, 1)).toBe(5);
    s.walk(0, 3);
    s.ok(T.LCREATE, (m) => m.u32(3).string('a.txt').u32(Open.READ_WRITE).u32(0o640).u32(0));
    s.ok(T.WRITE, (m) => m.u32(3).u64(0).u32(3).u8(78).u8(69).u8(87));
    cut(s, 1, 2);
    expect([sizeOf(s, 1), s.read(1), sizeOf(s, 3), s.read(3)]).toEqual([2, 'al', 3, 'NEW']);
    // A fid that only named it tells of it too, as long as it is open, and then leads nowhere: not to the new one.
    cut(s, 2, 1);
    expect([sizeOf(s, 2), sizeOf(s, 3), s.call(T.LOPEN, (m) => m.u32(2).u32(0))]).toEqual([1, 3, ERRNO['ENOENT']]);
    s.ok(T.CLUNK, (m) => m.u32(1));
    expect(s.call(T.GETATTR, (m) => m.u32(2).u64(0x7ff))).toBe(ERRNO['ENOENT']);
  });

  test('also when a file is moved over it', () => {
    const s = opened();
    s.walk(0, 3, 'other.txt');
    s.ok(T.RENAMEAT, (m) => m.u32(0).string('other.txt').u32(0).string('a.txt'));
    expect([sizeOf(s, 1), s.read(1), sizeOf(s, 2), sizeOf(s, 3)]).toEqual([5, 'alpha', 5, 9]);
  });

  test('has not, when two names of it are one', () => {
    const s = opened();
    s.ok(T.LINK, (m) => m.u32(0).u32(2).string('hard'));
    s.ok(T.RENAMEAT, (m) => m.u32(0).string('hard').u32(0).string('a.txt'));
    expect([sizeOf(s, 2), s.fsdev.list([])]).toEqual([5, ['a.txt', 'other.txt', 'hard']]);
  });

  test('is not opened again after a restore', () => {
    const s = opened();
    s.ok(T.UNLINKAT, (m) => m.u32(0).string('a.txt').u32(0));
    s.fsdev.open(['a.txt'], { read: true, write: true, append: false, truncate: false, create: { mode: 0o644, exclusive: true } });
    const section = saveSection('p9', virtioP9Pci.kind, virtioP9Pci.state, () => s.device.save?.());
    const copy = rig(virtioP9Pci, { mount_tag: 'tag' }, { services: { fsdev: s.fsdev }, memory: s.memory, saved: openSection('p9', virtioP9Pci.state, section) });
    s.queue.add([{ read: message(T.READ, (m) => m.u32(1).u64(0).u32(100)) }, { write: 100 }]);
    copy.bar(4).write(0x3000, 2, 0);
    const reply = new MessageReader(s.queue.contents(s.queue.takeUsed()!));
    expect(reply.u32()).toBe(ERRNO['ENOENT']);
  });
});

test('lists folders in parts', () => {
  const s = share().begin();
  s.walk(0, 1);
  s.ok(T.LOPEN, (m) => m.u32(1).u32(Open.DIRECTORY));
  const names: string[] = [];
  for (let offset = 0, n = 0; n < 9; n += 1) {
    const reply = s.ok(T.READDIR, (m) => m.u32(1).u64(offset).u32(60));
    let left = reply.u32();
    if (left === 0) break;
    while (left > 0) {
      reply.data(13);
      offset = reply.u64();
      reply.u8();
      const name = reply.string();
      names.push(name);
      left -= 24 + name.length;
    }
  }
  expect(names).toEqual(['.', '..', 'a.txt', 'dir']);
});

test('leaves symbolic links to the guest', () => {
  const s = share().begin();
  s.ok(T.SYMLINK, (m) => m.u32(0).string('link').string('/etc/passwd').u32(0));
  s.walk(0, 1, 'link');
  expect(s.ok(T.READLINK, (m) => m.u32(1)).string()).toBe('/etc/passwd');
  expect(s.call(T.LOPEN, (m) => m.u32(1).u32(0))).toBe(ERRNO['ELOOP']);
  const into = s.walk(0, 2, 'link', 'x');
  expect(typeof into !== 'number' && into.u16()).toBe(1);
});

test.each([
  ['nodes of devices', T.MKNOD, 'EPERM'], ['attributes', T.XATTRWALK, 'EOPNOTSUPP'], ['authentication', T.AUTH, 'EOPNOTSUPP'], ['what it does not know', 99, 'EOPNOTSUPP'],
] as const)('refuses %s', (_what, type, code) => {
  expect(share().begin().call(type)).toBe(ERRNO[code]);
});

test('grants locks, and knows of nobody else who has one', () => {
  const s = share().begin();
  expect(s.ok(T.LOCK, (m) => m.u32(0).u8(1).u32(0).u64(0).u64(0).u32(7).string('guest')).u8()).toBe(0);
  const reply = s.ok(T.GETLOCK, (m) => m.u32(0).u8(1).u64(10).u64(20).u32(7).string('guest'));
  expect([reply.u8(), reply.u64(), reply.u64(), reply.u32(), reply.string()]).toEqual([2, 10, 20, 7, 'guest']);
});

test('changes nothing in a share that is read-only', () => {
  const s = share({ readonly: true }).begin();
  expect(s.call(T.MKDIR, (m) => m.u32(0).string('d').u32(0).u32(0))).toBe(ERRNO['EROFS']);
  s.walk(0, 1, 'a.txt');
  expect(s.call(T.LOPEN, (m) => m.u32(1).u32(Open.READ_WRITE))).toBe(ERRNO['EROFS']);
  expect(s.call(T.LOPEN, (m) => m.u32(1).u32(Open.TRUNCATE))).toBe(ERRNO['EROFS']);
  s.ok(T.LOPEN, (m) => m.u32(1).u32(0));
});

test('answers a message that ends too early', () => {
  expect(share().begin().call(T.WALK, (m) => m.u32(0))).toBe(ERRNO['EPROTO']);
});

describe('saving', () => {
  test('keeps fids and what is open', () => {
    const s = share().begin();
    s.walk(0, 1, 'a.txt');
    s.ok(T.LOPEN, (m) => m.u32(1).u32(0));
    const section = saveSection('p9', virtioP9Pci.kind, virtioP9Pci.state, () => s.device.save?.());
    const copy = rig(virtioP9Pci, { mount_tag: 'tag' }, { services: { fsdev: s.fsdev }, memory: s.memory, saved: openSection('p9', virtioP9Pci.state, section) });
    s.queue.add([{ read: message(T.READ, (m) => m.u32(1).u64(0).u32(100)) }, { write: 100 }]);
    copy.bar(4).write(0x3000, 2, 0);
    expect(new TextDecoder().decode(s.queue.contents(s.queue.takeUsed()!).subarray(11))).toBe('alpha');
  });
});

describeDevice(virtioP9Pci, {
  configs: [{ slot: 3, mount_tag: 'tag' }],
  services: ({ trace }) => ({ bus: new FakeBus(trace), fsdev: new MemoryFolder({ 'a.txt': 'alpha' }) }),
  allocation: { cold: coldAccess },
  exercise: suiteDriver(({ random }, driver) => {
    driver.start({ allBut: [], size: 16, base: 0x4000, bufferBytes: 0x8000 });
    const send = (type: number, build: Build) => {
      driver.queues[0]!.add([{ read: message(type, build) }, { write: 600 }]);
      driver.notify(0);
    };
    send(T.VERSION, (m) => m.u32(8192).string(VERSION));
    send(T.ATTACH, (m) => m.u32(0).u32(0).string('').string('').u32(0));
    send(T.WALK, (m) => m.u32(0).u32(1).u16(1).string(random.pick(['a.txt', 'nothing', '..'])));
    send(random.pick([T.LOPEN, T.GETATTR, T.STATFS, T.READLINK]), (m) => m.u32(1).u32(0).u32(0));
    send(random.below(130), (m) => { for (let i = random.below(40); i > 0; i -= 1) m.u8(random.below(256)); });
  }),
});
describeDevice(virtioP9Mmio, { configs: [{ mount_tag: 'tag' }], services: () => ({ fsdev: new MemoryFolder() }), allocation: { cold: coldAccess } });

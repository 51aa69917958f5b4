import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, describe, expect, test } from 'vitest';
import { openImage } from '../image/open-image.ts';
import { FileStore } from '../node/index.ts';
import { deviceSize } from '../node/size-of.ts';
import { RawDisk } from '../raw/raw-disk.ts';
import { scratch } from '../testing/qemu-tools.ts';
import { Random } from '../testing/random.ts';
import { contents, difference, disturb } from '../testing/workload.ts';
import { HttpStore } from './http-store.ts';
import { MemoryStore } from './memory-store.ts';
import type { ByteStore } from './byte-store.ts';

const path = scratch();
/** Numbers of the block devices here. */
const devices = existsSync('/sys/dev/block') ? readdirSync('/sys/dev/block').map((name) => name.split(':').map(BigInt) as [bigint, bigint]) : [];
const STORES: readonly [name: string, make: () => Promise<ByteStore>][] = [
  ['memory', () => Promise.resolve(new MemoryStore())],
  ['a file', () => FileStore.open(path('store'), { create: true })],
];

describe.each(STORES)('a store in %s', (_name, make) => {
  test('reads zeros where nothing was written, and behind its end', async () => {
    const store = await make();
    await store.resize(0);
    await store.write(700_000, new Uint8Array(100).fill(1));
    expect(store.size).toBe(700_100);
    const bytes = new Uint8Array(300).fill(9);
    await store.read(699_950, bytes);
    expect([bytes.indexOf(1), bytes.lastIndexOf(1), bytes.includes(9)]).toEqual([50, 149, false]);
    await store.resize(700_010);
    await store.resize(700_100);
    await store.read(699_950, bytes);
    expect(bytes.lastIndexOf(1)).toBe(59);
    expect(await store.occupied?.()).toBeGreaterThan(0);
    await store.close();
  });

  test('is a raw disk that holds what a model holds', async () => {
    const store = await make();
    await store.resize(0);
    await store.resize(2 ** 20);
    const disk = new RawDisk(store);
    const model = new Uint8Array(2 ** 20);
    await disturb(disk, model, new Random(4), 50);
    expect(difference(await contents(disk), model)).toBe(-1);
    await disk.close();
    await expect(disk.read(0, new Uint8Array(512))).rejects.toMatchObject({ code: 'block/closed' });
  });
});

describe('a raw disk', () => {
  test('refuses what does not fit it', async () => {
    const disk = new RawDisk(new MemoryStore({ size: 1000 }));
    expect(disk.size).toBe(1024);
    await expect(disk.read(1, new Uint8Array(512))).rejects.toMatchObject({ code: 'block/bad-request' });
    await expect(disk.write(1024, new Uint8Array(512))).rejects.toMatchObject({ code: 'block/bad-request' });
    const still = new RawDisk(new MemoryStore({ size: 1024 }), { readOnly: true });
    await expect(still.writeZeroes(0, 512)).rejects.toMatchObject({ code: 'block/read-only' });
  });

  test('of an ISO 9660 image has blocks of 2048 bytes and is not written', async () => {
    const store = new MemoryStore({ size: 20 * 2048 });
    await store.write(16 * 2048, new TextEncoder().encode('\u0001CD001\u0001'));
    const disk = await openImage(store);
    expect([disk.blockSize, disk.readOnly, disk.size]).toEqual([2048, true, 20 * 2048]);
    const hybrid = await openImage(store, { discs: false });
    expect([hybrid.blockSize, hybrid.readOnly]).toEqual([512, false]);
  });

  test('whose format nobody named takes nothing that would make a qcow2 image of it', async () => {
    const store = new MemoryStore({ size: 4096 });
    const header = new Uint8Array(512);
    header.set([0x51, 0x46, 0x49, 0xfb]);
    const guessed = await openImage(store);
    await expect(guessed.write(0, header)).rejects.toMatchObject({ code: 'block/format-unnamed' });
    await guessed.write(512, header);
    expect((await openImage(store)).constructor).toBe(RawDisk);
    await (await openImage(store, { format: 'raw' })).write(0, header);
    await expect(openImage(store)).rejects.toMatchObject({ code: 'block/bad-field' });
  });
});

describe('a file', () => {
  test('is open for writing once, and for reading beside that', async () => {
    const first = await FileStore.open(path('once'), { create: true });
    await expect(FileStore.open(path('once'))).rejects.toMatchObject({ code: 'block/in-use' });
    const reader = await FileStore.open(path('once'), { readOnly: true });
    await expect(reader.write(0, new Uint8Array(1))).rejects.toMatchObject({ code: 'block/io' });
    await reader.close();
    await first.close();
    await (await FileStore.open(path('once'))).close();
    await expect(FileStore.open(path('nowhere'))).rejects.toMatchObject({ code: 'block/io' });
    // What has no size would be a disk without any.
    for (const strange of [tmpdir(), '/dev/null']) {
      await expect(FileStore.open(strange, { readOnly: true })).rejects.toThrow(/block\/io: opening failed: .*neither a file nor a block device|ENOENT/);
    }
  });

  test.skipIf(devices.length === 0)('of a device is as large as Linux says', async () => {
    for (const [major, minor] of devices) {
      const sectors = Number(readFileSync(`/sys/dev/block/${major}:${minor}/size`, 'utf8'));
      // As glibc's makedev(3) packs them.
      const rdev = ((major & 0xfff_ff000n) << 32n) | ((major & 0xfffn) << 8n) | ((minor & 0xffff_ff00n) << 12n) | (minor & 0xffn);
      expect(await deviceSize(rdev)).toBe(512 * sectors);
    }
  });

  test('that is wanted alone has no readers, before and after', async () => {
    await (await FileStore.open(path('alone'), { create: true })).close();
    const readers = [await FileStore.open(path('alone'), { readOnly: true }), await FileStore.open(path('alone'), { readOnly: true })];
    await expect(FileStore.open(path('alone'), { create: true, alone: true })).rejects.toMatchObject({ code: 'block/in-use' });
    await readers[0]!.close();
    await expect(FileStore.open(path('alone'), { alone: true })).rejects.toMatchObject({ code: 'block/in-use' });
    await readers[1]!.close();
    const writer = await FileStore.open(path('alone'), { alone: true });
    await expect(FileStore.open(path('alone'), { readOnly: true })).rejects.toMatchObject({ code: 'block/in-use' });
    await writer.close();
    await (await FileStore.open(path('alone'), { readOnly: true })).close();
  });
});

describe.skipIf(process.platform !== 'linux')('a file that another process has alone', () => {
  test('can neither be written nor read, until that process has ended', async () => {
    const file = path('elsewhere');
    await (await FileStore.open(file, { create: true })).close();
    const program = `import { FileStore } from '@polyvisor/block/node';
      await FileStore.open(${JSON.stringify(file)}, { alone: true });
      console.log('open');
      setInterval(() => undefined, 1000);`;
    const other = spawn(process.execPath, ['--conditions=@polyvisor/source', '--input-type=module', '-e', program], { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(other, 'close');
    try {
      await once(other.stdout, 'data');
      await expect(FileStore.open(file, { alone: true })).rejects.toMatchObject({ code: 'block/in-use' });
      await expect(FileStore.open(file, { readOnly: true })).rejects.toMatchObject({ code: 'block/in-use' });
    } finally {
      other.kill('SIGKILL');
      await ended;
    }
    await (await FileStore.open(file, { alone: true })).close();
    await (await FileStore.open(file, { readOnly: true })).close();
  });
});

describe('a web server', () => {
  const bytes = new Random(8).bytes(300_001);
  let tag = '"one"';
  let requests = 0;
  const server = createServer((request, response) => {
    requests++;
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    const stale = request.headers['if-range'] !== undefined && request.headers['if-range'] !== tag;
    if (from === undefined || to === undefined || stale || request.url === '/whole') {
      response.writeHead(200).end(bytes);
      return;
    }
    const end = Math.min(Number(to) + 1, bytes.length);
    response.writeHead(206, { 'Content-Range': `bytes ${from}-${end - 1}/${bytes.length}`, ETag: tag }).end(bytes.subarray(Number(from), end));
  });
  const url = new Promise<string>((resolve) => {
    server.listen(0, '127.0.0.1', () => { resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}/disk`); });
  });
  afterAll(() => { server.close(); });

  test('gives any range, in few requests', async () => {
    const store = await HttpStore.open(await url);
    expect([store.size, store.readOnly]).toEqual([bytes.length, true]);
    requests = 0;
    const all = new Uint8Array(bytes.length + 10).fill(1);
    await store.read(0, all);
    expect([difference(all.subarray(0, bytes.length), bytes), all.at(-1), requests]).toEqual([-1, 0, 1]);
    for (const offset of [0, 65_535, 65_536, 299_000]) {
      const part = new Uint8Array(1001);
      await store.read(offset, part);
      expect(difference(part, bytes.subarray(offset, offset + 1001))).toBe(-1);
    }
    expect(requests).toBe(1);
    await expect(store.write()).rejects.toMatchObject({ code: 'block/read-only' });
  });

  test('is refused when it has another version, or no ranges', async () => {
    const store = await HttpStore.open(await url);
    tag = '"two"';
    await expect(store.read(0, new Uint8Array(512))).rejects.toMatchObject({ code: 'block/changed-meanwhile' });
    await expect(HttpStore.open((await url).replace('/disk', '/whole'))).rejects.toMatchObject({ code: 'block/io' });
  });
});

test('a raw image of a file whose size is no multiple of a block ends in zeros', async () => {
  writeFileSync(path('odd'), new Uint8Array(700).fill(3));
  const disk = await openImage(await FileStore.open(path('odd'), { readOnly: true }));
  const all = await contents(disk);
  expect([all.length, all.lastIndexOf(3)]).toEqual([1024, 699]);
  await disk.close();
});

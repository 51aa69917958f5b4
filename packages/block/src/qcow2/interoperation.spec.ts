import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { checkQcow2 } from './check.ts';
import { createQcow2, type Qcow2CreateOptions } from './create.ts';
import { Qcow2Disk } from './disk.ts';
import { copyDisk } from '../image/convert.ts';
import { imageInfo } from '../image/info.ts';
import { openImage, type OpenOptions } from '../image/open-image.ts';
import { FileStore, openBeside } from '../node/file-store.ts';
import { must, scratch, tool, whySkipped, withoutQemu } from '../testing/qemu-tools.ts';
import { Random } from '../testing/random.ts';
import { contents, difference, disturb } from '../testing/workload.ts';

const path = scratch();
const SIZE = 6 * 2 ** 20;

async function open(file: string, options: OpenOptions = {}): Promise<Qcow2Disk> {
  const disk = await openImage(await FileStore.open(file, { readOnly: options.readOnly ?? false }), { openBacking: openBeside, ...options });
  if (!(disk instanceof Qcow2Disk)) throw new Error('no qcow2 image');
  return disk;
}

/** Something to find in an image: text-like, so that it can be compressed, with holes. */
function pattern(seed: number, size = SIZE): Uint8Array {
  const random = new Random(seed);
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 4096) {
    const kind = random.below(4);
    if (kind === 0) continue;
    const noise = kind === 1;
    for (let i = 0; i < 4096; i++) bytes[at + i] = noise ? random.below(256) : 65 + ((at / 4096 + i * kind) % 23);
  }
  return bytes;
}

const VARIANTS = [
  'compat=0.10', 'compat=1.1', 'cluster_size=512', 'cluster_size=4096', 'cluster_size=2M', 'refcount_bits=1', 'refcount_bits=2',
  'refcount_bits=4', 'refcount_bits=8', 'refcount_bits=32', 'refcount_bits=64', 'extended_l2=on', 'extended_l2=on,cluster_size=16k',
  'extended_l2=on,cluster_size=2M', 'lazy_refcounts=on', 'preallocation=metadata', 'preallocation=falloc', 'preallocation=full',
  'extended_l2=on,preallocation=metadata', 'cluster_size=512,refcount_bits=64', 'compression_type=zstd',
];

describe.skipIf(withoutQemu)(`images of qemu-img${whySkipped}`, () => {
  test.each(VARIANTS)('with %s are read, and stay clean and equal when we write', async (variant) => {
    const [raw, image] = [path('source.raw'), path('theirs.qcow2')];
    const model = pattern(7);
    writeFileSync(raw, model);
    must('qemu-img', 'create', '-q', '-f', 'qcow2', '-o', variant, image, String(SIZE));
    must('qemu-img', 'convert', '-n', '-f', 'raw', '-O', 'qcow2', raw, image);
    const disk = await open(image);
    expect(difference(await contents(disk), model)).toBe(-1);
    expect(await checkQcow2(disk)).toMatchObject({ corruptions: 0, leaks: 0 });

    await disturb(disk, model, new Random(VARIANTS.indexOf(variant)), 40);
    expect(difference(await contents(disk), model)).toBe(-1);
    expect((await checkQcow2(disk)).messages).toEqual([]);
    await disk.close();
    writeFileSync(raw, model);
    expect(tool('qemu-img', 'check', image)).toMatchObject({ status: 0 });
    expect(tool('qemu-img', 'compare', '-F', 'raw', image, raw)).toMatchObject({ status: 0 });
  });

  test.each(['compression_type=zlib', 'compression_type=zstd', 'compression_type=zstd,extended_l2=on', 'compression_type=zlib,cluster_size=4096', 'compat=0.10', 'cluster_size=2M,compression_type=zstd'])(
    'compressed with %s are read and overwritten', async (variant) => {
      const [raw, image] = [path('packed.raw'), path('packed.qcow2')];
      const model = pattern(11);
      writeFileSync(raw, model);
      must('qemu-img', 'convert', '-c', '-f', 'raw', '-O', 'qcow2', '-o', variant, raw, image);
      const disk = await open(image);
      expect(difference(await contents(disk), model)).toBe(-1);
      expect((await checkQcow2(disk)).compressedClusters).toBeGreaterThan(0);
      await disturb(disk, model, new Random(5), 40);
      await disk.close();
      writeFileSync(raw, model);
      expect(tool('qemu-img', 'check', image)).toMatchObject({ status: 0 });
      expect(tool('qemu-img', 'compare', '-F', 'raw', image, raw)).toMatchObject({ status: 0 });
    });

  test.each([['qcow2', ''], ['raw', ''], ['qcow2', 'extended_l2=on'], ['qcow2', 'compat=0.10']])('over a backing file (%s, %s) show it, and cover it', async (format, options) => {
    const [raw, base, middle, top] = [path('chain.raw'), path(`base.${format}`), path('middle.qcow2'), path('top.qcow2')];
    const model = pattern(13);
    writeFileSync(raw, model);
    must('qemu-img', 'convert', '-f', 'raw', '-O', format, raw, base);
    const more = options === '' ? [] : ['-o', options];
    must('qemu-img', 'create', '-q', '-f', 'qcow2', '-b', `base.${format}`, '-F', format, ...more, middle);
    must('qemu-io', '-f', 'qcow2', '-c', 'write -P 7 100k 200k', '-c', 'write -z 1M 300k', '-c', 'discard 2M 256k', middle);
    must('qemu-img', 'create', '-q', '-f', 'qcow2', '-b', 'middle.qcow2', '-F', 'qcow2', ...more, top, String(SIZE + 2 ** 20));
    must('qemu-io', '-f', 'qcow2', '-c', 'write -P 9 150k 64k', top);
    must('qemu-img', 'convert', '-f', 'qcow2', '-O', 'raw', top, raw);
    const expected = new Uint8Array(readFileSync(raw));
    const disk = await open(top);
    expect(difference(await contents(disk), expected)).toBe(-1);

    await disturb(disk, expected, new Random(17), 60);
    expect(difference(await contents(disk), expected)).toBe(-1);
    await disk.close();
    writeFileSync(raw, expected);
    expect(tool('qemu-img', 'check', top)).toMatchObject({ status: 0 });
    expect(tool('qemu-img', 'compare', '-F', 'raw', top, raw)).toMatchObject({ status: 0 });
  });

  test.each(['compat=1.1', 'extended_l2=on', 'compat=0.10', 'refcount_bits=2'])('with snapshots (%s) keep them while the disk is written', async (variant) => {
    const [raw, image] = [path('kept.raw'), path('kept.qcow2')];
    const then = pattern(19);
    writeFileSync(raw, then);
    must('qemu-img', 'convert', '-f', 'raw', '-O', 'qcow2', '-o', variant, raw, image);
    must('qemu-img', 'snapshot', '-c', 'before', image);
    must('qemu-io', '-c', 'write -P 3 1M 1M', image);
    must('qemu-img', 'snapshot', '-c', 'between', image);
    const now = then.slice();
    now.fill(3, 2 ** 20, 2 ** 21);
    const between = now.slice();
    const disk = await open(image);
    expect(disk.snapshots.map(({ id, name, size }) => [id, name, size])).toEqual([['1', 'before', SIZE], ['2', 'between', SIZE]]);

    await disturb(disk, now, new Random(23), 60);
    expect(difference(await contents(disk), now)).toBe(-1);
    expect(difference(await contents(await disk.openSnapshot('before')), then)).toBe(-1);
    expect(difference(await contents(await disk.openSnapshot('2')), between)).toBe(-1);
    await expect(disk.openSnapshot('gone')).rejects.toMatchObject({ code: 'block/no-snapshot' });
    expect((await checkQcow2(disk)).messages).toEqual([]);
    await disk.close();
    expect(tool('qemu-img', 'check', image)).toMatchObject({ status: 0 });
    must('qemu-img', 'convert', '-f', 'qcow2', '-l', 'before', '-O', 'raw', image, raw);
    expect(difference(new Uint8Array(readFileSync(raw)), then)).toBe(-1);
  });

  test('are as fragmented as their program says, which counts within a table', async () => {
    const image = path('fragments.qcow2');
    must('qemu-img', 'create', '-q', '-f', 'qcow2', '-o', 'cluster_size=2k', image, '604672');
    must('qemu-io', '-f', 'qcow2', '-c', 'write 510k 2k', '-c', 'write 0 2k', '-c', 'write 512k 20k', '-c', 'write 2k 2k', image);
    const theirs = JSON.parse(must('qemu-img', 'check', '--output=json', image)) as Record<string, unknown>;
    const disk = await open(image, { readOnly: true });
    expect((await checkQcow2(disk)).fragmentedClusters).toBe(theirs['fragmented-clusters'] ?? 0);
    await disk.close();
  });

  test('with dirty bitmaps lose their promise, not their data', async () => {
    const image = path('bitmap.qcow2');
    must('qemu-img', 'create', '-q', '-f', 'qcow2', image, '1M');
    must('qemu-img', 'bitmap', '--add', image, 'changes');
    const reading = await open(image, { readOnly: true });
    expect(await checkQcow2(reading)).toMatchObject({ corruptions: 0, leaks: 0 });
    await reading.close();
    const disk = await open(image);
    await disk.write(0, new Uint8Array(512).fill(1));
    await disk.close();
    expect(tool('qemu-img', 'info', image).stdout).not.toContain('changes');
    expect([0, 3]).toContain(tool('qemu-img', 'check', image).status);
  });
});

const OURS: readonly Omit<Qcow2CreateOptions, 'size'>[] = [
  {}, { version: 2 }, { clusterSize: 512 }, { clusterSize: 512, refcountBits: 64 }, { clusterSize: 2 ** 21 }, { extendedL2: true },
  { extendedL2: true, clusterSize: 2 ** 14 }, { refcountBits: 1 }, { refcountBits: 4 }, { lazyRefcounts: true }, { compression: 'zstd' },
  { preallocation: 'metadata' }, { preallocation: 'metadata', extendedL2: true },
];

describe.skipIf(withoutQemu)(`our images${whySkipped}`, () => {
  test.each(OURS)('%j are clean for qemu-img, and hold what was written', async (options) => {
    const [raw, image] = [path('ours.raw'), path('ours.qcow2')];
    const store = await FileStore.open(image, { create: true });
    await createQcow2(store, { size: SIZE, ...options });
    await store.close();
    expect(tool('qemu-img', 'check', image)).toMatchObject({ status: 0 });
    const disk = await open(image);
    const model = new Uint8Array(SIZE);
    await disturb(disk, model, new Random(29), 60);
    await disk.close();
    writeFileSync(raw, model);
    expect(tool('qemu-img', 'check', image)).toMatchObject({ status: 0 });
    expect(tool('qemu-img', 'compare', '-F', 'raw', image, raw)).toMatchObject({ status: 0 });
    const information = JSON.parse(must('qemu-img', 'info', '--output=json', image)) as Record<string, unknown>;
    const ours = await open(image, { readOnly: true });
    expect(await imageInfo(ours)).toMatchObject({
      virtualSize: information['virtual-size'], qcow2: { clusterSize: information['cluster-size'], refcountBits: options.refcountBits ?? 16 },
    });
    await ours.close();
  });

  test.each([{}, { clusterSize: 512 }, { clusterSize: 2 ** 21 }, { extendedL2: true }, { refcountBits: 1 }, { version: 2 as const }])('compressed (%j) are read by qemu-img', async (options) => {
    const [raw, image] = [path('small.raw'), path('small.qcow2')];
    const model = pattern(31, 3 * 2 ** 20 + 512);
    writeFileSync(raw, model);
    const store = await FileStore.open(image, { create: true });
    await createQcow2(store, { size: model.length, ...options });
    await store.close();
    const [source, target] = [await openImage(await FileStore.open(raw), { format: 'raw' }), await open(image)];
    await copyDisk(source, target, { compress: true });
    expect(difference(await contents(target), model)).toBe(-1);
    const result = await checkQcow2(target);
    expect([result.messages, result.compressedClusters > 0]).toEqual([[], true]);
    await source.close();
    await target.close();
    expect(tool('qemu-img', 'check', image)).toMatchObject({ status: 0 });
    expect(tool('qemu-img', 'compare', '-F', 'raw', image, raw)).toMatchObject({ status: 0 });
  });
});

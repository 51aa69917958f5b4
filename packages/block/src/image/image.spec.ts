import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkQcow2 } from '../qcow2/check.ts';
import { createQcow2, type Qcow2CreateOptions } from '../qcow2/create.ts';
import type { Qcow2Disk } from '../qcow2/disk.ts';
import { openQcow2 } from '../qcow2/open.ts';
import { resizeQcow2 } from '../qcow2/resize.ts';
import { nonPersistent, resumeUndoable, undoable } from '../overlay/undoable.ts';
import { RawDisk } from '../raw/raw-disk.ts';
import { MemoryStore } from '../store/memory-store.ts';
import { Random } from '../testing/random.ts';
import { contents, difference, disturb } from '../testing/workload.ts';
import { copyDisk } from './convert.ts';
import { createImage } from './create-image.ts';
import { mapImage } from './info.ts';
import { openImage } from './open-image.ts';

const SIZE = 2 ** 20;
const sectorOf = (value: number, count = 1): Uint8Array => new Uint8Array(512 * count).fill(value);

/** Answers in an order of its own, as a real store does. */
class SlowStore extends MemoryStore {
  readonly #random = new Random(6);

  override async read(offset: number, into: Uint8Array): Promise<void> {
    await this.#wait();
    await super.read(offset, into);
  }
  override async write(offset: number, from: Uint8Array): Promise<void> {
    await this.#wait();
    await super.write(offset, from);
    await this.#wait();
  }
  override async flush(): Promise<void> {
    await this.#wait();
  }
  async #wait(): Promise<void> {
    for (let turns = this.#random.below(20); turns > 0; turns--) await Promise.resolve();
  }
}

describe('a qcow2 disk', () => {
  test('holds what a model holds, whatever its layout and however its requests overlap in time', async () => {
    const layout = fc.record({
      clusterSize: fc.constantFrom(512, 4096, 65536), extendedL2: fc.boolean(), refcountBits: fc.constantFrom(1, 4, 16, 64),
      lazyRefcounts: fc.boolean(), cacheTables: fc.integer({ min: 0, max: 64 }), seed: fc.integer(), over: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(layout, async ({ clusterSize, extendedL2, cacheTables, seed, over, ...options }) => {
        const store = new SlowStore();
        await createQcow2(store, { size: SIZE, clusterSize: extendedL2 ? 16384 : clusterSize, extendedL2, ...options });
        const model = new Uint8Array(SIZE);
        // A backing disk that ends within a cluster.
        const below = new Random(seed).bytes(SIZE / 2 + 1536);
        if (over) model.set(below);
        const backing = over ? new RawDisk(new MemoryStore({ bytes: below })) : undefined;
        const disk = await openQcow2(store, { backing, cacheBytes: cacheTables * clusterSize });
        await disturb(disk, model, new Random(seed), 25);
        expect(difference(await contents(disk), model)).toBe(-1);
        expect((await checkQcow2(disk)).messages).toEqual([]);
        await disk.close();
        const again = await openQcow2(store, { backing: over ? new RawDisk(new MemoryStore({ bytes: below })) : undefined, readOnly: true });
        expect(difference(await contents(again), model)).toBe(-1);
        expect((await checkQcow2(again)).messages).toEqual([]);
      }),
      { numRuns: 60, seed: 3 },
    );
  });

  test('gives one cluster to many writes at once', async () => {
    const store = new SlowStore();
    await createQcow2(store, { size: SIZE });
    const disk = await openQcow2(store);
    await Promise.all(Array.from({ length: 128 }, (_, i) => disk.write(i * 512, sectorOf(i + 1))));
    const all = await contents(disk);
    expect(Array.from({ length: 128 }, (_, i) => all[i * 512])).toEqual(Array.from({ length: 128 }, (_, i) => i + 1));
    expect(await checkQcow2(disk)).toMatchObject({ allocatedClusters: 1, leaks: 0, corruptions: 0 });
  });

  test('uses the clusters again that a discard gave back', async () => {
    const store = new MemoryStore();
    await createQcow2(store, { size: SIZE });
    const disk = await openQcow2(store);
    const all = new Uint8Array(SIZE).fill(1);
    await disk.write(0, all);
    await disk.flush();
    const before = store.size;
    for (let round = 0; round < 5; round++) {
      await disk.discard(0, SIZE);
      await disk.flush();
      await checkQcow2(disk);
      await disk.write(0, all);
    }
    await disk.close();
    expect(store.size).toBe(before);
  });

  test('fails a write and a flush as its store does, and goes on when that does', async () => {
    const store = new MemoryStore();
    await createQcow2(store, { size: SIZE });
    let broken = false;
    const flaky = new Proxy(store, {
      get: (target, key) => {
        if (key === 'write' && broken) return () => Promise.reject(new Error('no space'));
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value;
      },
    });
    const disk = await openQcow2(flaky);
    await disk.write(0, sectorOf(1));
    broken = true;
    await expect(disk.write(SIZE / 2, sectorOf(2))).rejects.toMatchObject({ code: 'block/io' });
    await expect(disk.flush()).rejects.toMatchObject({ code: 'block/io' });
    broken = false;
    await disk.flush();
    await disk.close();
    const again = await openQcow2(store);
    expect((await contents(again))[0]).toBe(1);
    expect((await checkQcow2(again)).messages).toEqual([]);
  });

  test('that was not closed, with lazy refcounts, is counted anew', async () => {
    const store = new MemoryStore();
    await createQcow2(store, { size: SIZE, lazyRefcounts: true });
    const left = await openQcow2(store);
    await left.write(0, sectorOf(3, 600));
    await left.flush();
    expect((await checkQcow2(await openQcow2(store, { readOnly: true }))).corruptions).toBeGreaterThan(0);
    const disk = await openQcow2(store);
    expect(await checkQcow2(disk)).toMatchObject({ corruptions: 0, leaks: 0 });
    expect((await contents(disk))[1000]).toBe(3);
  });

  test('grows and shrinks; what grows is zero, though a backing file has more', async () => {
    const store = new MemoryStore();
    await createQcow2(store, { size: SIZE, clusterSize: 512 });
    const disk = await openQcow2(store, { backing: new RawDisk(new MemoryStore({ bytes: new Uint8Array(4 * SIZE).fill(9) })) });
    await disk.write(SIZE - 512, sectorOf(4));
    await resizeQcow2(disk, 3 * SIZE);
    const all = await contents(disk);
    expect([all.length, all[0], all[SIZE - 1], all.lastIndexOf(4), all.lastIndexOf(9)]).toEqual([3 * SIZE, 9, 4, SIZE - 1, SIZE - 513]);
    await expect(resizeQcow2(disk, SIZE)).rejects.toMatchObject({ code: 'block/would-shrink' });
    await resizeQcow2(disk, SIZE - 512, { shrink: true });
    await resizeQcow2(disk, SIZE);
    expect((await contents(disk)).includes(4)).toBe(false);
    expect((await checkQcow2(disk)).messages).toEqual([]);
  });
});

describe('an overlay', () => {
  const base = async (): Promise<RawDisk> => {
    const disk = new RawDisk(new MemoryStore({ size: SIZE }));
    await disk.write(0, sectorOf(1, 4));
    return disk;
  };

  test('that is not persistent leaves the disk below as it was', async () => {
    const below = await base();
    const disk = await nonPersistent(below);
    await disk.write(512, sectorOf(2));
    expect((await contents(disk))[512]).toBe(2);
    expect((await contents(below))[512]).toBe(1);
  });

  test('that is undoable goes on from its redo file, and is committed or discarded', async () => {
    const [below, redo] = [await base(), new MemoryStore({ name: 'redo' })];
    const first = await undoable(below, redo);
    await first.write(512, sectorOf(2));
    await first.flush();
    const disk = await resumeUndoable(below, redo);
    expect((await contents(disk))[512]).toBe(2);
    await disk.discardChanges();
    expect((await contents(disk))[512]).toBe(1);
    await disk.write(1024, sectorOf(3));
    await disk.writeZeroes(0, 512);
    await disk.commit();
    const all = await contents(below);
    expect([all[0], all[512], all[1024]]).toEqual([0, 1, 3]);
    expect(difference(await contents(disk), all)).toBe(-1);
  });
});

describe('copying and mapping', () => {
  test('skip zeros, and tell which image provides what', async () => {
    const stores = new Map(['base', 'top', 'copy'].map((name) => [name, new MemoryStore({ name })]));
    const openBacking = (name: string) => Promise.resolve(stores.get(name)!);
    await createImage(stores.get('base')!, { format: 'qcow2', size: SIZE });
    const below = await openImage(stores.get('base')!);
    await below.write(65536, sectorOf(1, 128));
    await below.close();
    await createImage(stores.get('top')!, { format: 'qcow2', size: 2 * SIZE, backing: { name: 'base', format: 'qcow2' } });
    const top = await openImage(stores.get('top')!, { openBacking });
    await top.write(4 * 65536, sectorOf(2));
    const kinds: unknown[] = [];
    for await (const { offset, kind, depth } of mapImage(top)) if (kind === 'data') kinds.push([offset, depth]);
    expect(kinds).toEqual([[65536, 1], [4 * 65536, 0]]);
    await createImage(stores.get('copy')!, { format: 'qcow2', size: 2 * SIZE });
    const copy = await openQcow2(stores.get('copy')!);
    await copyDisk(top, copy);
    expect(difference(await contents(copy), await contents(top))).toBe(-1);
    expect((await checkQcow2(copy)).allocatedClusters).toBe(2);
    await expect(copyDisk(top, new RawDisk(new MemoryStore({ size: SIZE })))).rejects.toMatchObject({ code: 'block/too-small' });
  });

  test.each([{}, { compress: true }])('overwrite what the target held, also with zeros, up to the end of the source (%j)', async (options) => {
    const source = await openMade('source', { size: SIZE });
    await source.write(3 * 65536, sectorOf(3, 4));
    await source.write(5 * 65536 + 4096, sectorOf(0, 16));
    await source.writeZeroes(7 * 65536, 65536);
    const target = await openMade('target', { size: 2 * SIZE });
    await target.write(0, sectorOf(7, 2 * SIZE / 512));
    await copyDisk(source, target, { ...options, overwrite: true });
    const wanted = new Uint8Array(2 * SIZE).fill(7);
    wanted.set(await contents(source));
    expect(difference(await contents(target), wanted)).toBe(-1);
    expect((await checkQcow2(target)).messages).toEqual([]);
    const raw = new RawDisk(new MemoryStore({ bytes: new Uint8Array(SIZE).fill(9) }));
    await copyDisk(source, raw, { overwrite: true });
    expect(difference(await contents(raw), await contents(source))).toBe(-1);
  });
});

async function openMade(name: string, options: Qcow2CreateOptions): Promise<Qcow2Disk> {
  const store = new MemoryStore({ name });
  await createQcow2(store, options);
  return openQcow2(store);
}

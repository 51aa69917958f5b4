import { PolyvisorError } from '@polyvisor/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkQcow2 } from './qcow2/check.ts';
import { createQcow2 } from './qcow2/create.ts';
import { Qcow2Disk } from './qcow2/disk.ts';
import { writeU64, viewOf } from './qcow2/format.ts';
import { openImage } from './image/open-image.ts';
import { openQcow2 } from './qcow2/open.ts';
import { MemoryStore } from './store/memory-store.ts';
import { Random } from './testing/random.ts';
import { disturb } from './testing/workload.ts';

interface Sample {
  readonly bytes: Uint8Array;
  /** Where its tables are. */
  readonly tables: readonly number[];
  readonly clusterSize: number;
}

async function sample(options: Parameters<typeof createQcow2>[1]): Promise<Sample> {
  const store = new MemoryStore();
  await createQcow2(store, options);
  const disk = await openQcow2(store);
  await disk.writeCompressed(0, new Uint8Array(disk.core.geometry.clusterSize).fill(9));
  await disturb(disk, new Uint8Array(disk.size), new Random(3), 10);
  await disk.close();
  const { refcounts, geometry: { clusterSize } } = disk.core;
  return { bytes: store.bytes(), tables: [...refcounts.metadata].map((cluster) => cluster * clusterSize), clusterSize };
}

/** Bytes change, mostly in tables, sometimes in the header; the end may be missing. */
function mutated({ bytes: whole, tables, clusterSize }: Sample, random: Random): Uint8Array {
  const bytes = random.chance(5) ? whole.slice(0, random.below(whole.length)) : whole.slice();
  const within = clusterSize >> random.below(4);
  for (let i = random.below(12); i > 0; i--) {
    const at = random.chance(4) ? random.below(bytes.length) : tables[random.below(tables.length)]! + random.below(within);
    const inHeader = at < 112;
    if (at < bytes.length && (!inHeader || random.chance(10))) bytes[at] = random.chance(2) ? random.below(256) : [0, 1, 16, 64, 128, 192, 255][random.below(7)]!;
  }
  if (random.chance(6)) bytes[random.below(112)] = random.below(256);
  // Whole entries from elsewhere: two tables then share a cluster.
  if (random.chance(3)) {
    const [from, to] = [tables[random.below(tables.length)]!, tables[random.below(tables.length)]!];
    if (to > 0) bytes.copyWithin(to, from + random.below(8) * 8, from + 64);
  }
  return bytes;
}

const SIZE = 2 ** 18;
const RUNS = 500;
const SEED = 1;
const SAMPLES = await Promise.all([
  sample({ size: SIZE, clusterSize: 4096 }), sample({ size: SIZE, clusterSize: 512, refcountBits: 64 }),
  sample({ size: SIZE, extendedL2: true, clusterSize: 16384 }), sample({ size: SIZE, version: 2, clusterSize: 1024 }),
  sample({ size: SIZE, lazyRefcounts: true, clusterSize: 4096 }),
]);

/** Does everything to an image; what goes wrong must be a coded error, and the next thing is tried. */
async function exercise(bytes: Uint8Array): Promise<boolean> {
  let opened = false;
  const tried = async <T>(act: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await act();
    } catch (error) {
      if (error instanceof PolyvisorError && error.code.startsWith('block/')) return undefined;
      throw error;
    }
  };
  for (const readOnly of [true, false]) {
    const disk = await tried(() => openImage(new MemoryStore({ name: 'hostile', bytes }), { readOnly, format: 'qcow2', repairing: true }));
    if (!(disk instanceof Qcow2Disk)) continue;
    opened = true;
    const step = Math.max(512, Math.min(disk.size, 16384));
    const steps = Math.min(32, Math.floor(disk.size / step));
    for (let i = 0; i < steps; i++) await tried(() => disk.read(i * step, new Uint8Array(step)));
    await tried(() => checkQcow2(disk));
    if (readOnly) {
      await tried(() => disk.close());
      continue;
    }
    for (let i = 0; i < steps; i += 3) {
      await tried(() => disk.write(i * step, new Uint8Array(step / 2 - ((step / 2) % 512)).fill(5)));
      await tried(() => disk.writeZeroes(i * step, step));
      await tried(() => disk.discard(i * step, step));
    }
    await tried(() => disk.flush());
    await tried(() => checkQcow2(disk, 'all'));
    await tried(() => disk.close());
  }
  return opened;
}

describe('a damaged image', () => {
  test('works or is refused with a coded error, whatever bytes of its metadata change', { timeout: 300_000 }, async () => {
    let opened = 0;
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.integer({ min: 0, max: SAMPLES.length - 1 }), async (seed, which) => {
        if (await exercise(mutated(SAMPLES[which]!, new Random(seed)))) opened++;
      }),
      { numRuns: RUNS, seed: SEED },
    );
    // Most get past the header, so that tables are tried too.
    expect(opened).toBeGreaterThan(RUNS / 3);
  });

  const patched = (patch: (view: DataView) => void): MemoryStore => {
    const bytes = SAMPLES[0].bytes.slice();
    patch(viewOf(bytes));
    return new MemoryStore({ name: 'disk.qcow2', bytes });
  };
  test.each<[string, (view: DataView) => void, string, RegExp]>([
    ['no magic', (v) => { v.setUint32(0, 1); }, 'block/not-an-image', /begin with/],
    ['version 7', (v) => { v.setUint32(4, 7); }, 'block/bad-field', /version is 7.*byte 0x4/],
    ['clusters of 4 MiB', (v) => { v.setUint32(20, 22); }, 'block/bad-field', /cluster_bits is 22/],
    ['an L1 table of 64 MiB', (v) => { v.setUint32(36, 2 ** 23); }, 'block/bad-field', /l1_size/],
    ['an L1 table behind the end', (v) => { writeU64(v, 40, 2 ** 40); }, 'block/bad-offset', /the file ends/],
    ['an L1 table within a cluster', (v) => { writeU64(v, 40, 513); }, 'block/bad-offset', /no cluster begins/],
    ['a refcount table of 16 MiB', (v) => { v.setUint32(56, 4096); }, 'block/bad-field', /refcount_table_clusters/],
    ['refcounts of 128 bits', (v) => { v.setUint32(96, 7); }, 'block/bad-field', /refcount_order/],
    ['too many snapshots', (v) => { v.setUint32(60, 65537); }, 'block/bad-field', /nb_snapshots/],
    ['a size beyond all', (v) => { v.setUint32(24, 0xffffffff); }, 'block/bad-field', /size/],
    ['AES', (v) => { v.setUint32(32, 1); }, 'block/unsupported-feature', /AES/],
    ['LUKS', (v) => { v.setUint32(32, 2); }, 'block/unsupported-feature', /LUKS/],
    ['an external data file', (v) => { v.setUint32(76, 4); }, 'block/unsupported-feature', /external data file/],
    ['an unknown feature', (v) => { v.setUint32(76, 1 << 9); }, 'block/unknown-features', /feature bit 9/],
    ['a mark of corruption', (v) => { v.setUint32(76, 2); }, 'block/marked-corrupt', /read-only/],
  ])('with %s is refused by name', async (_name, patch, code, message) => {
    const error: unknown = await openImage(patched(patch), { format: 'qcow2' }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PolyvisorError);
    expect((error as PolyvisorError).code).toBe(code);
    expect((error as PolyvisorError).message).toMatch(message);
    expect((error as PolyvisorError).message).toContain('disk.qcow2');
  });

  test('names an unknown feature as its own table does', async () => {
    const store = patched((v) => {
      v.setUint32(76, 1 << 9);
      // The first entry of the feature name table follows the header and the table's type and length.
      v.setUint8(112, 0);
      v.setUint8(113, 9);
      new TextEncoder().encode('shiny thing\0').forEach((byte, i) => { v.setUint8(114 + i, byte); });
    });
    await expect(openImage(store, { format: 'qcow2' })).rejects.toThrow(/"shiny thing"/);
  });

  test('that is marked as corrupt can be read', async () => {
    const disk = await openImage(patched((v) => { v.setUint32(76, 2); }), { readOnly: true });
    await disk.read(0, new Uint8Array(512));
    await expect(disk.write(0, new Uint8Array(512))).rejects.toMatchObject({ code: 'block/read-only' });
  });

  test('whose backing files lead back to it is refused with the chain', async () => {
    const store = async (name: string, backing: string): Promise<MemoryStore> => {
      const made = new MemoryStore({ name });
      await createQcow2(made, { size: 65536, backing: { name: backing, format: 'qcow2' } });
      return made;
    };
    const openBacking = (name: string) => store(name, name === 'a' ? 'b' : 'a');
    await expect(openImage(await store('a', 'b'), { openBacking })).rejects.toThrow(/a -> b -> a/);
    let depth = 0;
    const endless = () => store(`deep ${++depth}`, 'deeper');
    await expect(openImage(await endless(), { openBacking: endless })).rejects.toMatchObject({ code: 'block/backing-depth' });
    await expect(openImage(await store('a', 'b'))).rejects.toMatchObject({ code: 'block/backing-unreachable' });
  });

  test('is repaired: leaks alone, or all', async () => {
    const store = new MemoryStore({ bytes: SAMPLES[0].bytes.slice() });
    const disk = await openQcow2(store);
    await disk.core.refcounts.allocate(3);
    const used = (await checkQcow2(disk)).leaks;
    expect(used).toBe(3);
    expect(await checkQcow2(disk, 'leaks')).toMatchObject({ repairedLeaks: 3 });
    disk.core.refcounts.set(disk.core.header.l1Offset / 4096, 0);
    expect(await checkQcow2(disk)).toMatchObject({ corruptions: 1, leaks: 0 });
    expect(await checkQcow2(disk, 'all')).toMatchObject({ repairedCorruptions: 1 });
    expect(await checkQcow2(disk)).toMatchObject({ corruptions: 0, leaks: 0 });
    await disk.close();
  });
});

/**
 * How fast disks are: `node --conditions=@polyvisor/source bench/throughput.ts [FOLDER]`. Sequential requests have 1 MiB,
 * eight in flight; random ones 4 KiB, 32 in flight, over clusters that are there. Files are in FOLDER, by default in the system's.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryStore, createImage, openImage, type ByteStore, type Format, type ImageDisk } from '../src/index.ts';
import { FileStore } from '../src/node/index.ts';

const SIZE = 2 ** 29;
const STEP = 2 ** 20;
const SMALL = 4096;
const REQUESTS = 200_000;

async function inFlight(lanes: number, count: number, act: (i: number, lane: number) => Promise<void>): Promise<number> {
  let next = 0;
  const start = performance.now();
  await Promise.all(
    Array.from({ length: lanes }, async (_, lane) => {
      for (let i = next++; i < count; i = next++) await act(i, lane);
    }),
  );
  return (performance.now() - start) / 1000;
}

async function measure(name: string, disk: ImageDisk): Promise<void> {
  const large = Array.from({ length: 8 }, (_, i) => new Uint8Array(STEP).fill(i + 1));
  const small = Array.from({ length: 32 }, (_, i) => new Uint8Array(SMALL).fill(i + 1));
  let seed = 1;
  const place = (): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return (seed % (SIZE / SMALL)) * SMALL;
  };
  const speed = (seconds: number): string => `${(SIZE / seconds / 1e9).toFixed(2)} GB/s`.padStart(11);
  const rate = (seconds: number): string => `${Math.round(REQUESTS / seconds / 1000)} k/s`.padStart(9);
  const first = await inFlight(8, SIZE / STEP, (i, lane) => disk.write(i * STEP, large[lane]!));
  const again = await inFlight(8, SIZE / STEP, (i, lane) => disk.write(i * STEP, large[lane]!));
  const reading = await inFlight(8, SIZE / STEP, (i, lane) => disk.read(i * STEP, large[lane]!));
  const reads = await inFlight(32, REQUESTS, (_i, lane) => disk.read(place(), small[lane]!));
  const writes = await inFlight(32, REQUESTS, (_i, lane) => disk.write(place(), small[lane]!));
  const start = performance.now();
  await disk.flush();
  const flush = `${(performance.now() - start).toFixed(0)} ms`.padStart(8);
  console.log(`${name.padEnd(16)}${speed(first)}${speed(again)}${speed(reading)}${rate(reads)}${rate(writes)}${flush}`);
}

const folder = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'polyvisor-bench-'));
console.log(`${''.padEnd(16)}${'new'.padStart(11)}${'rewrite'.padStart(11)}${'read'.padStart(11)}${'4K read'.padStart(9)}${'4K write'.padStart(9)}${'flush'.padStart(8)}`);
try {
  const stores: readonly [name: string, make: (format: Format) => Promise<ByteStore>][] = [
    ['memory', () => Promise.resolve(new MemoryStore())],
    ['file', (format) => FileStore.open(join(folder, `disk.${format}`), { create: true })],
  ];
  for (const [name, make] of stores) {
    for (const format of ['raw', 'qcow2'] as const) {
      const store = await make(format);
      await createImage(store, { format, size: SIZE });
      const disk = await openImage(store, { format });
      await measure(`${format}, ${name}`, disk);
      await disk.close();
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

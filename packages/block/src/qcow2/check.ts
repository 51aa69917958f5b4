import { PolyvisorError } from '@polyvisor/core';
import { blockErrors, refuse } from '../errors.ts';
import { compressedPlace } from './core.ts';
import type { Qcow2Disk } from './disk.ts';
import { Autoclear, COMPRESSED, COPIED, Incompatible, OFFSET_HIGH, ZERO, entryOffset, readU64, viewOf } from './format.ts';
import type { L1Table } from './l1-table.ts';
import { readL1, readSnapshots } from './snapshots.ts';

/** What a check found; as `qemu-img check` counts it. */
export interface CheckResult {
  /** Too low refcounts, wrong flags, offsets that cannot be: data may be lost. */
  readonly corruptions: number;
  /** Clusters that are counted and not used: space, not data, is lost. */
  readonly leaks: number;
  readonly repairedCorruptions: number;
  readonly repairedLeaks: number;
  /** Clusters of the disk, and those with data of their own. */
  readonly totalClusters: number;
  readonly allocatedClusters: number;
  readonly compressedClusters: number;
  /** Data clusters that do not follow the one before. */
  readonly fragmentedClusters: number;
  /** Bytes up to the end of the last used cluster. */
  readonly endOffset: number;
  /** One line for each finding; at most `MOST_MESSAGES`. */
  readonly messages: readonly string[];
}

const MOST_MESSAGES = 1000;
/** Of a file; a check needs four bytes for each. */
const MOST_CLUSTERS = 2 ** 30;

class Check {
  corruptions = 0;
  leaks = 0;
  repairedCorruptions = 0;
  repairedLeaks = 0;
  allocatedClusters = 0;
  compressedClusters = 0;
  fragmentedClusters = 0;
  /** Behind the last cluster that is used, or counted. */
  end = 0;
  readonly messages: string[] = [];
  readonly disk: Qcow2Disk;
  readonly references: Uint32Array;

  constructor(disk: Qcow2Disk) {
    this.disk = disk;
    const { store, refcounts, geometry } = disk.core;
    const clusters = Math.max(Math.ceil(store.size / geometry.clusterSize), refcounts.high);
    if (clusters > MOST_CLUSTERS) throw refuse(blockErrors.full('', { image: disk.name, what: 'what a check keeps in memory', most: 4 * MOST_CLUSTERS }));
    this.references = new Uint32Array(clusters);
  }

  say(message: string): void {
    if (this.messages.length < MOST_MESSAGES) this.messages.push(message);
  }

  corrupt(message: string): void {
    this.corruptions++;
    this.say(message);
  }

  /** Counts a use of a range of the file. */
  refer(offset: number, length: number, what: string): void {
    const { clusterSize } = this.disk.core.geometry;
    const last = Math.floor((offset + length - 1) / clusterSize);
    if (length === 0) return;
    if (last >= this.references.length) {
      this.corrupt(`ERROR ${what} at offset 0x${offset.toString(16)} is behind the end of the file`);
      return;
    }
    for (let cluster = Math.floor(offset / clusterSize); cluster <= last; cluster++) this.references[cluster]!++;
  }

  aligned(offset: number, what: string): boolean {
    if (offset % this.disk.core.geometry.clusterSize === 0) return true;
    this.corrupt(`ERROR ${what} at offset 0x${offset.toString(16)}: no cluster begins there`);
    return false;
  }

  /** Counts a tree of tables; of the disk itself also its statistics. */
  async tree(l1: L1Table, l1Offset: number, active: boolean): Promise<void> {
    const { geometry, store, mapping } = this.disk.core;
    const { clusterSize } = geometry;
    this.refer(l1Offset, l1.length * 8, 'an L1 table');
    const bytes = new Uint8Array(clusterSize);
    for (let i = 0; i < l1.length; i++) {
      const offset = l1.offsets[i]!;
      if (offset === 0) continue;
      if (!this.aligned(offset, `L2 table ${i}`)) continue;
      this.refer(offset, clusterSize, `L2 table ${i}`);
      if (Math.ceil((offset + clusterSize) / clusterSize) > this.references.length) continue;
      const inMemory = active ? mapping.tables.get(i) : undefined;
      if (!inMemory) await store.read(offset, bytes);
      this.#table(viewOf(inMemory?.bytes ?? bytes), i, active);
    }
  }

  #table(view: DataView, index: number, active: boolean): void {
    const { geometry } = this.disk.core;
    const { clusterSize, entrySize } = geometry;
    // Fragments are counted within a table, as in QEMU.
    let next = 0;
    for (let i = 0; i < geometry.entries; i++) {
      const high = view.getUint32(i * entrySize);
      const low = view.getUint32(i * entrySize + 4);
      const extended = geometry.subclusters === 32;
      const zeros = extended ? view.getUint32(i * entrySize + 8) : 0;
      const data = extended ? view.getUint32(i * entrySize + 12) : 0;
      const name = `L2 entry ${index}:${i}`;
      if ((high & COMPRESSED) !== 0) {
        const place = compressedPlace(geometry, high, low);
        // The last sector may be cut off at the end of the file.
        this.refer(place.offset, place.length, `compressed cluster of ${name}`);
        if ((high & COPIED) !== 0) this.corrupt(`ERROR ${name} is compressed and has the flag COPIED`);
        if (!active) continue;
        this.compressedClusters++;
        this.allocatedClusters++;
        // They never follow one another in whole clusters.
        this.fragmentedClusters++;
        continue;
      }
      if ((zeros & data) !== 0) this.corrupt(`ERROR ${name}: subclusters are both data and zero`);
      if ((high & ~(COPIED | OFFSET_HIGH)) !== 0 || (low & 0x1fe) !== 0) this.corrupt(`ERROR ${name} has reserved bits set`);
      if ((low & ZERO) !== 0 && (geometry.version === 2 || extended)) this.corrupt(`ERROR ${name} has a zero flag, which it cannot have`);
      const host = entryOffset(high, low);
      if (host === 0) {
        if (data !== 0) this.corrupt(`ERROR ${name} has subclusters of data and no cluster`);
        continue;
      }
      if (!this.aligned(host, `data cluster of ${name}`)) continue;
      this.refer(host, clusterSize, `data cluster of ${name}`);
      if (!active) continue;
      this.allocatedClusters++;
      if (next !== 0 && host !== next) this.fragmentedClusters++;
      next = host + clusterSize;
    }
  }

  async countAll(): Promise<void> {
    const { core } = this.disk;
    const { header, refcounts, store, mapping, geometry } = core;
    const { clusterSize } = geometry;
    this.refer(0, clusterSize, 'the header');
    await this.tree(mapping.l1, header.l1Offset, true);
    const { list, bytes } = await readSnapshots(store, header);
    this.refer(header.snapshotsOffset, bytes, 'the snapshot table');
    for (const { id, l1Offset, l1Entries } of list) {
      await this.tree(await readL1(store, header, l1Offset, l1Entries, `L1 table of snapshot ${id}`), l1Offset, false);
    }
    this.refer(refcounts.tableOffset, refcounts.tableClusters * clusterSize, 'the refcount table');
    for (const offset of refcounts.table) {
      if (offset !== 0 && this.aligned(offset, 'a refcount block')) this.refer(offset, clusterSize, 'a refcount block');
    }
    if ((header.autoclear.low & Autoclear.bitmaps) !== 0) await this.#bitmaps();
  }

  /** Directory, tables and data of dirty bitmaps (qcow2.txt, "Bitmaps"). */
  async #bitmaps(): Promise<void> {
    const { store, header, geometry } = this.disk.core;
    const directory = header.extensions.bitmaps;
    if (!directory || directory.size > MOST_MESSAGES * 65536 || directory.offset + directory.size > store.size) return;
    this.refer(directory.offset, directory.size, 'the bitmap directory');
    const bytes = new Uint8Array(directory.size);
    await store.read(directory.offset, bytes);
    const view = viewOf(bytes);
    for (let at = 0, i = 0; i < directory.count && at + 24 <= bytes.length; i++) {
      const offset = readU64(view, at);
      const entries = view.getUint32(at + 8);
      at += Math.ceil((24 + view.getUint16(at + 18) + view.getUint32(at + 20)) / 8) * 8;
      if (offset + entries * 8 > store.size) continue;
      this.refer(offset, entries * 8, 'a bitmap table');
      const table = new Uint8Array(entries * 8);
      await store.read(offset, table);
      for (let k = 0; k < entries; k++) {
        const host = entryOffset(viewOf(table).getUint32(8 * k), viewOf(table).getUint32(8 * k + 4));
        if (host !== 0) this.refer(host, geometry.clusterSize, 'a bitmap');
      }
    }
  }

  /** Compares with the counts; repairs what is asked for. */
  async counts(repair: { readonly leaks: boolean; readonly errors: boolean }): Promise<void> {
    const { refcounts } = this.disk.core;
    for (let cluster = 0; cluster < this.references.length; cluster++) {
      if (!(await this.#loaded(cluster))) continue;
      const count = refcounts.count(cluster);
      const reference = this.references[cluster]!;
      if (count > 0 || reference > 0) this.end = cluster + 1;
      if (count === reference) continue;
      const leak = count > reference;
      const mends = leak ? repair.leaks : repair.errors && reference <= refcounts.words.most;
      const word = mends ? 'Repairing' : leak ? 'Leaked' : 'ERROR';
      this.say(`${word} cluster ${cluster} refcount=${count} reference=${reference}`);
      if (leak) this.leaks++;
      else this.corruptions++;
      if (!mends) continue;
      refcounts.set(cluster, reference);
      if (leak) this.repairedLeaks++;
      else this.repairedCorruptions++;
    }
  }

  async #loaded(cluster: number): Promise<boolean> {
    const { refcounts, geometry } = this.disk.core;
    try {
      await refcounts.load(cluster);
      return true;
    } catch (error) {
      if (!(error instanceof PolyvisorError)) throw error;
      if (cluster % geometry.refcounts === 0) this.corrupt(`ERROR ${error.problems[0].message}`);
      return false;
    }
  }

  /** The flag COPIED says that nothing else refers to a cluster. */
  async flags(repair: boolean): Promise<void> {
    const { core } = this.disk;
    const { mapping, refcounts, geometry } = core;
    const single = async (offset: number): Promise<boolean> => {
      const cluster = Math.floor(offset / geometry.clusterSize);
      return (await this.#loaded(cluster)) && refcounts.count(cluster) === 1;
    };
    const wrong = (what: string): boolean => {
      this.corrupt(`ERROR OFLAG_COPIED ${what}: it does not agree with the refcount`);
      if (repair) this.repairedCorruptions++;
      return repair;
    };
    for (let i = 0; i < mapping.l1.length; i++) {
      const offset = mapping.l1.offsets[i]!;
      if (offset === 0 || offset % geometry.clusterSize !== 0) continue;
      const own = await single(offset);
      if (own !== (mapping.l1.copied[i] === 1) && wrong(`L2 table ${i}`)) {
        mapping.l1.copied[i] = own ? 1 : 0;
        mapping.l1.dirty.add(i);
      }
      if (Math.ceil(offset / geometry.clusterSize) >= this.references.length) continue;
      const table = await mapping.load(i);
      table.pins++;
      for (let k = 0; k < geometry.entries; k++) {
        const high = table.view.getUint32(k * geometry.entrySize);
        const low = table.view.getUint32(k * geometry.entrySize + 4);
        const host = entryOffset(high, low);
        if ((high & COMPRESSED) !== 0 || host === 0 || host % geometry.clusterSize !== 0) continue;
        const alone = await single(host);
        if (alone === ((high & COPIED) !== 0) || !wrong(`data cluster ${i}:${k}`)) continue;
        core.setEntry(table, k, (alone ? high | COPIED : high & ~COPIED) >>> 0, low);
      }
      table.pins--;
      await core.relieve();
    }
  }

  result(): CheckResult {
    const { size } = this.disk;
    const { clusterSize } = this.disk.core.geometry;
    return {
      corruptions: this.corruptions, leaks: this.leaks, repairedCorruptions: this.repairedCorruptions, repairedLeaks: this.repairedLeaks,
      totalClusters: Math.ceil(size / clusterSize), allocatedClusters: this.allocatedClusters, compressedClusters: this.compressedClusters,
      fragmentedClusters: this.fragmentedClusters, endOffset: this.end * clusterSize, messages: this.messages,
    };
  }
}

export type Repair = 'none' | 'leaks' | 'all';

/** Looks at everything that an image refers to. With a repair the image must be open for writing. */
export async function checkQcow2(disk: Qcow2Disk, repair: Repair = 'none'): Promise<CheckResult> {
  if (repair !== 'none') disk.core.checkWritable();
  if (!disk.readOnly) await disk.flush();
  return disk.alone(async () => {
    const { core } = disk;
    if (!disk.readOnly && !core.broken) await core.writeBack.finish();
    const check = new Check(disk);
    await check.countAll();
    await check.counts({ leaks: repair !== 'none', errors: repair === 'all' });
    await check.flags(repair === 'all');
    if (repair === 'none') return check.result();
    core.refcounts.rescan();
    await core.writeBack.finish();
    if (repair === 'all' && check.corruptions === check.repairedCorruptions && core.geometry.version === 3) {
      core.header.incompatible &= ~(Incompatible.corrupt | Incompatible.dirty);
      await disk.writeHeader();
    }
    return check.result();
  });
}

/** Counts everything anew, after the image was not closed. */
export async function repairRefcounts(disk: Qcow2Disk): Promise<void> {
  const check = new Check(disk);
  await check.countAll();
  await check.counts({ leaks: true, errors: true });
  await check.flags(true);
  disk.core.refcounts.rescan();
}

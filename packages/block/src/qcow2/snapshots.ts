import { at, blockErrors, ioError, refuse } from '../errors.ts';
import type { ByteStore } from '../store/byte-store.ts';
import { MOST_L1_BYTES, MOST_SNAPSHOT_TABLE_BYTES, readU64, viewOf } from './format.ts';
import type { Header } from './header.ts';
import { L1Table } from './l1-table.ts';

/** A state of the disk that the image keeps inside. */
export interface Snapshot {
  readonly id: string;
  readonly name: string;
  /** Seconds since 1970. */
  readonly seconds: number;
  readonly nanoseconds: number;
  /** Nanoseconds that the guest had run. */
  readonly guestTime: number;
  /** Bytes of the saved machine, kept behind the disk's contents. */
  readonly stateSize: number;
  /** Bytes of the disk then. */
  readonly size: number;
  readonly l1Offset: number;
  readonly l1Entries: number;
}

const FIXED = 40;
const MOST_EXTRA = 1024;

/** Reads the snapshot table; gives also its length in bytes. */
export async function readSnapshots(store: ByteStore, header: Header): Promise<{ readonly list: readonly Snapshot[]; readonly bytes: number }> {
  const list: Snapshot[] = [];
  let offset = header.snapshotsOffset;
  const bad = (field: string, place: number, value: number, why: string) =>
    refuse(blockErrors['bad-field'](at(`snapshot ${list.length}, ${field}`, place), { image: store.name, field, value, why }));
  while (list.length < header.snapshots) {
    if (offset + FIXED > store.size) throw bad('snapshot table', offset, header.snapshots, 'the file ends before the last snapshot');
    const fixed = await readBytes(store, offset, FIXED);
    const view = viewOf(fixed);
    const idLength = view.getUint16(12);
    const nameLength = view.getUint16(14);
    const extra = view.getUint32(36);
    if (extra > MOST_EXTRA) throw bad('extra_data_size', offset + 36, extra, `at most ${MOST_EXTRA} bytes are read`);
    const length = FIXED + extra + idLength + nameLength;
    if (offset + length > store.size) throw bad('snapshot table', offset, length, 'the file ends before it');
    const rest = await readBytes(store, offset + FIXED, length - FIXED);
    const text = (from: number, count: number): string => new TextDecoder().decode(rest.slice(from, from + count));
    const more = viewOf(rest);
    const l1Entries = view.getUint32(8);
    if (l1Entries * 8 > MOST_L1_BYTES) throw bad('l1_size', offset + 8, l1Entries, `an L1 table has at most ${MOST_L1_BYTES / 8} entries`);
    const largeState = extra >= 8 ? readU64(more, 0) : 0;
    list.push({
      id: text(extra, idLength), name: text(extra + idLength, nameLength), seconds: view.getUint32(16), nanoseconds: view.getUint32(20),
      guestTime: readU64(view, 24), stateSize: largeState === 0 ? view.getUint32(32) : largeState,
      size: extra >= 16 ? readU64(more, 8) : header.size, l1Offset: readU64(view, 0), l1Entries,
    });
    offset += Math.ceil(length / 8) * 8;
    if (offset - header.snapshotsOffset > MOST_SNAPSHOT_TABLE_BYTES) {
      throw bad('snapshot table', offset, offset - header.snapshotsOffset, `it has at most ${MOST_SNAPSHOT_TABLE_BYTES} bytes`);
    }
  }
  return { list, bytes: header.snapshots === 0 ? 0 : offset - header.snapshotsOffset };
}

async function readBytes(store: ByteStore, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  try {
    await store.read(offset, bytes);
  } catch (error) {
    throw ioError(store.name, 'reading the snapshot table', error);
  }
  return bytes;
}

/** Reads an L1 table, of the disk or of a snapshot. */
export async function readL1(store: ByteStore, header: Header, offset: number, entries: number, what: string): Promise<L1Table> {
  const length = entries * 8;
  const { clusterSize } = header.geometry;
  if (length > 0 && (offset % clusterSize !== 0 || offset === 0 || offset + length > Math.ceil(store.size / clusterSize) * clusterSize)) {
    const why = offset % clusterSize === 0 ? 'the file ends before the table does' : 'no cluster begins there';
    throw refuse(blockErrors['bad-offset'](what, { image: store.name, field: 'l1_table_offset', value: offset, why }));
  }
  const bytes = new Uint8Array(length);
  try {
    await store.read(offset, bytes);
  } catch (error) {
    throw ioError(store.name, 'reading an L1 table', error);
  }
  return L1Table.decode(bytes);
}

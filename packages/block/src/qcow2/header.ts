import { at, blockErrors, refuse } from '../errors.ts';
import {
  Compatible, CompressionId, HEADER_V2, HEADER_V3, HEADER_V3_COMPRESSION, Incompatible, KNOWN_INCOMPATIBLE, MAGIC,
  MOST_BACKING_NAME, MOST_L1_BYTES, MOST_REFCOUNT_TABLE_BYTES, MOST_SNAPSHOTS, geometryOf, readU64, viewOf, writeU64, type Geometry,
} from './format.ts';
import { featureName, parseExtensions, type Extensions } from './header-extensions.ts';

export type Compression = 'deflate' | 'zstd';

/** What the header says, checked as far as it can be without the rest of the image. */
export interface Header {
  readonly geometry: Geometry;
  /** Bytes of the header before its extensions. */
  readonly length: number;
  size: number;
  l1Entries: number;
  l1Offset: number;
  refcountTableOffset: number;
  refcountTableClusters: number;
  snapshots: number;
  snapshotsOffset: number;
  incompatible: number;
  compatible: number;
  autoclear: { high: number; low: number };
  readonly compression: Compression;
  /** The header's bytes as they are in the file; what is not named here is kept. */
  readonly raw: Uint8Array;
  readonly backingName: string | undefined;
  readonly extensions: Extensions;
}

/** The first cluster of an image; `bytes` is at least 512 long, or all that there is. */
export function parseHeader(image: string, bytes: Uint8Array): Header {
  const view = viewOf(bytes);
  if (bytes.length < HEADER_V2 || view.getUint32(0) !== MAGIC) {
    throw refuse(blockErrors['not-an-image'](at('magic', 0), { image, format: 'qcow2', why: 'it does not begin with "QFI\\xfb"' }));
  }
  const bad = (field: string, offset: number, value: number | string, why: string) =>
    refuse(blockErrors['bad-field'](at(field, offset), { image, field, value, why }));
  const u64 = (field: string, offset: number): number => {
    const value = readU64(view, offset);
    if (!Number.isSafeInteger(value)) throw bad(field, offset, value, 'no image is that large');
    return value;
  };
  const version = view.getUint32(4);
  if (version !== 2 && version !== 3) throw bad('version', 4, version, 'only 2 and 3 are known');
  const clusterBits = view.getUint32(20);
  if (clusterBits < 9 || clusterBits > 21) throw bad('cluster_bits', 20, clusterBits, 'it must be from 9 to 21');
  const clusterSize = 2 ** clusterBits;

  const length = version === 2 ? HEADER_V2 : bytes.length < HEADER_V3 ? 0 : view.getUint32(100);
  if (version === 3 && (length < HEADER_V3 || length > clusterSize || length > bytes.length)) {
    throw bad('header_length', 100, length, `it must be from ${HEADER_V3} to the size of a cluster, and within the file`);
  }
  const extensions = parseExtensions(image, bytes, length, u64('backing_file_offset', 8));
  const incompatible = version === 2 ? 0 : view.getUint32(76);
  checkFeatures(image, extensions, version === 2 ? 0 : view.getUint32(72), incompatible);
  const refcountOrder = version === 2 ? 4 : view.getUint32(96);
  if (refcountOrder > 6) throw bad('refcount_order', 96, refcountOrder, 'a refcount has at most 64 bits');
  const crypt = view.getUint32(32);
  if (crypt !== 0) {
    const feature = crypt === 1 ? 'encryption with AES' : crypt === 2 ? 'encryption with LUKS' : `encryption method ${crypt}`;
    throw refuse(blockErrors['unsupported-feature'](at('crypt_method', 32), { image, feature }));
  }
  const extended = (incompatible & Incompatible.extendedL2) !== 0;
  if (extended && clusterBits < 14) throw bad('cluster_bits', 20, clusterBits, 'an image with subclusters has at least 14');
  const geometry = geometryOf(version, clusterBits, 2 ** refcountOrder, extended);

  const aligned = (field: string, offset: number): number => {
    const value = u64(field, offset);
    if (value % clusterSize !== 0) throw refuse(blockErrors['bad-offset'](at(field, offset), { image, field, value, why: 'no cluster begins there' }));
    return value;
  };
  const size = u64('size', 24);
  const l1Entries = view.getUint32(36);
  const needed = Math.ceil(size / geometry.span);
  if (l1Entries * 8 > MOST_L1_BYTES || needed * 8 > MOST_L1_BYTES) {
    throw bad('l1_size', 36, Math.max(l1Entries, needed), `an L1 table has at most ${MOST_L1_BYTES / 8} entries`);
  }
  if (l1Entries < needed) throw bad('l1_size', 36, l1Entries, `a disk of ${size} bytes needs ${needed}`);
  const refcountTableClusters = view.getUint32(56);
  if (refcountTableClusters === 0) throw bad('refcount_table_clusters', 56, 0, 'there must be a refcount table');
  if (refcountTableClusters * clusterSize > Math.max(MOST_REFCOUNT_TABLE_BYTES, clusterSize)) {
    throw bad('refcount_table_clusters', 56, refcountTableClusters, `a refcount table has at most ${MOST_REFCOUNT_TABLE_BYTES} bytes`);
  }
  const snapshots = view.getUint32(60);
  if (snapshots > MOST_SNAPSHOTS) throw bad('nb_snapshots', 60, snapshots, `there are at most ${MOST_SNAPSHOTS}`);
  const compressionId = version === 3 && length > HEADER_V3 ? view.getUint8(104) : 0;
  if (compressionId > 1) throw bad('compression_type', 104, compressionId, 'only 0 (deflate) and 1 (zstd) are known');
  if ((compressionId !== 0) !== ((incompatible & Incompatible.compression) !== 0)) {
    throw bad('compression_type', 104, compressionId, 'the feature bit of compression types does not agree');
  }
  return {
    geometry, length, size, l1Entries,
    l1Offset: aligned('l1_table_offset', 40),
    refcountTableOffset: aligned('refcount_table_offset', 48), refcountTableClusters, snapshots,
    snapshotsOffset: snapshots === 0 ? 0 : aligned('snapshots_offset', 64),
    incompatible,
    compatible: version === 2 ? 0 : view.getUint32(84),
    autoclear: version === 2 ? { high: 0, low: 0 } : { high: view.getUint32(88), low: view.getUint32(92) },
    compression: compressionId === CompressionId.zstd ? 'zstd' : 'deflate',
    raw: bytes.slice(0, length),
    backingName: backingName(image, bytes, clusterSize), extensions,
  };
}

function backingName(image: string, bytes: Uint8Array, clusterSize: number): string | undefined {
  const view = viewOf(bytes);
  const offset = readU64(view, 8);
  const length = view.getUint32(16);
  if (offset === 0) return undefined;
  if (length > MOST_BACKING_NAME || offset + length > Math.min(clusterSize, bytes.length)) {
    const why = `a name has at most ${MOST_BACKING_NAME} bytes and lies in the first cluster`;
    throw refuse(blockErrors['bad-field'](at('backing_file_size', 16), { image, field: 'backing_file_size', value: length, why }));
  }
  return length === 0 ? undefined : new TextDecoder().decode(bytes.slice(offset, offset + length));
}

function checkFeatures(image: string, extensions: Extensions, high: number, low: number): void {
  const names: string[] = [];
  for (let bit = 0; bit < 64; bit++) {
    const set = ((bit < 32 ? low : high) >>> (bit % 32)) & 1;
    const known = bit < 32 && ((KNOWN_INCOMPATIBLE >>> bit) & 1) === 1;
    if (set === 1 && !known) names.push(featureName(extensions, 0, bit));
  }
  const place = at('incompatible_features', 72);
  if (names.length > 0) throw refuse(blockErrors['unknown-features'](place, { image, names }));
  if ((low & Incompatible.dataFile) !== 0) {
    throw refuse(blockErrors['unsupported-feature'](place, { image, feature: 'an external data file' }));
  }
}

/** The fields before the extensions, to be written over what is there. */
export function encodeHeader(header: Header): Uint8Array {
  const { geometry } = header;
  const bytes = header.raw.slice();
  const view = viewOf(bytes);
  view.setUint32(0, MAGIC);
  view.setUint32(4, geometry.version);
  view.setUint32(20, geometry.clusterBits);
  writeU64(view, 24, header.size);
  view.setUint32(36, header.l1Entries);
  writeU64(view, 40, header.l1Offset);
  writeU64(view, 48, header.refcountTableOffset);
  view.setUint32(56, header.refcountTableClusters);
  view.setUint32(60, header.snapshots);
  writeU64(view, 64, header.snapshotsOffset);
  if (geometry.version === 3) {
    view.setUint32(76, header.incompatible);
    view.setUint32(84, header.compatible);
    view.setUint32(88, header.autoclear.high);
    view.setUint32(92, header.autoclear.low);
    view.setUint32(96, Math.log2(geometry.refcountBits));
    view.setUint32(100, header.length);
    if (header.length >= HEADER_V3_COMPRESSION) view.setUint8(104, CompressionId[header.compression]);
  }
  return bytes;
}

export const isLazy = (header: Header): boolean => (header.compatible & Compatible.lazyRefcounts) !== 0;
export const isDirty = (header: Header): boolean => (header.incompatible & Incompatible.dirty) !== 0;
export const isCorrupt = (header: Header): boolean => (header.incompatible & Incompatible.corrupt) !== 0;

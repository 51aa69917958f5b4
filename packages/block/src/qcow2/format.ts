/** Numbers of the qcow2 format (QEMU, docs/interop/qcow2.txt). Integers are big-endian. */

export const MAGIC = 0x514649fb;

/** Bytes of the header: version 2, and the least and the usual of version 3. */
export const HEADER_V2 = 72;
export const HEADER_V3 = 104;
export const HEADER_V3_COMPRESSION = 112;

export const Incompatible = { dirty: 1, corrupt: 2, dataFile: 4, compression: 8, extendedL2: 16 } as const;
export const KNOWN_INCOMPATIBLE = 31;
export const Compatible = { lazyRefcounts: 1 } as const;
export const Autoclear = { bitmaps: 1 } as const;

export const Extension = {
  end: 0, backingFormat: 0xe2792aca, featureNames: 0x6803f857, bitmaps: 0x23852875, encryption: 0x0537be77, dataFile: 0x44415441,
} as const;

export const CompressionId = { deflate: 0, zstd: 1 } as const;

/** Bounds that QEMU has too (block/qcow2.h), so that a table fits memory. */
export const MOST_L1_BYTES = 32 * 2 ** 20;
export const MOST_REFCOUNT_TABLE_BYTES = 8 * 2 ** 20;
export const MOST_SNAPSHOTS = 65536;
export const MOST_SNAPSHOT_TABLE_BYTES = 64 * 2 ** 20;
export const MOST_BACKING_NAME = 1023;

/** In the upper half of an L1 or L2 entry. */
export const COPIED = 0x80000000;
export const COMPRESSED = 0x40000000;
/** In the lower half of a standard L2 entry, from version 3 on. */
export const ZERO = 1;
/** Bits 9 to 55 of an entry. */
export const OFFSET_HIGH = 0x00ffffff;
export const OFFSET_LOW = 0xfffffe00;
const U32 = 2 ** 32;

export const entryOffset = (high: number, low: number): number => (high & OFFSET_HIGH) * U32 + ((low & OFFSET_LOW) >>> 0);

export const readU64 = (view: DataView, at: number): number => view.getUint32(at) * U32 + view.getUint32(at + 4);

export function writeU64(view: DataView, at: number, value: number): void {
  view.setUint32(at, Math.floor(value / U32));
  view.setUint32(at + 4, value >>> 0);
}

export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Whether these bytes, from the beginning of an image, say that it is a qcow2 image. */
export const isQcow2 = (head: Uint8Array): boolean => head.length >= 4 && viewOf(head).getUint32(0) === MAGIC;

/** How an image is divided; all from its header. */
export interface Geometry {
  readonly version: 2 | 3;
  readonly clusterBits: number;
  readonly clusterSize: number;
  /** Bytes of an L2 entry: 8, or 16 with subclusters. */
  readonly entrySize: 8 | 16;
  /** Entries of an L2 table. */
  readonly entries: number;
  /** Bytes of the disk that an L2 table describes. */
  readonly span: number;
  /** Subclusters of a cluster: 1 or 32. */
  readonly subclusters: 1 | 32;
  readonly subclusterSize: number;
  readonly refcountBits: number;
  /** Refcounts of a refcount block. */
  readonly refcounts: number;
}

export function geometryOf(version: 2 | 3, clusterBits: number, refcountBits: number, extended: boolean): Geometry {
  const clusterSize = 2 ** clusterBits;
  const entrySize = extended ? 16 : 8;
  const entries = clusterSize / entrySize;
  const subclusters = extended ? 32 : 1;
  return {
    version, clusterBits, clusterSize, entrySize, entries, span: entries * clusterSize, subclusters,
    subclusterSize: clusterSize / subclusters, refcountBits, refcounts: (clusterSize * 8) / refcountBits,
  };
}

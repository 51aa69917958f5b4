import type { BlockBackend } from '@polyvisor/core';
import { blockErrors, refuse } from '../errors.ts';
import type { Qcow2Disk } from '../qcow2/disk.ts';
import { openQcow2, readHeader } from '../qcow2/open.ts';
import { RawDisk } from '../raw/raw-disk.ts';
import type { ByteStore, StoreOpener } from '../store/byte-store.ts';
import { formatOf, probe, type Format } from './probe.ts';

export interface OpenOptions {
  /** Without it the contents tell. */
  readonly format?: Format;
  readonly readOnly?: boolean;
  /**
   * Contents of ISO 9660 make a disc of a raw image: read only, in blocks of 2048 bytes (true). Without, they are those of a disk, as
   * hybrid images have them.
   */
  readonly discs?: boolean;
  /** Opens backing files, where that is allowed. */
  readonly openBacking?: StoreOpener;
  /** Bytes of tables in memory, of each qcow2 image (32 MiB). */
  readonly cacheBytes?: number;
  /** Lets an image that is marked as corrupt be written. */
  readonly repairing?: boolean;
  /** Opens the image alone: what its backing file shows reads as zeros. */
  readonly withoutBacking?: boolean;
}

/** An image as a disk. */
export type ImageDisk = RawDisk | Qcow2Disk;

/** Backing files, one behind the other. */
const MOST_BACKING = 64;

/** Opens an image and the images behind it. Closing the disk closes the stores. */
export async function openImage(store: ByteStore, options: OpenOptions = {}): Promise<ImageDisk> {
  return openChain(store, options, []);
}

async function openChain(store: ByteStore, options: OpenOptions, above: readonly string[]): Promise<ImageDisk> {
  const chain = [...above, store.name];
  try {
    if (above.includes(store.name)) throw refuse(blockErrors['backing-loop']('', { image: chain[0]!, chain }));
    if (above.length > MOST_BACKING) throw refuse(blockErrors['backing-depth']('', { image: chain[0]!, most: MOST_BACKING }));
    const found = options.format === undefined ? await probe(store) : { format: formatOf(store.name, options.format), iso: false };
    if (found.format === 'raw') {
      const probed = options.format === undefined;
      return new RawDisk(store, found.iso && options.discs !== false ? { readOnly: true, blockSize: 2048 } : { readOnly: options.readOnly ?? false, probed });
    }
    const backing = options.withoutBacking === true ? undefined : await openBacking(store, options, chain);
    try {
      return await openQcow2(store, { ...options, backing });
    } catch (error) {
      await backing?.close();
      throw error;
    }
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function openBacking(store: ByteStore, options: OpenOptions, chain: readonly string[]): Promise<BlockBackend | undefined> {
  const { backingName, extensions } = await readHeader(store);
  if (backingName === undefined) return undefined;
  const unreachable = (why: string, cause?: unknown) =>
    refuse(blockErrors['backing-unreachable']('backing_file_offset', { image: store.name, backing: backingName, why }, cause));
  if (!options.openBacking) throw unreachable('there is no way to open other files');
  const { backingFormat } = extensions;
  const format = backingFormat === undefined || backingFormat === '' ? undefined : formatOf(backingName, backingFormat);
  let behind: ByteStore;
  try {
    behind = await options.openBacking(backingName, store.name, { readOnly: true });
  } catch (error) {
    throw unreachable(error instanceof Error ? error.message : String(error), error);
  }
  const { openBacking: opener, cacheBytes } = options;
  return openChain(
    behind,
    { openBacking: opener, readOnly: true, ...(format === undefined ? {} : { format }), ...(cacheBytes === undefined ? {} : { cacheBytes }) },
    chain,
  );
}

import type { BlockBackend } from '@polyvisor/core';
import { commitInto } from '../image/commit.ts';
import { createQcow2 } from '../qcow2/create.ts';
import type { Qcow2Disk } from '../qcow2/disk.ts';
import { openQcow2 } from '../qcow2/open.ts';
import type { ByteStore } from '../store/byte-store.ts';
import { MemoryStore } from '../store/memory-store.ts';

/** A disk whose changes are kept apart until it is decided about them. */
export interface UndoableDisk extends BlockBackend {
  /** Writes the changes into the disk below; it goes on, with none. */
  commit(): Promise<void>;
  /** Forgets the changes; it goes on, with none. */
  discardChanges(): Promise<void>;
}

export interface OverlayOptions {
  /** Bytes (64 KiB). Small ones copy less for small writes. */
  readonly clusterSize?: number;
}

/**
 * Changes go to a redo file, a qcow2 overlay made anew in `redo`. Closing keeps the redo file and closes `base`.
 */
export async function undoable(base: BlockBackend, redo: ByteStore, options: OverlayOptions = {}): Promise<UndoableDisk> {
  await createQcow2(redo, { size: base.size, ...options });
  return undoableOver(await openQcow2(redo, { backing: base }), base);
}

/** Goes on with a redo file that was kept. */
export async function resumeUndoable(base: BlockBackend, redo: ByteStore): Promise<UndoableDisk> {
  return undoableOver(await openQcow2(redo, { backing: base }), base);
}

/** Changes stay in memory and are dropped when the disk is closed. */
export async function nonPersistent(base: BlockBackend, options: OverlayOptions = {}): Promise<UndoableDisk> {
  return undoable(base, new MemoryStore({ name: 'changes in memory' }), options);
}

function undoableOver(overlay: Qcow2Disk, base: BlockBackend): UndoableDisk {
  return {
    size: overlay.size, blockSize: overlay.blockSize, readOnly: false,
    read: (offset, into) => overlay.read(offset, into),
    write: (offset, from) => overlay.write(offset, from),
    flush: () => overlay.flush(),
    discard: (offset, length) => overlay.discard(offset, length),
    writeZeroes: (offset, length) => overlay.writeZeroes(offset, length),
    close: () => overlay.close(),
    commit: () => commitInto(overlay, base),
    discardChanges: async () => {
      await overlay.unallocate(0, overlay.size);
      await overlay.flush();
    },
  };
}

import { nonPersistent, openImage } from '@polyvisor/block';
import { FileStore, openBeside } from '@polyvisor/block/node';
import { BlockBackendToken, type BlockBackend } from '@polyvisor/core';
import { namedService, type NamedService } from '@polyvisor/machine';
import type { Drive, RunOptions } from '../options/types.ts';

export interface Drives {
  readonly services: readonly NamedService[];
  /** What the guest wrote is on stable storage when it resolves. */
  close(): Promise<void>;
}

/** Opens the images of all drives; their services are called as the drives. */
export async function openDrives({ drives, snapshot }: RunOptions): Promise<Drives> {
  const open: { readonly id: string; readonly disk: BlockBackend }[] = [];
  const close = async (): Promise<void> => {
    for (const { disk } of open.splice(0)) {
      if (!disk.readOnly) await disk.flush();
      await disk.close();
    }
  };
  try {
    for (const drive of drives) open.push({ id: drive.id, disk: await openDrive(drive, snapshot || drive.snapshot) });
  } catch (error) {
    await close();
    throw error;
  }
  return { services: open.map(({ id, disk }) => namedService(id, BlockBackendToken, disk)), close };
}

async function openDrive({ file, format, readOnly }: Drive, dropped: boolean): Promise<BlockBackend> {
  const closed = readOnly || dropped;
  const store = await FileStore.open(file, { readOnly: closed });
  const disk = await openImage(store, { readOnly: closed, openBacking: openBeside, ...(format && { format }) });
  return dropped && !readOnly ? nonPersistent(disk) : disk;
}

import { nonPersistent, openImage } from '@polyvisor/block';
import { FileStore, openBeside } from '@polyvisor/block/node';
import { BlockBackendToken, type BlockBackend } from '@polyvisor/core';
import { namedService } from '@polyvisor/machine';
import type { Drive, RunOptions } from '../options/types.ts';
import { openAll, type Opened } from './opened.ts';

/** Opens the images of all drives; their services are called as the drives. */
export function openDrives({ drives, snapshot }: RunOptions): Promise<Opened> {
  return openAll(drives.map((drive) => async () => {
    const disk = await openDrive(drive, snapshot || drive.snapshot);
    return {
      services: [namedService(drive.id, BlockBackendToken, disk)],
      async close() {
        if (!disk.readOnly) await disk.flush();
        await disk.close();
      },
    };
  }));
}

async function openDrive({ file, format, media, readOnly }: Drive, dropped: boolean): Promise<BlockBackend> {
  const closed = readOnly || dropped;
  // What one drive writes no other one reads, not as a backing file either.
  const store = await FileStore.open(file, { readOnly: closed, alone: !closed });
  const disk = await openImage(store, { readOnly: closed, discs: media === 'cdrom', openBacking: openBeside, ...(format && { format }) });
  return dropped && !readOnly ? nonPersistent(disk) : disk;
}

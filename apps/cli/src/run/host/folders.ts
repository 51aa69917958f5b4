import { PolyvisorError } from '@polyvisor/core';
import { HostFolderToken } from '@polyvisor/devices-virtio';
import { NodeFolder } from '@polyvisor/devices-virtio/node';
import { namedService } from '@polyvisor/machine';
import { runErrors } from '../errors.ts';
import type { RunOptions, SharedFolder } from '../options/types.ts';
import { openAll, type Opened } from './opened.ts';

/** Opens the folders that the guest shares; their services are called as they are. */
export function openFolders({ folders }: RunOptions): Promise<Opened> {
  return openAll(folders.map((shared) => async () => {
    const folder = await open(shared);
    return { services: [namedService(shared.id, HostFolderToken, folder)], close: () => folder.close() };
  }));
}

async function open({ path }: SharedFolder): Promise<NodeFolder> {
  try {
    return await NodeFolder.open(path);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new PolyvisorError([runErrors['unreadable-file']('', { option: '-virtfs', path, why }, cause)]);
  }
}

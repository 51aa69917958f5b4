import { ioError } from '../errors.ts';
import type { ByteStore } from '../store/byte-store.ts';
import { AsyncOpfsStore } from './async-store.ts';
import type { OpfsFileHandle } from './opfs.ts';
import { SyncOpfsStore } from './sync-store.ts';

/**
 * A file of the browser's own storage, by the quickest way there is: in a worker through an access handle, which
 * locks the file, elsewhere through streams. Get the handle from `navigator.storage.getDirectory()`.
 */
export async function openOpfs(handle: OpfsFileHandle, options: { readonly readOnly?: boolean } = {}): Promise<ByteStore> {
  if (handle.createSyncAccessHandle === undefined) return AsyncOpfsStore.open(handle, options);
  try {
    return new SyncOpfsStore(handle.name, await handle.createSyncAccessHandle(), options.readOnly ?? false);
  } catch (error) {
    throw ioError(handle.name, 'opening', error);
  }
}

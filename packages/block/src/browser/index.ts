export { AsyncOpfsStore } from './async-store.ts';
export { SyncOpfsStore } from './sync-store.ts';
export { openOpfs } from './open-opfs.ts';
export type { AccessHandle, OpfsFileHandle, StoredFile, WritableFile } from './opfs.ts';

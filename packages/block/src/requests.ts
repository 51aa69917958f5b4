import { blockErrors, refuse } from './errors.ts';

/** Refuses a request that no disk of this size and block size can serve. */
export function checkRequest(
  disk: { readonly size: number; readonly blockSize: number }, image: string, action: string, offset: number, length: number,
): void {
  const { size, blockSize } = disk;
  if (offset >= 0 && offset % blockSize === 0 && length % blockSize === 0 && offset + length <= size) return;
  throw refuse(blockErrors['bad-request']('', { image, action, offset, length, size, unit: blockSize }));
}

import { RUN_FRAMES, type AddressSpace } from '@polyvisor/core';

/**
 * Makes the absent frames around `gfn`, within its 2 MiB, device memory. No device answers there, so that the machine's
 * dispatch reads all ones and drops writes, as a PC's bus does. Done when the guest first looks: tables for all of the
 * guest-physical space would cost 8 MiB for each 2 TiB. A whole run is one large entry. Throws when frames run out.
 */
export function openBus(space: AddressSpace, gfn: number): void {
  const start = Math.floor(gfn / RUN_FRAMES) * RUN_FRAMES;
  const absent = (frame: number): boolean => space.lookup(frame).kind === 'absent';
  let first = gfn;
  let end = gfn + 1;
  while (first > start && absent(first - 1)) first--;
  while (end < start + RUN_FRAMES && absent(end)) end++;
  space.mapMmio(first, end - first);
}

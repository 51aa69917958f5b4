import type { BlockBackend } from '@polyvisor/core';
import { blockErrors, refuse } from '../errors.ts';
import type { Qcow2Disk } from '../qcow2/disk.ts';

const STEP = 2 ** 20;

/**
 * Writes what an overlay holds into `base`, which is what it shows, open for writing; then the overlay holds nothing.
 * When it fails half-way, the overlay still has everything.
 */
export async function commitInto(overlay: Qcow2Disk, base: BlockBackend): Promise<void> {
  if (overlay.snapshots.length > 0) throw refuse(blockErrors['has-snapshots']('', { image: overlay.name, action: 'committed' }));
  if (base.size < overlay.size) throw refuse(blockErrors['too-small']('', { image: 'its backing file', size: base.size, needs: overlay.size }));
  const bytes = new Uint8Array(STEP);
  for await (const { offset, length, kind } of overlay.extents()) {
    if (kind === 'unallocated') continue;
    if (kind === 'zero') {
      await base.writeZeroes(offset, length);
      continue;
    }
    for (let done = 0; done < length; done += STEP) {
      const part = bytes.subarray(0, Math.min(STEP, length - done));
      await overlay.read(offset + done, part);
      await base.write(offset + done, part);
    }
  }
  await base.flush();
  await overlay.unallocate(0, overlay.size);
  await overlay.flush();
}

/** Power failures with a Linux guest; the script beside it does many more. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { CrashingGuest } from './lib/crashes.ts';
import { missing } from './lib/host.ts';
import { linux } from './lib/linux.ts';

const folder = mkdtempSync(join(tmpdir(), 'polyvisor-crashes-'));

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('a Linux guest that is killed while it writes', () => {
  const system = linux('cloud-amd64');
  const lacks = missing('mke2fs', 'e2fsck', 'debugfs', 'qemu-img');
  if ('reason' in system || lacks !== undefined) {
    test.skip('reason' in system ? system.reason : lacks ?? '', () => undefined);
    return;
  }

  test.each(['raw', 'qcow2'] as const)('finds all that it had synced on a %s image', async (format) => {
    const guest = new CrashingGuest(system, mkdtempSync(join(folder, format)), format);
    for (const files of [5, 12]) {
      const { reported, lost } = await guest.round(files, 100);
      expect(lost).toEqual([]);
      expect(reported).toBeGreaterThanOrEqual(files);
    }
  }, 600_000);
});

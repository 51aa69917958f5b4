/**
 * Kills the process at random moments while the guest writes and syncs, on raw and on qcow2, a dozen times each on the
 * same disk: what the guest reported as synced must be there afterwards.
 * `npx node --conditions=@polyvisor/source apps/cli/acceptance/crashes.ts [kills]`
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CrashingGuest } from './lib/crashes.ts';
import { linux } from './lib/linux.ts';
import { needed, show } from './lib/show.ts';

const KILLS = Number(process.argv[2] ?? 12);
const system = needed(linux('cloud-amd64'));
let bad = 0;
for (const format of ['raw', 'qcow2'] as const) {
  const folder = mkdtempSync(join(tmpdir(), 'polyvisor-crashes-'));
  try {
    const guest = new CrashingGuest(system, folder, format);
    show(`== ${format}`);
    for (let i = 1; i <= KILLS; i++) {
      const { reported, e2fsck, qemuImg, lost } = await guest.round(1 + Math.floor(Math.random() * 30), Math.random() * 500);
      show(`kill ${i} after ${reported} synced files`, `${lost.length === 0 ? 'all there' : lost.join('; ')}; ${qemuImg}; ${e2fsck}`);
      bad += lost.length;
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}
show('lost', String(bad));
process.exitCode = bad === 0 ? 0 : 1;

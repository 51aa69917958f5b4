/** The processor that this runs on, through /dev/kvm. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Prepared } from './sample.ts';

const HEADING = 24;

/** Says why it cannot be asked here, or how. */
export function prepareKvm(): Prepared {
  if (!existsSync('/dev/kvm')) return { skipped: 'there is no /dev/kvm' };
  const folder = mkdtempSync(join(tmpdir(), 'polyvisor-kvm-'));
  const destroy = (): void => rmSync(folder, { recursive: true });
  const skip = (why: string): Prepared => {
    destroy();
    return { skipped: why };
  };
  const program = join(folder, 'kvm-walk');
  const compiled = spawnSync('gcc', ['-O1', '-o', program, fileURLToPath(new URL('kvm-walk.c', import.meta.url))], { encoding: 'utf8' });
  if (compiled.status !== 0) return skip(`gcc cannot build the harness: ${compiled.error?.message ?? compiled.stderr}`);
  const works = spawnSync(program, { input: '' });
  if (works.status !== 0) return skip(`KVM cannot be used: ${String(works.stderr).trim()}`);
  const [bits, giga, legacy] = [0, 8, 16].map((at) => Number(works.stdout.readBigUInt64LE(at)));
  return {
    physicalBits: Math.min(48, bits ?? 36), pages1g: giga === 1, modes: legacy === 1 ? ['32-bit', 'pae', 'long', 'long'] : ['long'],
    origin: 0, fill: 0xf4, within: true, quirks: false, destroy,
    run(worlds) {
      const run = spawnSync(program, { input: Buffer.concat(worlds), maxBuffer: 2 ** 30 });
      if (run.status !== 0) throw new Error(`the harness failed: ${String(run.stderr)}`);
      return run.stdout.subarray(HEADING);
    },
  };
}

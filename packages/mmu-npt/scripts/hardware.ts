/**
 * Compares walks with those of this machine's processor, by /dev/kvm:
 * `node --conditions=@polyvisor/source packages/mmu-npt/scripts/hardware.ts [worlds] [seed]`.
 */
import { rmSync } from 'node:fs';
import { prepare, takeSample } from '../test/hardware/sample.ts';

const ready = prepare();
if ('skipped' in ready) console.log(ready.skipped);
else {
  const { accesses, outcomes, differences } = takeSample(ready, Number(process.argv[2] ?? 2000), Number(process.argv[3] ?? 1));
  for (const [name, n] of [...outcomes].sort()) console.log(`${String(n).padStart(7)}  ${name}`);
  for (const difference of differences.slice(0, 20)) console.log(difference);
  console.log(`${accesses} accesses, ${differences.length} differ`);
  process.exitCode = differences.length === 0 ? 0 : 1;
  rmSync(ready.folder, { recursive: true });
}

/**
 * Compares walks with those of this machine's processor, by /dev/kvm, and of QEMU's TCG:
 * `node --conditions=@polyvisor/source packages/mmu-npt/scripts/hardware.ts [worlds] [seed]`.
 */
import { prepareKvm } from '../test/hardware/kvm.ts';
import { takeSample } from '../test/hardware/sample.ts';
import { prepareTcg } from '../test/hardware/tcg.ts';

for (const [name, prepare] of [['KVM', prepareKvm], ['QEMU TCG', prepareTcg]] as const) {
  const ready = prepare();
  if ('skipped' in ready) {
    console.log(`${name}: ${ready.skipped}`);
    continue;
  }
  const { accesses, outcomes, differences } = takeSample(ready, Number(process.argv[2] ?? 1000), Number(process.argv[3] ?? 1));
  for (const [outcome, n] of [...outcomes].sort()) console.log(`${String(n).padStart(7)}  ${outcome}`);
  for (const difference of differences.slice(0, 12)) console.log(difference);
  console.log(`${name}: ${accesses} accesses, ${differences.length} differ`);
  if (differences.length > 0) process.exitCode = 1;
  ready.destroy();
}

import { expect, test } from 'vitest';
import { prepareKvm } from './hardware/kvm.ts';
import { takeSample } from './hardware/sample.ts';
import { prepareTcg } from './hardware/tcg.ts';

test.for([
  ['the processor, as KVM runs it,', prepareKvm], ['QEMU\'s TCG', prepareTcg],
] as const)('agrees with %s about faults, error codes, CR2, accessed and dirty bits', ([, prepare], context) => {
  const ready = prepare();
  if ('skipped' in ready) {
    context.skip(ready.skipped);
    return;
  }
  const { accesses, differences } = takeSample(ready, 200, 7);
  ready.destroy();
  expect(accesses).toBeGreaterThan(2000);
  expect(differences).toEqual([]);
});

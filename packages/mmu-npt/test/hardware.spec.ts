import { rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { prepare, takeSample } from './hardware/sample.ts';

test('agrees with the processor, as KVM runs it, about faults, error codes, CR2, accessed and dirty bits', (context) => {
  const ready = prepare();
  if ('skipped' in ready) {
    context.skip(ready.skipped);
    return;
  }
  const { accesses, differences } = takeSample(ready, 300, 7);
  rmSync(ready.folder, { recursive: true });
  expect(accesses).toBeGreaterThan(3000);
  expect(differences).toEqual([]);
});

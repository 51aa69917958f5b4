import { traceDifference } from '../../../trace/trace.ts';
import { found, type Check, type Finding } from '../../report.ts';
import { difference } from '../../values.ts';
import type { DeviceSubject } from '../options.ts';
import { inRound, noState, restoredPairs, sameOperations } from '../run.ts';

export const restoreContinues: Check<DeviceSubject> = {
  name: 'restore-continues',
  summary: 'a restored device goes on exactly as the original does',
  async run(subject) {
    const reason = noState(subject);
    if (reason) return reason;
    const findings: Finding[] = [];
    for (const { original, restored, random, round } of await restoredPairs(subject)) {
      const [expected, actual] = await sameOperations(original, restored, random);
      const parts = traceDifference(expected, actual) ?? difference(original.status(), restored.status());
      if (parts === undefined) continue;
      findings.push(found(`the restored device does something else (the original against it): ${parts}. A field may be missing from save${inRound(subject, round)}`));
    }
    return findings;
  },
};

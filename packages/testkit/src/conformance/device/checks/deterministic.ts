import { traceDifference } from '../../../trace/trace.ts';
import { found, type Check, type Finding } from '../../report.ts';
import { difference } from '../../values.ts';
import type { DeviceSubject } from '../options.ts';
import { DeviceRig } from '../rig.ts';
import { inRound, noState, roundRandom, sameOperations } from '../run.ts';

export const deterministic: Check<DeviceSubject> = {
  name: 'deterministic',
  summary: 'two devices that meet the same do the same',
  async run(subject) {
    const findings: Finding[] = [];
    for (let round = 0; round < subject.rounds; round += 1) {
      const [a, b] = [new DeviceRig(subject), new DeviceRig(subject)];
      const [expected, actual] = await sameOperations(a, b, roundRandom(subject, 300 + round));
      const state = () => (noState(subject) ? undefined : difference(a.save()?.state, b.save()?.state));
      const parts = traceDifference(expected, actual) ?? state();
      if (parts !== undefined) findings.push(found(`two devices under the same operations part: ${parts}${inRound(subject, round)}`));
    }
    return findings;
  },
};

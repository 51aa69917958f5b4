import type { Section } from '@polyvisor/core';
import { traceDifference } from '../../../trace/trace.ts';
import { found, type Check, type Finding } from '../../report.ts';
import { difference } from '../../values.ts';
import type { DeviceSubject } from '../options.ts';
import { DeviceRig } from '../rig.ts';
import { inRound, sameOperations } from '../run.ts';
import { resetRounds } from '../reset-rounds.ts';

export const resetPowerOn: Check<DeviceSubject> = {
  name: 'reset-power-on',
  summary: 'after a reset the device is as one that was just made, in its state and in what it does next',
  async run(subject) {
    const findings: Finding[] = [];
    const kept = subject.options.survivesReset ?? [];
    for (const { rig, why, round, random } of await resetRounds(subject)) {
      const where = inRound(subject, round);
      const fresh = new DeviceRig(subject, { like: rig });
      if (subject.plugin.state.kind === 'versioned') {
        const differs = difference(without(fresh.save(), kept), without(rig.save(), kept));
        if (differs !== undefined) findings.push(found(`after reset("${why}") the state is not that of power-on (power-on against it): ${differs}${where}`));
      }
      // What survives may rightly show in what follows.
      if (kept.length > 0) continue;
      const [expected, actual] = await sameOperations(fresh, rig, random);
      const parts = traceDifference(expected, actual);
      if (parts !== undefined) findings.push(found(`after reset("${why}") it behaves otherwise than at power-on: ${parts}${where}`));
    }
    return findings;
  },
};

function without(section: Section | undefined, keys: readonly string[]): unknown {
  const state = section?.state;
  if (typeof state !== 'object' || state === null) return state;
  return Object.fromEntries(Object.entries(state).filter(([key]) => !keys.includes(key)));
}

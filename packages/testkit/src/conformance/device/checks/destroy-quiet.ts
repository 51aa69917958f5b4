import { found, type Check, type Finding } from '../../report.ts';
import type { DeviceSubject } from '../options.ts';
import { inRound, roundRandom, worn } from '../run.ts';

export const destroyQuiet: Check<DeviceSubject> = {
  name: 'destroy-quiet',
  summary: 'a destroyed device leaves no timer armed and no line asserted',
  async run(subject) {
    const findings: Finding[] = [];
    for (let round = 0; round < subject.rounds; round += 1) {
      const where = inRound(subject, round);
      const rig = await worn(subject, roundRandom(subject, 600 + round));
      const faults = rig.faults.length;
      rig.destroy();
      findings.push(...rig.faults.slice(faults).map((fault) => found(`${fault}${where}`)));
      const { levels, timers } = rig.status();
      const armed = timers.filter((deadline) => deadline >= 0).length;
      if (armed > 0) findings.push(found(`destroy leaves ${armed} timer(s) armed${where}`));
      for (const [name, asserted] of Object.entries(levels)) {
        if (asserted) findings.push(found(`destroy leaves the line "${name}" asserted${where}`));
      }
    }
    return findings;
  },
};

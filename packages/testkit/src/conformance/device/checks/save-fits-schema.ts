import { saveSection } from '@polyvisor/core';
import { describeError, found, type Check, type Finding } from '../../report.ts';
import { difference } from '../../values.ts';
import type { DeviceSubject } from '../options.ts';
import { inRound, noState, roundRandom, worn } from '../run.ts';

export const saveFitsSchema: Check<DeviceSubject> = {
  name: 'save-fits-schema',
  summary: 'save gives a value that fits its own schema, survives CBOR and changes nothing',
  async run(subject) {
    const reason = noState(subject);
    if (reason) return reason;
    const findings: Finding[] = [];
    for (let round = 0; round < subject.rounds; round += 1) {
      const where = inRound(subject, round);
      const rig = await worn(subject, roundRandom(subject, round));
      const mark = rig.trace.entries.length;
      try {
        const { plugin } = subject;
        const direct = saveSection('dut', plugin.kind, plugin.state, () => rig.device.save?.());
        const through = rig.save();
        const lost = difference(direct?.state, through?.state);
        if (lost !== undefined) findings.push(found(`the state changes on its way through CBOR, or by saving twice: ${lost}${where}`));
      } catch (error) {
        findings.push(found(`${describeError(error)}${where}`));
      }
      const did = rig.trace.since(mark);
      if (did.length > 0) findings.push(found(`save acts on the outside: ${did[0] ?? ''}${where}`));
    }
    return findings;
  },
};

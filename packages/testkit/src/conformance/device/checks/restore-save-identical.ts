import { found, type Check } from '../../report.ts';
import { difference } from '../../values.ts';
import type { DeviceSubject } from '../options.ts';
import { inRound, noState, restoredPairs } from '../run.ts';

export const restoreSaveIdentical: Check<DeviceSubject> = {
  name: 'restore-save-identical',
  summary: 'a restored device saves what it was made from',
  async run(subject) {
    const reason = noState(subject);
    if (reason) return reason;
    return (await restoredPairs(subject)).flatMap(({ section, restored, round }) => {
      const differs = difference(section?.state, restored.save()?.state);
      return differs === undefined ? [] : [found(`restored and saved again, the state differs (saved against it): ${differs}${inRound(subject, round)}`)];
    });
  },
};

import { found, type Check } from '../../report.ts';
import { difference } from '../../values.ts';
import type { DeviceSubject } from '../options.ts';
import { inRound, noState, restoredPairs } from '../run.ts';

export const restoreLevels: Check<DeviceSubject> = {
  name: 'restore-levels',
  summary: 'a restored device asserts the level lines, arms the timers and places the regions that the original had',
  async run(subject) {
    const reason = noState(subject);
    if (reason) return reason;
    return (await restoredPairs(subject)).flatMap(({ original, restored, round }) => {
      const differs = difference(original.status(), restored.status());
      return differs === undefined ? [] : [found(`lines, timers or places differ after the restore (the original against it): ${differs}${inRound(subject, round)}`)];
    });
  },
};

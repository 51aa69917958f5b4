import { found, type Check } from '../../report.ts';
import type { DeviceSubject } from '../options.ts';
import { inRound, noState, restoredPairs } from '../run.ts';

/** Setting a level or a place is how a restored device gives its line's and region's state; reading memory shows nowhere. */
const ALLOWED = /^(level |place |dma (read|load) )/;

export const restoreSilent: Check<DeviceSubject> = {
  name: 'restore-silent',
  summary: 'restoring raises no edge, message, output or power action and writes no memory',
  async run(subject) {
    const reason = noState(subject);
    if (reason) return reason;
    return (await restoredPairs(subject)).flatMap(({ restored, round }) =>
      restored.whileMade
        .filter((entry) => !ALLOWED.test(entry))
        .map((entry) => found(`restoring acts on the outside: ${entry}${inRound(subject, round)}`)),
    );
  },
};

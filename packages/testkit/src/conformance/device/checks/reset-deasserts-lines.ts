import { found, type Check } from '../../report.ts';
import type { DeviceSubject } from '../options.ts';
import { resetRounds } from '../reset-rounds.ts';
import { inRound } from '../run.ts';

export const resetDeassertsLines: Check<DeviceSubject> = {
  name: 'reset-deasserts-lines',
  summary: 'a reset leaves no level line asserted',
  async run(subject) {
    return (await resetRounds(subject)).flatMap(({ rig, why, round }) =>
      [...rig.fake.levels.values()]
        .filter((line) => line.asserted)
        .map((line) => found(`reset("${why}") leaves the line "${line.name}" asserted${inRound(subject, round)}`)),
    );
  },
};

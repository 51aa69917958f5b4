import { found, type Check } from '../../report.ts';
import { difference } from '../../values.ts';
import type { DeviceSubject } from '../options.ts';
import { resetRounds } from '../reset-rounds.ts';
import { DeviceRig } from '../rig.ts';
import { inRound } from '../run.ts';

export const resetTimers: Check<DeviceSubject> = {
  name: 'reset-timers',
  summary: 'a reset leaves timers armed as those of a device that was just made',
  async run(subject) {
    if (!subject.plugin.resources(subject.config).timers) return { skipped: 'the device asks for no timers' };
    return (await resetRounds(subject)).flatMap(({ rig, why, round }) => {
      const fresh = new DeviceRig(subject, { like: rig });
      const differs = difference(fresh.status().timers, rig.status().timers);
      if (differs === undefined) return [];
      return [found(`after reset("${why}") the timers are not those of power-on (deadline, −1 for none): ${differs}${inRound(subject, round)}`)];
    });
  },
};

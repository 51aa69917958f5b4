import { found, type Check } from '../../report.ts';
import { perform, randomOperations } from '../operations.ts';
import type { DeviceSubject } from '../options.ts';
import { DeviceRig } from '../rig.ts';
import { roundRandom } from '../run.ts';

export const stormBounded: Check<DeviceSubject> = {
  name: 'storm-bounded',
  summary: 'under a storm of random operations nothing throws and no operation works without bound',
  async run(subject) {
    const random = roundRandom(subject, 1000);
    const rig = new DeviceRig(subject);
    rig.fake.memory.bytes.set(random.bytes(Math.min(0x10000, rig.fake.memory.bytes.length)));
    await perform(rig, randomOperations(subject, rig.fake.resources, random, subject.operations * 5));
    return [
      ...rig.runaways.map((what) => found(`${what}. Bound every length and loop that the guest chooses`)),
      ...rig.faults.map((what) => found(`${what}. What a guest does wrong is a value, not an exception`)),
    ];
  },
};

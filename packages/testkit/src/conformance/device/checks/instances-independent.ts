import { traceDifference } from '../../../trace/trace.ts';
import { found, type Check } from '../../report.ts';
import { perform, randomOperations, readSweep } from '../operations.ts';
import type { DeviceSubject } from '../options.ts';
import { DeviceRig } from '../rig.ts';
import { roundRandom } from '../run.ts';

export const instancesIndependent: Check<DeviceSubject> = {
  name: 'instances-independent',
  summary: 'a device behaves the same whether or not another one of its kind is at work',
  async run(subject) {
    const alone = new DeviceRig(subject);
    const { resources } = alone.fake;
    const own = [...randomOperations(subject, resources, roundRandom(subject, 400), subject.operations), ...readSweep(resources)];
    const others = randomOperations(subject, resources, roundRandom(subject, 401), subject.operations);
    await perform(alone, own);

    const neighbour = new DeviceRig(subject);
    const watched = new DeviceRig(subject);
    for (const [i, operation] of own.entries()) {
      await perform(neighbour, others.slice(i, i + 1));
      await perform(watched, [operation]);
    }
    const parts = traceDifference(alone.trace.entries, watched.trace.entries);
    return parts === undefined ? [] : [found(`a second device at work changes what this one does: ${parts}. Keep state in create, not in the module`)];
  },
};

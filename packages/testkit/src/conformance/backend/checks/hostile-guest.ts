import { found, type Check } from '../../report.ts';
import { trapAmbient } from '../../ambient.ts';
import { traceDifference } from '../../../trace/trace.ts';
import type { BackendSubject } from '../options.ts';
import { BackendRig } from '../rig.ts';
import { noState, randomRun, runRandom } from '../run.ts';

export const handleNeverThrows: Check<BackendSubject> = {
  name: 'handle-never-throws',
  summary: 'no exit makes handle throw or work without bound, whatever the registers hold',
  run: (subject) => randomRun(new BackendRig(subject), runRandom(subject, 2), subject.operations * 4)
    .filter((line) => line.includes(': threw '))
    .map((line) => found(`${line}. What a guest does wrong is a value, not an exception`)),
};

export const memoryBounds: Check<BackendSubject> = {
  name: 'memory-bounds',
  summary: 'nothing outside guest memory is written, whatever the registers hold',
  run(subject) {
    const rig = new BackendRig(subject);
    randomRun(rig, runRandom(subject, 3), subject.operations * 4);
    return rig.escaped ? [found('bytes of the host outside guest memory changed; write guest memory through host.memory or host.space')] : [];
  },
};

export const backendNoAmbient: Check<BackendSubject> = {
  name: 'no-ambient',
  summary: 'the backend takes time, chance, delays, network and console from its host only',
  run(subject) {
    const used = new Set<string>();
    const rig = new BackendRig(subject, { around: (act) => trapAmbient(used, act) });
    randomRun(rig, runRandom(subject, 4));
    if (noState(subject) === undefined) rig.save();
    return [...used].sort().map((name) => found(`the backend uses ${name}; its host object has what it may use`));
  },
};

export const backendDeterministic: Check<BackendSubject> = {
  name: 'deterministic',
  summary: 'two backends that meet the same exits answer the same',
  run(subject) {
    const [a, b] = [0, 1].map(() => randomRun(new BackendRig(subject), runRandom(subject, 5)));
    const parts = traceDifference(a!, b!);
    return parts === undefined ? [] : [found(`two backends under the same exits part: ${parts}`)];
  },
};

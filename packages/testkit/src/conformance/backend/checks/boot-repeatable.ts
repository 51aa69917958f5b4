import { found, type Check, type Finding } from '../../report.ts';
import { difference } from '../../values.ts';
import type { BackendSubject } from '../options.ts';
import { BackendRig } from '../rig.ts';
import { noState, randomRun, runRandom } from '../run.ts';

export const bootRepeatable: Check<BackendSubject> = {
  name: 'boot-repeatable',
  summary: 'boot prepares vCPUs, memory and its own state the same way each time, also after a reset',
  run(subject) {
    const findings: Finding[] = [];
    const kept = subject.options.survivesReset ?? [];
    const [rig, other] = [new BackendRig(subject), new BackendRig(subject)];
    const first = pictureOf(rig, kept);
    const twins = difference(first, pictureOf(other, kept)) ?? difference(rig.guestMemory(), other.guestMemory(), 'memory');
    if (twins !== undefined) findings.push(found(`two boots differ: ${twins}`));
    randomRun(rig, runRandom(subject, 1), 40);
    for (const why of ['warm', 'power-on'] as const) {
      for (const vcpu of rig.vcpus) vcpu.reset();
      rig.boot(why);
      const again = difference(first, pictureOf(rig, kept));
      if (again !== undefined) findings.push(found(`boot("${why}") after a reset gives something else than the first boot: ${again}`));
    }
    return findings;
  },
};

function pictureOf(rig: BackendRig, kept: readonly string[]) {
  const state = noState(rig.subject) ? undefined : rig.save()?.state;
  const own = typeof state === 'object' && state !== null
    ? Object.fromEntries(Object.entries(state).filter(([key]) => !kept.includes(key))) : state;
  return { vcpus: rig.vcpuStates(), state: own };
}

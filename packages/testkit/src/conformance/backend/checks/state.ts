import type { Section, StateSpec } from '@polyvisor/core';
import { traceDifference } from '../../../trace/trace.ts';
import { describeError, found, type Check, type Finding } from '../../report.ts';
import { acceptsMissingKeys, acceptsOtherVersions, acceptsUnknownKeys } from '../../state-refusals.ts';
import { difference } from '../../values.ts';
import type { BackendSubject } from '../options.ts';
import { BackendRig } from '../rig.ts';
import { noState, randomRun, runRandom } from '../run.ts';

const ROUNDS = [10, 11, 12];

function stateCheck(name: string, summary: string, judge: (subject: BackendSubject, rig: BackendRig, round: number) => Finding[]): Check<BackendSubject> {
  return {
    name,
    summary,
    run(subject) {
      const reason = noState(subject);
      if (reason) return reason;
      return ROUNDS.flatMap((round) => {
        const rig = new BackendRig(subject);
        randomRun(rig, runRandom(subject, round), subject.operations >> (round % 3));
        return judge(subject, rig, round);
      });
    },
  };
}

function refusalCheck(name: string, summary: string, judge: (spec: StateSpec<unknown>, section: Section) => Finding[]): Check<BackendSubject> {
  return stateCheck(name, summary, (subject, rig, round) => {
    const section = round === ROUNDS[0] ? rig.save() : undefined;
    return section ? judge(subject.plugin.state, section) : [];
  });
}

export const backendSaveFits = stateCheck('save-fits-schema', 'save gives a value that fits its own schema and survives CBOR', (subject, rig) => {
  try {
    const lost = difference(rig.backend.save(), rig.save()?.state);
    return lost === undefined ? [] : [found(`the state of ${subject.plugin.kind} changes on its way through CBOR, or by saving twice: ${lost}`)];
  } catch (error) {
    return [found(describeError(error))];
  }
});

export const backendRestoreIdentical = stateCheck('restore-save-identical', 'a restored backend saves what it was made from', (subject, rig) => {
  const section = rig.save();
  const differs = difference(section?.state, new BackendRig(subject, { section, like: rig }).save()?.state);
  return differs === undefined ? [] : [found(`restored and saved again, the state differs (saved against it): ${differs}`)];
});

export const backendRestoreContinues = stateCheck('restore-continues', 'a restored backend answers exactly as the original does', (subject, rig, round) => {
  const restored = new BackendRig(subject, { section: rig.save(), like: rig });
  const [expected, actual] = [rig, restored].map((r) => randomRun(r, runRandom(subject, round + 100)));
  const parts = traceDifference(expected!, actual!);
  return parts === undefined ? [] : [found(`the restored backend answers otherwise (the original against it): ${parts}. A field may be missing from save`)];
});

export const backendRefusesUnknownKey = refusalCheck(
  'restore-refuses-unknown-key', 'a saved state with a left-over key is refused, at every depth', acceptsUnknownKeys);
export const backendRefusesMissingKey = refusalCheck(
  'restore-refuses-missing-key', 'a saved state without one of its keys is refused', acceptsMissingKeys);
export const backendRefusesOtherVersion = refusalCheck(
  'restore-refuses-other-version', 'a saved state of a version without an upgrade is refused', acceptsOtherVersions);

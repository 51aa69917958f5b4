import type { Section, StateSpec } from '@polyvisor/core';
import type { Check, Finding } from '../../report.ts';
import { acceptsMissingKeys, acceptsOtherVersions, acceptsUnknownKeys } from '../../state-refusals.ts';
import type { DeviceSubject } from '../options.ts';
import { noState, roundRandom, worn } from '../run.ts';

function refusalCheck(
  name: string, summary: string, judge: (spec: StateSpec<unknown>, section: Section) => Finding[],
): Check<DeviceSubject> {
  return {
    name,
    summary,
    async run(subject) {
      const reason = noState(subject);
      if (reason) return reason;
      const section = (await worn(subject, roundRandom(subject, 0))).save();
      return section ? judge(subject.plugin.state, section) : [];
    },
  };
}

export const restoreRefusesUnknownKey = refusalCheck(
  'restore-refuses-unknown-key', 'a saved state with a left-over key is refused, at every depth', acceptsUnknownKeys);
export const restoreRefusesMissingKey = refusalCheck(
  'restore-refuses-missing-key', 'a saved state without one of its keys is refused', acceptsMissingKeys);
export const restoreRefusesOtherVersion = refusalCheck(
  'restore-refuses-other-version', 'a saved state of a version without an upgrade is refused', acceptsOtherVersions);

import { PolyvisorError, openSection, type Section, type StateSpec } from '@polyvisor/core';
import { describeError, found, type Finding } from './report.ts';
import { edited, keysAt, objectPaths } from './values.ts';

const STRANGER = 'leftOver';

/** Findings unless every object of the state refuses a key that it does not know. */
export function acceptsUnknownKeys(spec: StateSpec<unknown>, section: Section): Finding[] {
  return objectPaths(section.state).flatMap((path) => {
    const state = edited(section.state, path, (object) => { object[STRANGER] = 1; });
    return refusal(spec, { ...section, state }, `the unknown key "${[...path, STRANGER].join('.')}"`);
  });
}

/** Findings unless every key of the state is needed. */
export function acceptsMissingKeys(spec: StateSpec<unknown>, section: Section): Finding[] {
  return objectPaths(section.state).flatMap((path) =>
    keysAt(section.state, path).flatMap((key) => {
      const state = edited(section.state, path, (object) => { Reflect.deleteProperty(object, key); });
      return refusal(spec, { ...section, state }, `a state without "${[...path, key].join('.')}"`);
    }));
}

/** Findings unless versions without an upgrade are refused. */
export function acceptsOtherVersions(spec: StateSpec<unknown>, section: Section): Finding[] {
  const upgrades = spec.kind === 'versioned' ? (spec.upgrade ?? {}) : {};
  const others = [section.version + 1, section.version + 1000, section.version - 1].filter((v) => v >= 0 && !Object.hasOwn(upgrades, v));
  return others.flatMap((version) => refusal(spec, { ...section, version }, `version ${version}`));
}

function refusal(spec: StateSpec<unknown>, section: Section, what: string): Finding[] {
  try {
    openSection('dut', spec, section);
  } catch (error) {
    if (error instanceof PolyvisorError) return [];
    return [found(`restoring crashes on ${what} instead of refusing it: ${describeError(error)}`)];
  }
  return [found(`restoring accepts ${what}; it has to refuse it`)];
}

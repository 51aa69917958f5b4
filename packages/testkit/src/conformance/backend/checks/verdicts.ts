import type { Problem } from '@polyvisor/core';
import { found, type Check, type Finding } from '../../report.ts';
import { show } from '../../values.ts';
import { EXIT_CATALOGUE, exitsOf, nameOf } from '../exit-catalogue.ts';
import type { BackendSubject } from '../options.ts';
import { BackendRig, asVerdict } from '../rig.ts';

export const shutdownStops: Check<BackendSubject> = {
  name: 'shutdown-stops',
  summary: 'a triple fault ends in a reset, power-off or fault, not in going on or in waiting for ever',
  run: (subject) => exitsOf('shutdown').flatMap((exit) => {
    const kind = answer(subject, exit)?.kind;
    return kind === 'resume' || kind === 'wait' ? [found(`shutdown is answered with ${kind}; answer with reset, power-off or fault`)] : [];
  }),
};

export const haltedWaits: Check<BackendSubject> = {
  name: 'halted-waits',
  summary: 'a halted vCPU is not resumed, which would spin',
  run: (subject) => exitsOf('halted').flatMap((exit) =>
    answer(subject, exit)?.kind === 'resume' ? [found('halted is answered with resume, which spins; answer with wait')] : []),
};

export const unimplementedFaults: Check<BackendSubject> = {
  name: 'unimplemented-faults',
  summary: 'an instruction that the engine lacks is a fault that names its bytes or address (or #UD, where that is documented)',
  run: (subject) => exitsOf('unimplemented').flatMap((exit): Finding[] => {
    const rig = new BackendRig(subject);
    rig.setRegisters(undefined);
    const verdict = asVerdict(rig.answer(exit).verdict);
    const injected = rig.vcpus[0]?.control.injected?.vector === 6;
    if (subject.options.unimplemented === 'inject-ud' && verdict?.kind === 'resume' && injected) return [];
    if (verdict?.kind !== 'fault') return [found(`unimplemented is answered with ${show(verdict?.kind)}; answer with fault`)];
    const bytes = Array.from(exit.bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ?');
    const names = new RegExp(`${bytes}|${exit.linear.toString(16)}`, 'i').test(`${verdict.problem.message} ${verdict.problem.place}`);
    return names ? [] : [found(`the fault names neither the instruction's bytes nor its address: "${verdict.problem.message}"`)];
  }),
};

const PARTS = ['code', 'thing', 'place', 'message', 'remedy'] as const satisfies readonly (keyof Problem)[];

export const problemsComplete: Check<BackendSubject> = {
  name: 'problems-complete',
  summary: 'every fault has a problem with code, thing, place, message and remedy',
  run(subject) {
    const rig = new BackendRig(subject);
    return EXIT_CATALOGUE.flatMap((exit) => {
      rig.setRegisters(undefined);
      const verdict = asVerdict(rig.answer(exit).verdict);
      if (verdict?.kind !== 'fault') return [];
      const { problem } = verdict;
      return PARTS.filter((part) => typeof problem[part] !== 'string' || problem[part].trim() === '')
        .map((part) => found(`the fault for ${nameOf(exit)} has no ${part}`));
    });
  },
};

function answer(subject: BackendSubject, exit: (typeof EXIT_CATALOGUE)[number]) {
  const rig = new BackendRig(subject);
  rig.setRegisters(undefined);
  return asVerdict(rig.answer(exit).verdict);
}


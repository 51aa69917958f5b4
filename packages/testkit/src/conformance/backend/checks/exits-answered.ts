import { found, type Check, type Finding } from '../../report.ts';
import { EXIT_CATALOGUE, nameOf } from '../exit-catalogue.ts';
import type { BackendSubject } from '../options.ts';
import { BackendRig, asVerdict, verdictProblem } from '../rig.ts';

/** Kinds with a rule of their own, in another check. */
const ELSEWHERE = ['halted', 'shutdown', 'unimplemented'];

export const exitsAnswered: Check<BackendSubject> = {
  name: 'exits-answered',
  summary: 'every exit of the catalogue gets a valid verdict, and none is lost: a resume without any effect would loop for ever',
  run(subject) {
    const findings: Finding[] = [];
    const rig = new BackendRig(subject);
    for (const exit of EXIT_CATALOGUE) {
      rig.setRegisters(undefined);
      const { verdict, effect } = rig.answer(exit);
      const invalid = verdictProblem(verdict);
      if (invalid !== undefined) findings.push(found(`${nameOf(exit)}: ${invalid}`));
      if (ELSEWHERE.includes(exit.kind)) continue;
      if (asVerdict(verdict)?.kind !== 'resume' || effect !== undefined) continue;
      findings.push(found(`${nameOf(exit)} is lost: resume, but nothing changed (advance RIP, change a register, inject an event, or do I/O)`));
    }
    return findings;
  },
};

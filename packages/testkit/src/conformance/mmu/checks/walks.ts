import type { Check } from '../../report.ts';
import { compareRandom } from '../compare.ts';
import type { MmuSubject } from '../options.ts';

export const walksOutcome: Check<MmuSubject> = {
  name: 'walks-outcome',
  summary: 'random tables of every mode, view and access give the address, fault and error code that the manuals say',
  run: (subject) => compareRandom(subject, new Set(['outcome'])),
};

export const walksMarks: Check<MmuSubject> = {
  name: 'walks-marks',
  summary: 'accessed and dirty bits are set in exactly the entries in which a processor sets them, and nothing else changes',
  run: (subject) => compareRandom(subject, new Set(['marks']), subject.cases, 2),
};

export const walksRights: Check<MmuSubject> = {
  name: 'walks-rights',
  summary: 'a TLB entry leads to the right frame and allows what was asked for, and nothing that the tables do not',
  run: (subject) => compareRandom(subject, new Set(['rights']), subject.cases, 3),
};

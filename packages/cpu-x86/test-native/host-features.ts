/** What the processor at hand has, by /proc/cpuinfo. */
import { existsSync, readFileSync } from 'node:fs';
import type { Feature, Row } from '../src/index.ts';

/** Names of the flags there, where they are not the feature's in small letters. */
const FLAGS: Partial<Record<Feature, string>> = {
  X64: 'lm', SSE3: 'pni', LZCNT: 'abm', SHA: 'sha_ni', CLFSH: 'clflush', CX16: 'cx16', CMOV: 'cmov', SVM: 'svm', VMX: 'vmx',
};
/** Generations, which have no flag. */
const ALWAYS: ReadonlySet<string> = new Set(['I8086', 'I186', 'I286', 'I386', 'I486', 'PENTIUM', 'P6', 'PREFETCHW', 'CET_IBT', 'SYSCALL']);

function hostFlags(): ReadonlySet<string> {
  if (!existsSync('/proc/cpuinfo')) return new Set();
  const line = /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'));
  return new Set((line?.[1] ?? '').trim().split(' '));
}
const flags = hostFlags();

/** Features of the row that this processor lacks. */
export const lacking = (row: Row): Feature[] =>
  row.features.filter((feature) => !ALWAYS.has(feature) && !flags.has(FLAGS[feature] ?? feature.toLowerCase()));

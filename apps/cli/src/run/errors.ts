import { defineErrors } from '@polyvisor/core';

/** Every error in how `polyvisor run` was used. */
export const runErrors = defineErrors('cli', {
  'unknown-option': (p: { option: string; known: readonly string[] }) => ({
    thing: p.option,
    message: `"polyvisor run" has no option ${p.option}`,
    remedy: `Known are: ${p.known.join(' ')}. "polyvisor run --help" explains them.`,
  }),
  'option-without-value': (p: { option: string; wants: string }) => ({
    thing: p.option,
    message: `the option ${p.option} needs a value`,
    remedy: `Write: ${p.option} ${p.wants}.`,
  }),
  'option-value': (p: { option: string; value: string; why: string; wants: string }) => ({
    thing: p.option,
    message: `"${p.value}" ${p.why}`,
    remedy: `Write: ${p.option} ${p.wants}.`,
  }),
  'no-kernel': (p: { option: string }) => ({
    thing: p.option,
    message: 'nothing was given to boot',
    remedy: 'Write: polyvisor run -kernel FILE [-initrd FILE] [-append TEXT].',
  }),
  'unreadable-file': (p: { option: string; path: string; why: string }) => ({
    thing: p.path,
    message: `the file of ${p.option} cannot be read: ${p.why}`,
    remedy: 'Give the path of a file that you may read.',
  }),
  'unwritable-file': (p: { option: string; path: string; why: string }) => ({
    thing: p.path,
    message: `the file of ${p.option} cannot be written: ${p.why}`,
    remedy: 'Give a path where you may write.',
  }),
  'console-twice': (p: { option: string; other: string }) => ({
    thing: p.option,
    message: `standard input already belongs to ${p.other}`,
    remedy: 'Give one of them a file, or none.',
  }),
});

import { defineErrors } from '@polyvisor/core';

/** Every error in how `polyvisor img` was used. */
export const imgErrors = defineErrors('cli', {
  'img-command': (p: { command: string; known: readonly string[] }) => ({
    thing: 'img',
    message: p.command === '' ? 'no action was given' : `there is no action "${p.command}"`,
    remedy: `Give one of: ${p.known.join(', ')}. "polyvisor img --help" explains them.`,
  }),
  'img-option': (p: { option: string; command: string; known: readonly string[] }) => ({
    thing: p.option,
    message: `"polyvisor img ${p.command}" has no option ${p.option}`,
    remedy: `Known are: ${p.known.join(' ')}.`,
  }),
  'img-value': (p: { option: string; value: string; wants: string }) => ({
    thing: p.option,
    message: p.value === '' ? `the option ${p.option} needs a value` : `"${p.value}" is no value for ${p.option}`,
    remedy: `Give ${p.wants}.`,
  }),
  'img-arguments': (p: { command: string; usage: string; found: number }) => ({
    thing: p.command,
    message: `${p.found} arguments are not what "polyvisor img ${p.command}" takes`,
    remedy: `Write: polyvisor img ${p.usage}.`,
  }),
});

import { defineErrors } from '@polyvisor/core';

/** Every error in how the command line was used. */
export const cliErrors = defineErrors('cli', {
  'unknown-command': (p: { name: string; known: readonly string[] }) => ({
    thing: p.name,
    message: `there is no command "${p.name}"`,
    remedy: `Give one of: ${p.known.join(', ')}. "polyvisor --help" shows them.`,
  }),
  'bad-option': (p: { option: string; why: string; command: string }) => ({
    thing: p.option,
    message: p.why,
    remedy: `"polyvisor ${p.command} --help" shows the options; those of the program come after its name.`,
  }),
  'no-program': (p: { command: string }) => ({
    thing: p.command,
    message: 'no program was given',
    remedy: `Write: polyvisor ${p.command} [OPTIONS] PROGRAM [ARGUMENTS].`,
  }),
  'bad-memory': (p: { value: string }) => ({
    thing: '--memory',
    message: `"${p.value}" is no size of memory`,
    remedy: 'Give a size from 1M on, such as 512M or 2G.',
  }),
  'bad-environment': (p: { value: string }) => ({
    thing: '--env',
    message: `"${p.value}" sets no variable`,
    remedy: 'Write --env NAME=VALUE.',
  }),
});

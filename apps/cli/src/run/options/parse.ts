import { PolyvisorError } from '@polyvisor/core';
import { runErrors } from '../errors.ts';
import { resolveChannels, standardChannels } from './channels.ts';
import { checkNames } from './names.ts';
import { OPTIONS } from './table.ts';
import { defaultOptions, type RunOptions } from './types.ts';

/** One or two dashes make no difference, as in QEMU. Throws a `PolyvisorError` that names the option. */
export function parseRun(args: readonly string[]): RunOptions {
  const options = defaultOptions();
  for (let i = 0; i < args.length; i++) {
    const given = args[i]!;
    const name = given.replace(/^--?/, '');
    const option = given.startsWith('-') && Object.hasOwn(OPTIONS, name) ? OPTIONS[name] : undefined;
    if (!option) {
      const known = Object.keys(OPTIONS).map((key) => `-${key}`);
      throw new PolyvisorError([runErrors['unknown-option']('', { option: given, known })]);
    }
    const { wants } = option;
    const value = wants === undefined ? '' : args[++i];
    if (value === undefined) throw new PolyvisorError([runErrors['option-without-value']('', { option: given, wants: wants ?? '' })]);
    const why = option.apply(options, value);
    if (typeof why === 'string') throw new PolyvisorError([runErrors['option-value']('', { option: given, value, why, wants: wants ?? '' })]);
  }
  checkNames(options);
  resolveChannels(options);
  // The first port has the terminal unless something else has.
  if (options.serial.length === 0) options.serial.push(standardChannels(options).length === 0 ? { kind: 'stdio' } : { kind: 'none' });
  if (!options.help) checkBoot(options);
  checkConsole(options);
  return options;
}

/** Something has to run: a kernel, or firmware that finds one on a disk. */
function checkBoot({ kernel, bios, drives }: RunOptions): void {
  if (kernel !== undefined && bios !== undefined) throw new PolyvisorError([runErrors['boot-twice']('', { option: '-bios' })]);
  if (kernel === undefined && bios === undefined && drives.length === 0) throw new PolyvisorError([runErrors['no-kernel']('', { option: '-kernel' })]);
}

/** Two ports may write to standard output, but only one can read standard input. */
function checkConsole(options: RunOptions): void {
  const [first, second] = standardChannels(options);
  if (first && second) throw new PolyvisorError([runErrors['console-twice']('', { option: second.name, other: first.name })]);
}

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
    remedy: 'Write: polyvisor run -kernel FILE [-initrd FILE] [-append TEXT], or give a disk.',
  }),
  'boot-twice': (p: { option: string }) => ({
    thing: p.option,
    message: 'both a kernel and firmware were given',
    remedy: 'Give -kernel for a kernel that is loaded directly, or -bios and a disk or CD that the firmware boots.',
  }),
  'unknown-driver': (p: { driver: string; known: readonly string[] }) => ({
    thing: p.driver,
    message: `there is no device "${p.driver}"`,
    remedy: `Give one of: ${[...p.known].sort().join(', ')}; or name a module with it in a --machine-file.`,
  }),
  'device-setting': (p: { driver: string; setting: string; why: string }) => ({
    thing: p.setting === '' ? p.driver : p.setting,
    message: `the settings of the device ${p.driver} are wrong: ${p.why}`,
    remedy: 'Correct -device; the README of the device lists its settings.',
  }),
  'too-many-drives': (p: { drive: string; most: number }) => ({
    thing: p.drive,
    message: `the board's controller takes ${p.most} drives`,
    remedy: 'Give some of the drives if=virtio.',
  }),
  'no-place-for-drive': (p: { drive: string; index: number; most: number }) => ({
    thing: p.drive,
    message: p.index < p.most ? `index ${p.index} has a drive already` : `the board's controller has no index ${p.index}`,
    remedy: `Give an index below ${p.most} that no other drive has, or none.`,
  }),
  'drive-twice': (p: { drive: string; driver: string }) => ({
    thing: p.drive,
    message: `the drive of -device ${p.driver} is another device's already`,
    remedy: 'Give each device a -drive of its own, with if=none.',
  }),
  'id-twice': (p: { option: string; id: string }) => ({
    thing: p.id,
    message: `${p.option} has the name "${p.id}", which something else has`,
    remedy: 'Give each a name of its own by id=.',
  }),
  'unknown-netdev': (p: { option: string; id: string; known: readonly string[] }) => ({
    thing: p.id,
    message: `${p.option} names the network "${p.id}", which is not there`,
    remedy: `Give a -netdev with id=${p.id}; there are: ${p.known.join(', ') || 'none'}.`,
  }),
  'unknown-drive': (p: { id: string; known: readonly string[] }) => ({
    thing: p.id,
    message: `there is no drive "${p.id}"`,
    remedy: `Give a -drive with id=${p.id}; there are: ${p.known.join(', ') || 'none'}.`,
  }),
  'bad-machine-file': (p: { path: string; why: string }) => ({
    thing: p.path,
    message: `the machine file cannot be used: ${p.why}`,
    remedy: 'Give a JSON file with "plugins" (modules that export devices) and parts of a machine description.',
  }),
  'machine-file-module': (p: { module: string; why: string }) => ({
    thing: p.module,
    message: `the module "${p.module}" ${p.why}`,
    remedy: 'Give a path from the machine file on, such as "./src/device.ts", or the name of an installed package, of a module that exports what defineDevice returned.',
  }),
  'bad-snapshot': (p: { path: string; why: string }) => ({
    thing: p.path,
    message: `the snapshot cannot be used: ${p.why}`,
    remedy: 'Give the options that the machine ran with, and a file that its monitor saved.',
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
  'too-much-memory': (p: { memory: number; cpus: number; most: number }) => ({
    thing: '-m',
    message: `${p.memory} MiB and ${p.cpus} processors, each with tables of its own, are more than the 4 GiB that a machine has`,
    remedy: p.most < 2 ? 'Give fewer processors by -smp.' : `Give at most -m ${p.most}, or fewer processors by -smp.`,
  }),
  'net-script': (p: { setting: string; path: string; why: string }) => ({
    thing: p.path,
    message: `the ${p.setting} of -netdev tap failed: ${p.why}`,
    remedy: 'Give a program that configures the interface which is its argument, or "no".',
  }),
  'unknown-chardev': (p: { option: string; id: string; known: readonly string[] }) => ({
    thing: p.id,
    message: `${p.option} names the channel "${p.id}", which is not there or another port's`,
    remedy: `Give a -chardev with id=${p.id}; free are: ${p.known.join(', ') || 'none'}.`,
  }),
  'console-twice': (p: { option: string; other: string }) => ({
    thing: p.option,
    message: `standard input already belongs to ${p.other}`,
    remedy: 'Give one of them a file, or none.',
  }),
});

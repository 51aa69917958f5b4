import { PolyvisorError } from '@polyvisor/core';
import { runErrors } from '../errors.ts';
import { Settings } from './settings.ts';
import type { Channel, Chardev, RunOptions } from './types.ts';

export const CHANNELS = 'stdio, file:PATH, chardev:NAME or none';
export const CHARDEV_WANTS = 'stdio,id=NAME, file,id=NAME,path=PATH, or null,id=NAME';

/** What `-serial` and `-debugcon` say. */
export function channelOf(text: string): Channel | undefined {
  if (text === 'stdio') return { kind: 'stdio' };
  if (text === 'mon:stdio') return { kind: 'stdio', monitor: true };
  if (text === 'none' || text === 'null') return { kind: 'none' };
  const [, kind, rest = ''] = /^(file|chardev):(.+)$/.exec(text) ?? [];
  if (kind === undefined) return undefined;
  return kind === 'file' ? { kind, path: rest } : { kind: 'chardev', id: rest };
}

/** What `-chardev` says. */
export function chardevOf(text: string): Chardev {
  const settings = new Settings('-chardev', text, CHARDEV_WANTS, 'backend');
  const backend = settings.choice('backend', ['stdio', 'file', 'null'] as const);
  const id = settings.need('id');
  // Keys of the monitor are there on a terminal anyway; "mux" asks for them in a pipe too.
  const monitor = settings.flag('mux') === true;
  settings.flag('signal');
  const channel: Channel = backend === 'file' ? { kind: 'file', path: settings.need('path') }
    : backend === 'null' ? { kind: 'none' } : { kind: 'stdio', ...(monitor && { monitor }) };
  settings.end();
  return { id, channel };
}

/** Puts the channels of `-chardev` where ports name them; a serial port's chardev is no one else's. */
export function resolveChannels(options: RunOptions): void {
  const resolve = (option: string, channel: Channel): Channel => {
    if (channel.kind !== 'chardev') return channel;
    const at = options.chardevs.findIndex(({ id }) => id === channel.id);
    const [found] = at < 0 ? [] : options.chardevs.splice(at, 1);
    if (found) return found.channel;
    throw new PolyvisorError([runErrors['unknown-chardev']('', { option, id: channel.id, known: options.chardevs.map(({ id }) => id) })]);
  };
  options.serial = options.serial.map((channel) => resolve('-serial', channel));
  if (options.debugConsole) options.debugConsole = resolve('-debugcon', options.debugConsole);
}

/** All that lead to this process's standard input and output, by what they are called in messages. */
export function standardChannels({ serial, chardevs }: RunOptions): readonly { readonly name: string; readonly channel: Channel & { kind: 'stdio' } }[] {
  const named = [
    ...serial.map((channel, i) => ({ name: `-serial (COM${i + 1})`, channel })),
    ...chardevs.map(({ id, channel }) => ({ name: `-chardev (${id})`, channel })),
  ];
  return named.flatMap(({ name, channel }) => (channel.kind === 'stdio' ? [{ name, channel }] : []));
}

import { PolyvisorError } from '@polyvisor/core';
import { runErrors } from '../errors.ts';
import type { RunOptions } from './types.ts';

/** Names are given once for each kind of thing, and what is named is there. */
export function checkNames({ drives, netdevs, captures, folders, devices }: RunOptions): void {
  const networks = netdevs.map((settings) => settings.peek('id'));
  once('-drive', drives.map(({ id }) => id));
  once('-netdev', networks);
  once('-fsdev', folders.map(({ id }) => id));
  once('-device', devices.map(({ settings }) => settings.peek('id')));
  once('-object', captures.map((settings) => settings.peek('id')));
  for (const settings of captures) {
    const id = settings.peek('netdev');
    if (id === undefined || networks.includes(id)) continue;
    throw new PolyvisorError([runErrors['unknown-netdev']('', { option: '-object filter-dump', id, known: networks.filter((name) => name !== undefined) })]);
  }
}

function once(option: string, ids: readonly (string | undefined)[]): void {
  const twice = ids.find((id, i) => id !== undefined && ids.indexOf(id) < i);
  if (twice !== undefined) throw new PolyvisorError([runErrors['id-twice']('', { option, id: twice })]);
}

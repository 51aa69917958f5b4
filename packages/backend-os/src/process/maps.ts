import { Prot } from '../memory/layout.ts';
import type { Process } from './process.ts';

/** `/proc/self/maps` (Documentation/filesystems/proc.rst). Device and inode read 0. */
export function mapsOf(process: Process | undefined): string {
  const areas = process?.memory.areas.all ?? [];
  return areas.map(({ start, end, prot, backing, name }) => {
    const rights = `${prot & Prot.read ? 'r' : '-'}${prot & Prot.write ? 'w' : '-'}${prot & Prot.execute ? 'x' : '-'}p`;
    const range = `${start.toString(16).padStart(8, '0')}-${end.toString(16).padStart(8, '0')}`;
    const line = `${range} ${rights} ${(backing?.at ?? 0).toString(16).padStart(8, '0')} 00:00 0 `;
    return name === '' ? `${line}\n` : `${line.padEnd(73)}${name}\n`;
  }).join('');
}

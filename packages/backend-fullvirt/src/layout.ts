import { FRAME_SIZE, RIGHTS_RAM, type RamRange } from '@polyvisor/core';

/** End of base memory; video memory and ROMs follow up to 1 MiB. */
const BASE_END = 0xa_0000;
const HIGH_START = 0x10_0000;
/** Device memory from here to 4 GiB: PCI, I/O APIC, local APICs, firmware. */
const HOLE_START = 0xc000_0000;
const HOLE_END = 0x1_0000_0000;

/**
 * RAM as a PC has it: 640 KiB of base memory, then from 1 MiB up to 3 GiB, the rest above 4 GiB. Nothing is lost under
 * the hole of 384 KiB: what it displaces lies at the top.
 */
export function pcLayout(bytes: number): readonly RamRange[] {
  const windows: readonly [start: number, end: number][] = [[0, BASE_END], [HIGH_START, HOLE_START], [HOLE_END, Infinity]];
  let left = bytes;
  return windows.flatMap(([start, end]) => {
    const size = Math.min(left, end - start);
    left -= size;
    return size > 0 ? [{ gfn: start / FRAME_SIZE, count: size / FRAME_SIZE, rights: RIGHTS_RAM }] : [];
  });
}

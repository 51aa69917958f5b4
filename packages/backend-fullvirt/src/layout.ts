import { FRAME_SIZE, RIGHTS_RAM, type RamRange } from '@polyvisor/core';

/** End of base memory; video memory follows. */
const BASE_END = 0xa_0000;
/** Where option ROMs and the BIOS are on a PC, which they run from as from RAM. */
const ROM_START = 0xc_0000, ROM_END = 0x10_0000;
/** Device memory from here to 4 GiB: PCI, I/O APIC, local APICs, firmware. */
const HOLE_START = 0xb000_0000;
const HOLE_END = 0x1_0000_0000;

/**
 * RAM as a PC has it: 640 KiB of base memory, then, behind 128 KiB of video memory, up to 2.75 GiB, the rest above 4 GiB.
 * Nothing is lost under the video memory: what it displaces lies at the top.
 */
export function pcLayout(bytes: number): readonly RamRange[] {
  const windows: readonly [start: number, end: number][] = [[0, BASE_END], [ROM_START, HOLE_START], [HOLE_END, Infinity]];
  let left = bytes;
  return windows.flatMap(([start, end]) => {
    const size = Math.min(left, end - start);
    left -= size;
    return size > 0 ? [{ gfn: start / FRAME_SIZE, count: size / FRAME_SIZE, rights: RIGHTS_RAM }] : [];
  });
}

export interface RamBytes {
  readonly address: number;
  readonly size: number;
}

/** RAM that an operating system may have: without the area for ROMs, which ends at 1 MiB. In bytes. */
export function usableRam(ranges: readonly RamRange[]): RamBytes[] {
  return ranges.flatMap(({ gfn, count, rights }) => {
    if (rights !== RIGHTS_RAM) return [];
    const end = (gfn + count) * FRAME_SIZE;
    const start = gfn * FRAME_SIZE === ROM_START ? ROM_END : gfn * FRAME_SIZE;
    return end > start ? [{ address: start, size: end - start }] : [];
  });
}

const WINDOW_ALIGN = 2 ** 24, WINDOW_END = 0xfec0_0000, ECAM_END = 0xc000_0000;

function lowEnd(ram: readonly RamBytes[]): number {
  const low = ram.filter(({ address }) => address < HOLE_START).map(({ address, size }) => address + size);
  return Math.ceil(Math.max(...low) / WINDOW_ALIGN) * WINDOW_ALIGN;
}

/** Memory in which BARs are placed when no firmware does it: behind configuration space, up to the I/O APIC. */
export function pciWindow(ram: readonly RamBytes[]): { readonly start: number; readonly end: number } {
  return { start: Math.max(lowEnd(ram), ECAM_END), end: WINDOW_END };
}

/** All memory below 4 GiB that is neither RAM nor configuration space, where firmware may place BARs too. Ends are inclusive. */
export function pciMemory(
  ram: readonly RamBytes[], ecam: { readonly base: number } | undefined,
): { readonly start: number; readonly end: number }[] {
  const start = lowEnd(ram);
  const all = ecam ? [{ start, end: ecam.base - 1 }, { start: ECAM_END, end: WINDOW_END - 1 }] : [{ start, end: WINDOW_END - 1 }];
  return all.filter((window) => window.end > window.start);
}

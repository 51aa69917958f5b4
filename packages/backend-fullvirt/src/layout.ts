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

/** RAM that an operating system may have: without the area for ROMs, which ends at 1 MiB. In bytes. */
export function usableRam(ranges: readonly RamRange[]): { readonly address: number; readonly size: number }[] {
  return ranges.flatMap(({ gfn, count, rights }) => {
    if (rights !== RIGHTS_RAM) return [];
    const end = (gfn + count) * FRAME_SIZE;
    const start = gfn * FRAME_SIZE === ROM_START ? ROM_END : gfn * FRAME_SIZE;
    return end > start ? [{ address: start, size: end - start }] : [];
  });
}

const WINDOW_ALIGN = 2 ** 24, WINDOW_END = 0xfec0_0000, ECAM_END = 0xc000_0000;

/** Memory below 4 GiB for PCI: behind RAM and configuration space, up to the I/O APIC. */
export function pciWindow(ram: readonly { readonly address: number; readonly size: number }[]): { readonly start: number; readonly end: number } {
  const low = ram.filter(({ address }) => address < HOLE_START).map(({ address, size }) => address + size);
  const start = Math.ceil(Math.max(...low, ECAM_END) / WINDOW_ALIGN) * WINDOW_ALIGN;
  return { start, end: WINDOW_END };
}

import type { RamBytes } from './plan.ts';

const MIB = 0x10_0000;

/**
 * RAM as firmware counts it: what begins at 0 goes on to the end of low memory, and the area for video and ROMs below
 * 1 MiB is part of it.
 */
export function wholeRam(ram: readonly RamBytes[]): readonly RamBytes[] {
  const low = ram.find(({ address, size }) => address <= MIB && address + size > MIB);
  const above = ram.filter((range) => range.address > MIB);
  return low ? [{ address: 0, size: low.address + low.size }, ...above] : ram;
}

import { LOW } from './low-memory.ts';
import { MemoryType, type MemoryRange, type RamBytes } from './plan.ts';

const BIOS_AREA = { address: 0xe0000, size: 0x20000, type: MemoryType.reserved };
const BELOW_4G = 2 ** 32;

/** RAM as the guest is told of it: the EBDA is reserved, and `acpiSize` bytes at the top of low memory are for tables. */
export function pcMemoryMap(ram: readonly RamBytes[], acpiSize: number): { readonly map: readonly MemoryRange[]; readonly acpi: number } {
  const low = ram.filter(({ address }) => address < BELOW_4G);
  const top = low.at(-1);
  const acpi = top === undefined ? 0 : top.address + top.size - acpiSize;
  const map = ram.flatMap(({ address, size }): MemoryRange[] => {
    const end = address + size;
    const usable = (from: number, to: number): MemoryRange[] => (to > from ? [{ address: from, size: to - from, type: MemoryType.usable }] : []);
    if (address === 0 && end > LOW.ebda && low.length > 1) {
      return [...usable(0, LOW.ebda), { address: LOW.ebda, size: end - LOW.ebda, type: MemoryType.reserved }, BIOS_AREA];
    }
    if (end === acpi + acpiSize && acpiSize > 0) return [...usable(address, acpi), { address: acpi, size: acpiSize, type: MemoryType.acpi }];
    return usable(address, end);
  });
  return { map, acpi };
}

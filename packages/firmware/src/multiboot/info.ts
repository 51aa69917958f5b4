import { MemoryType, type MemoryRange } from '../boot/plan.ts';

/** EAX at entry (Multiboot Specification 0.6.96, 3.2). */
export const MULTIBOOT_MAGIC = 0x2badb002;
const LOADER = 'Polyvisor';

/** Multiboot information (3.3): which fields are there, and offsets. */
const Flag = { memory: 1 << 0, commandLine: 1 << 2, modules: 1 << 3, memoryMap: 1 << 6, loader: 1 << 9 } as const;
const Offset = { lower: 4, upper: 8, commandLine: 16, moduleCount: 20, modules: 24, mapLength: 44, map: 48, loader: 64 } as const;
const SIZE = 88, MODULE_SIZE = 16;
/** A range, and the size that stands before it and does not count itself. */
const RANGE_SIZE = 20;
const KIB = 1024, MIB = 0x10_0000;

export interface MultibootInfo {
  readonly commandLine: number;
  readonly modules: readonly { readonly address: number; readonly size: number; readonly commandLine: string }[];
  readonly memoryMap: readonly MemoryRange[];
}

/** The information for `address`, with all that it refers to behind it but the command line and the modules. */
export function multibootInfo(info: MultibootInfo, address: number): Uint8Array {
  const { modules, memoryMap } = info;
  const texts = [LOADER, ...modules.map(({ commandLine }) => commandLine)].map((text) => new TextEncoder().encode(`${text}\0`));
  const modulesAt = SIZE;
  const mapAt = modulesAt + modules.length * MODULE_SIZE;
  const mapLength = memoryMap.length * (4 + RANGE_SIZE);
  const bytes = new Uint8Array(mapAt + mapLength + texts.reduce((sum, text) => sum + text.length, 0));
  const view = new DataView(bytes.buffer);
  const u32 = (at: number, value: number): void => { view.setUint32(at, value, true); };
  let next = mapAt + mapLength;
  const [loader = 0, ...strings] = texts.map((text) => {
    bytes.set(text, next);
    next += text.length;
    return address + next - text.length;
  });
  u32(0, Flag.memory | Flag.commandLine | Flag.modules | Flag.memoryMap | Flag.loader);
  u32(Offset.lower, usableFrom(memoryMap, 0) / KIB);
  u32(Offset.upper, usableFrom(memoryMap, MIB) / KIB);
  u32(Offset.commandLine, info.commandLine);
  u32(Offset.moduleCount, modules.length);
  u32(Offset.modules, address + modulesAt);
  u32(Offset.mapLength, mapLength);
  u32(Offset.map, address + mapAt);
  u32(Offset.loader, loader);
  modules.forEach((module, i) => {
    const at = modulesAt + i * MODULE_SIZE;
    u32(at, module.address);
    u32(at + 4, module.address + module.size);
    u32(at + 8, strings[i] ?? 0);
  });
  memoryMap.forEach((range, i) => {
    const at = mapAt + i * (4 + RANGE_SIZE);
    u32(at, RANGE_SIZE);
    view.setBigUint64(at + 4, BigInt(range.address), true);
    view.setBigUint64(at + 12, BigInt(range.size), true);
    u32(at + 20, range.type);
  });
  return bytes;
}

/** Bytes of RAM from an address on to the first hole. */
function usableFrom(map: readonly MemoryRange[], start: number): number {
  const range = map.find(({ address, size, type }) => type === MemoryType.usable && address <= start && start < address + size);
  return range ? range.address + range.size - start : 0;
}

import type { MemoryRange } from '../boot/plan.ts';

/** Xen, public/arch-x86/hvm/start_info.h, version 1. */
const MAGIC = 0x336ec578;
const VERSION = 1;
const SIZE = 56;
const MODULE_SIZE = 32;
const RANGE_SIZE = 24;

export interface StartInfo {
  readonly modules: readonly { readonly address: number; readonly size: number }[];
  readonly commandLine: number;
  readonly rsdp: number;
  readonly memoryMap: readonly MemoryRange[];
}

/** The start info for `address`, the list of modules and the memory map behind it. */
export function pvhStartInfo(info: StartInfo, address: number): Uint8Array {
  const { modules, memoryMap } = info;
  const modulesAt = SIZE;
  const mapAt = modulesAt + modules.length * MODULE_SIZE;
  const view = new DataView(new ArrayBuffer(mapAt + memoryMap.length * RANGE_SIZE));
  const u64 = (at: number, value: number): void => { view.setBigUint64(at, BigInt(value), true); };
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, VERSION, true);
  view.setUint32(12, modules.length, true);
  u64(16, modules.length === 0 ? 0 : address + modulesAt);
  u64(24, info.commandLine);
  u64(32, info.rsdp);
  u64(40, address + mapAt);
  view.setUint32(48, memoryMap.length, true);
  modules.forEach((module, i) => {
    u64(modulesAt + i * MODULE_SIZE, module.address);
    u64(modulesAt + i * MODULE_SIZE + 8, module.size);
  });
  memoryMap.forEach((range, i) => {
    u64(mapAt + i * RANGE_SIZE, range.address);
    u64(mapAt + i * RANGE_SIZE + 8, range.size);
    view.setUint32(mapAt + i * RANGE_SIZE + 16, range.type, true);
  });
  return new Uint8Array(view.buffer);
}

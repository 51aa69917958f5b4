import type { MemoryRange } from '../boot/plan.ts';
import { BOOT_FLAG, HEADER_AT, MAGIC, SETUP, type SetupHeader } from './setup-header.ts';

/** `struct boot_params`, the "zero page" (Documentation/arch/x86/zero-page.rst). */
const SIZE = 4096;
/** `struct screen_info`: a colour VGA in mode 3 with a font of 16 lines (include/uapi/linux/screen_info.h). */
const Screen = { MODE: 0x06, COLUMNS: 0x07, LINES: 0x0e, IS_VGA: 0x0f, POINTS: 0x10 } as const;
const OFFSET = { rsdp: 0x70, rangeCount: 0x1e8, ranges: 0x2d0 } as const;
const RANGE_SIZE = 20;
const MOST_RANGES = 128;
/** A loader without a number of its own. */
const UNDEFINED_LOADER = 0xff;
const LOADED_HIGH = 1;
/** What a header says for a kernel that came without one: boot protocol 2.12. */
const PROTOCOL = 0x20c;
const ALIGNMENT = 0x100_0000;

export interface BootParams {
  readonly setup: SetupHeader | undefined;
  readonly commandLine: number;
  readonly initrd: { readonly address: number; readonly size: number } | undefined;
  readonly rsdp: number;
  readonly textScreen: boolean;
  readonly memoryMap: readonly MemoryRange[];
  /** Where the protected-mode code was put. */
  readonly loadAddress: number;
}

export function bootParams(params: BootParams): Uint8Array {
  const view = new DataView(new ArrayBuffer(SIZE));
  const bytes = new Uint8Array(view.buffer);
  const u32 = (at: number, value: number): void => { view.setUint32(at, value, true); };
  if (params.setup) bytes.set(params.setup.bytes, HEADER_AT);
  else {
    view.setUint16(SETUP.bootFlag, BOOT_FLAG, true);
    u32(SETUP.header, MAGIC);
    view.setUint16(SETUP.version, PROTOCOL, true);
    u32(SETUP.kernelAlignment, ALIGNMENT);
  }
  bytes[SETUP.typeOfLoader] = UNDEFINED_LOADER;
  bytes[SETUP.loadFlags]! |= LOADED_HIGH;
  u32(SETUP.code32Start, params.loadAddress);
  u32(SETUP.commandLine, params.commandLine);
  u32(SETUP.ramdiskImage, params.initrd?.address ?? 0);
  u32(SETUP.ramdiskSize, params.initrd?.size ?? 0);
  if (params.textScreen) {
    bytes[Screen.MODE] = 3;
    bytes[Screen.COLUMNS] = 80;
    bytes[Screen.LINES] = 25;
    bytes[Screen.IS_VGA] = 1;
    bytes[Screen.POINTS] = 16;
  }
  view.setBigUint64(OFFSET.rsdp, BigInt(params.rsdp), true);
  const ranges = params.memoryMap.slice(0, MOST_RANGES);
  bytes[OFFSET.rangeCount] = ranges.length;
  ranges.forEach(({ address, size, type }, i) => {
    const at = OFFSET.ranges + i * RANGE_SIZE;
    view.setBigUint64(at, BigInt(address), true);
    view.setBigUint64(at + 8, BigInt(size), true);
    u32(at + 16, type);
  });
  return bytes;
}

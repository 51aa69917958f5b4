import type { RamBytes } from '../boot/plan.ts';
import { wholeRam } from '../boot/whole-ram.ts';
import { Structure } from './structure.ts';

export interface SmbiosOptions {
  /** Processors: each has a socket of its own. */
  readonly cpus: number;
  /** RAM, ascending. */
  readonly ram: readonly RamBytes[];
  readonly manufacturer?: string;
  readonly product?: string;
  readonly version?: string;
  readonly serial?: string;
  readonly sku?: string;
  readonly family?: string;
  /** In the usual form, `00112233-4455-6677-8899-aabbccddeeff`. */
  readonly uuid?: string | undefined;
  /** The firmware's own version and its release date, month/day/year. */
  readonly firmware?: { readonly vendor: string; readonly version: string; readonly date: string };
  /** `32`: SMBIOS 2.8, which all firmware takes. `64`: 3.0, whose table may be anywhere and of any length. */
  readonly entryPoint?: 32 | 64;
}

/** Handles, as far as one structure refers to another. */
const MEMORY_ARRAY = 0x1000;
const NO_HANDLE = 0xffff, NO_ERROR_INFORMATION = 0xfffe;
const OTHER = 1, UNKNOWN = 2, SAFE = 3;
/** Firmware characteristics (7.1.1, 7.1.2.2): none are told; this is a virtual machine. */
const NOT_SUPPORTED = 1 << 3, VIRTUAL_MACHINE = 1 << 4;
const NO_CONTROLLER = 0xff;
const POWER_SWITCH = 6;
/** Processor (7.5): a central processor in a used socket, of 64 bits. */
const CENTRAL = 3, ENABLED = 0x41, CAPABLE_64 = 1 << 2;
/** Memory (7.17, 7.18): system memory without error correction, in modules of at most 16 GiB. */
const SYSTEM_MEMORY = 3, NO_CORRECTION = 3, DIMM = 9, RAM = 7, DETAIL_OTHER = 1 << 1;
const KIB = 1024, MIB = 2 ** 20, MODULE = 2 ** 34;
/** "The other field has it": capacity and addresses in KiB that 32 bits do not hold. */
const EXTENDED_CAPACITY = 0x8000_0000, EXTENDED_ADDRESS = 0xffff_ffff;
const NIL = '00000000-0000-0000-0000-000000000000';

/** The structures that every machine has to have (6.2), of type 0, 1, 3, 4, 16, 17, 19, 32 and 127. */
export function structures(options: SmbiosOptions): readonly (readonly number[])[] {
  const { manufacturer = 'Polyvisor', product = 'Polyvisor PC', version = '1', serial = '', sku = '', family = '' } = options;
  const firmware = options.firmware ?? { vendor: manufacturer, version: '1', date: '01/01/2024' };
  const ranges = wholeRam(options.ram);
  const bytes = ranges.reduce((sum, { size }) => sum + size, 0);
  const modules = Math.max(1, Math.ceil(bytes / MODULE));
  const each = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
  return [
    new Structure(0, 0)
      .text(firmware.vendor, firmware.version).put(2, 0xe800).text(firmware.date)
      .put(1, 0).put(8, NOT_SUPPORTED).put(1, 0, VIRTUAL_MACHINE, 0, 0, NO_CONTROLLER, NO_CONTROLLER),
    new Structure(1, 0x100)
      .text(manufacturer, product, version, serial).bytes(uuidBytes(options.uuid ?? NIL)).put(1, POWER_SWITCH).text(sku, family),
    new Structure(3, 0x300)
      .text(manufacturer).put(1, OTHER).text(version, serial, '').put(1, SAFE, SAFE, SAFE, UNKNOWN).put(4, 0).put(1, 0, 0, 0, 0).text(sku),
    ...each(options.cpus, (i) => processor(i, manufacturer, version, options.entryPoint === 64)),
    new Structure(16, MEMORY_ARRAY)
      .put(1, OTHER, SYSTEM_MEMORY, NO_CORRECTION).put(4, bytes / KIB < EXTENDED_CAPACITY ? bytes / KIB : EXTENDED_CAPACITY)
      .put(2, NO_ERROR_INFORMATION, modules).put(8, bytes / KIB < EXTENDED_CAPACITY ? 0 : bytes),
    ...each(modules, (i) => new Structure(17, 0x1100 + i)
      .put(2, MEMORY_ARRAY, NO_ERROR_INFORMATION, 0xffff, 0xffff, Math.floor(Math.min(MODULE, bytes - i * MODULE) / MIB)).put(1, DIMM, 0)
      .text(`DIMM ${i}`, '').put(1, RAM).put(2, DETAIL_OTHER, 0).text(manufacturer, '', '', '').put(1, 0).put(4, 0).put(2, 0, 0, 0, 0)),
    ...ranges.map(({ address, size }, i) => {
      const last = (address + size) / KIB - 1;
      const fits = last < EXTENDED_ADDRESS;
      return new Structure(19, 0x1300 + i)
        .put(4, fits ? address / KIB : EXTENDED_ADDRESS, fits ? last : EXTENDED_ADDRESS).put(2, MEMORY_ARRAY).put(1, modules)
        .put(8, fits ? 0 : address, fits ? 0 : address + size - 1);
    }),
    new Structure(32, 0x2000).bytes([0, 0, 0, 0, 0, 0]).put(1, 0),
    new Structure(127, 0x7f00),
  ].map((structure) => structure.build());
}

/** Family and voltage are not told; there are no caches, serial numbers and speeds. Version 3.0 added wider counts of cores. */
function processor(i: number, manufacturer: string, version: string, wide: boolean): Structure {
  const common = new Structure(4, 0x400 + i)
    .text(`CPU ${i}`).put(1, CENTRAL, OTHER).text(manufacturer).put(8, 0).text(version).put(1, 0).put(2, 0, 0, 0).put(1, ENABLED, OTHER)
    .put(2, NO_HANDLE, NO_HANDLE, NO_HANDLE).text('', '', '').put(1, 1, 1, 1).put(2, CAPABLE_64, OTHER);
  return wide ? common.put(2, 1, 1, 1) : common;
}

/** The first three fields have their lowest byte first (7.2.1). */
export function uuidBytes(uuid: string): readonly number[] {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(uuid)) throw new RangeError(`"${uuid}" is no UUID`);
  const bytes = Array.from(uuid.replaceAll('-', '').matchAll(/../g), ([byte]) => Number.parseInt(byte, 16));
  return [...bytes.slice(0, 4).reverse(), ...bytes.slice(4, 6).reverse(), ...bytes.slice(6, 8).reverse(), ...bytes.slice(8)];
}

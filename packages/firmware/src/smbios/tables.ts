import { checksum, text } from '../acpi/table.ts';
import { pieceOf } from '../boot/placement.ts';
import type { Piece } from '../boot/plan.ts';
import type { FirmwareFile } from '../firmware-config/table-loader.ts';
import { structures, type SmbiosOptions } from './structures.ts';

/** Where a guest looks for the anchor, on a multiple of 16 (DSP0134 3.0, 5.2), and the table behind it. */
const ANCHOR = 0xf_0000, TABLES = 0xf_0020, AREA_END = 0x10_0000;
/** Sizes of the entry points (5.2.1 and 5.2.2); the intermediate one is within the first. */
const ENTRY_32 = 31, INTERMEDIATE = 16, ENTRY_64 = 24;
/** A table of SMBIOS 2.8 has no more bytes. */
const MOST = 0xffff;

/** The table and its anchor at F0000H, for a machine that is booted without firmware. */
export function smbiosTables(options: SmbiosOptions, at = { anchor: ANCHOR, tables: TABLES }): readonly Piece[] {
  const { anchor, tables } = build(options, at.tables);
  if (at.tables < AREA_END && at.tables + tables.length > AREA_END) throw new RangeError('the SMBIOS table is larger than its place');
  return [pieceOf('the SMBIOS anchor', at.anchor, anchor), pieceOf('the SMBIOS table', at.tables, tables)];
}

/** The same for firmware, which puts it somewhere and tells the anchor. */
export function smbiosFiles(options: SmbiosOptions): readonly FirmwareFile[] {
  const { anchor, tables } = build(options, 0);
  return [{ name: 'etc/smbios/smbios-anchor', bytes: anchor }, { name: 'etc/smbios/smbios-tables', bytes: tables }];
}

function build(options: SmbiosOptions, address: number): { readonly anchor: Uint8Array; readonly tables: Uint8Array } {
  const parts = structures(options);
  const tables = Uint8Array.from(parts.flat());
  if (options.entryPoint === 64) return { tables, anchor: entryPoint64(tables.length, address) };
  if (tables.length > MOST) throw new RangeError('the SMBIOS table needs the entry point of 64 bits');
  return { tables, anchor: entryPoint32(parts, tables.length, address) };
}

function entryPoint32(parts: readonly (readonly number[])[], length: number, address: number): Uint8Array {
  const bytes = new Uint8Array(ENTRY_32);
  const view = new DataView(bytes.buffer);
  text(bytes, 0, '_SM_');
  bytes.set([ENTRY_32, 2, 8], 5);
  view.setUint16(8, Math.max(...parts.map((part) => part.length)), true);
  text(bytes, INTERMEDIATE, '_DMI_');
  view.setUint16(22, length, true);
  view.setUint32(24, address, true);
  view.setUint16(28, parts.length, true);
  bytes[30] = 0x28;
  bytes[21] = checksum(bytes.subarray(INTERMEDIATE));
  bytes[4] = checksum(bytes);
  return bytes;
}

function entryPoint64(length: number, address: number): Uint8Array {
  const bytes = new Uint8Array(ENTRY_64);
  const view = new DataView(bytes.buffer);
  text(bytes, 0, '_SM3_');
  bytes.set([ENTRY_64, 3, 0, 0, 1], 6);
  view.setUint32(12, length, true);
  view.setBigUint64(16, BigInt(address), true);
  bytes[5] = checksum(bytes);
  return bytes;
}

import { pieceOf } from '../boot/placement.ts';
import type { Piece } from '../boot/plan.ts';
import { describeTables, type AcpiOptions, type DescribedTable } from './describe.ts';
import { checksum } from './table.ts';

/** Bytes kept for the tables. */
export const ACPI_SIZE = 0x10000;
const ALIGNMENT = 64;

/** The tables as pieces: the RSDP at its own address, the others at `tables`, which is a multiple of 64. */
export function acpiTables(options: AcpiOptions, at: { readonly rsdp: number; readonly tables: number }): readonly Piece[] {
  const { tables, root } = describeTables(options);
  const addresses = new Map<DescribedTable, number>();
  let next = at.tables;
  for (const table of tables) {
    addresses.set(table, next);
    next += Math.ceil(table.bytes.length / ALIGNMENT) * ALIGNMENT;
  }
  if (next > at.tables + ACPI_SIZE) throw new RangeError('the ACPI tables are larger than their place');
  addresses.set(root, at.rsdp);
  return Array.from(addresses, ([table, address]) => pieceOf(table.what, address, filledIn(table, addresses)));
}

/** The table's bytes with the addresses of others, and its checksums. */
function filledIn({ bytes, pointers, checksums }: DescribedTable, addresses: ReadonlyMap<DescribedTable, number>): Uint8Array {
  const filled = bytes.slice();
  const view = new DataView(filled.buffer);
  for (const { at, size, to } of pointers) {
    const address = BigInt(addresses.get(to)!);
    if (size === 8) view.setBigUint64(at, address, true);
    else view.setUint32(at, Number(address), true);
  }
  for (const { at, length } of checksums) {
    filled[at] = 0;
    filled[at] = checksum(filled.subarray(0, length));
  }
  return filled;
}

import { dsdt, type DsdtOptions } from './dsdt.ts';
import { FadtPointer, fadt } from './fadt.ts';
import { hpetTable } from './hpet.ts';
import { madt, type MadtOptions } from './madt.ts';
import { mcfg } from './pci-root.ts';
import { CHECKSUM_AT, OEM, TABLE_HEADER, acpiTable, text } from './table.ts';

export interface AcpiOptions extends MadtOptions, DsdtOptions {
  /** Complete tables besides. */
  readonly tables?: readonly Uint8Array[];
}

/** A table whose addresses and checksums are not filled in: where it stands is decided later, here or by firmware. */
export interface DescribedTable {
  readonly what: string;
  readonly bytes: Uint8Array;
  readonly pointers: readonly { readonly at: number; readonly size: 4 | 8; readonly to: DescribedTable }[];
  /** In the order in which they are computed. */
  readonly checksums: readonly { readonly at: number; readonly length: number }[];
}

const FACS_SIZE = 64;
const FACS_VERSION = 2;
const ACPI_1_RSDP = 20, RSDP = 36;

/** All tables, those that are pointed to before those that point, and the root pointer. */
export function describeTables(options: AcpiOptions): { readonly tables: readonly DescribedTable[]; readonly root: DescribedTable } {
  const control: DescribedTable = { what: 'FACS', bytes: facs(), pointers: [], checksums: [] };
  const block = table('DSDT', dsdtTable(options));
  const { facs: facsAt, dsdt: dsdtAt, dsdt64 } = FadtPointer;
  const fixed = table('FADT', fadt(options.power), [{ at: facsAt, size: 4, to: control }, { at: dsdtAt, size: 4, to: block }, { at: dsdt64, size: 8, to: block }]);
  const listed = [
    fixed,
    table('MADT', madt(options)),
    ...(options.hpet === undefined ? [] : [table('HPET', hpetTable(options.hpet))]),
    ...(options.pci?.ecam ? [table('MCFG', mcfg(options.pci.ecam))] : []),
    ...(options.tables ?? []).map((bytes) => table('an ACPI table', bytes)),
  ];
  const rsdt = list('RSDT', 4, listed);
  const xsdt = list('XSDT', 8, listed);
  return { tables: [control, block, ...listed, rsdt, xsdt], root: rsdp(rsdt, xsdt) };
}

function dsdtTable(options: AcpiOptions): Uint8Array {
  const INTEGERS_OF_64_BITS = 2;
  return acpiTable('DSDT', INTEGERS_OF_64_BITS, dsdt(options));
}

function table(what: string, bytes: Uint8Array, pointers: DescribedTable['pointers'] = []): DescribedTable {
  return { what, bytes, pointers, checksums: [{ at: CHECKSUM_AT, length: bytes.length }] };
}

/** Root and extended system description table (ACPI 6.5, 5.2.7 and 5.2.8): addresses of the others. */
function list(what: 'RSDT' | 'XSDT', size: 4 | 8, tables: readonly DescribedTable[]): DescribedTable {
  return table(what, acpiTable(what, 1, new Uint8Array(size * tables.length)), tables.map((to, i) => ({ at: TABLE_HEADER + size * i, size, to })));
}

/** Root pointer (5.2.5.3). The first checksum is that of ACPI 1.0, for which there is an RSDT as well. */
function rsdp(rsdt: DescribedTable, xsdt: DescribedTable): DescribedTable {
  const bytes = new Uint8Array(RSDP);
  text(bytes, 0, 'RSD PTR ');
  text(bytes, 9, OEM);
  bytes[15] = 2;
  bytes[20] = RSDP;
  return {
    what: 'RSDP', bytes, pointers: [{ at: 16, size: 4, to: rsdt }, { at: 24, size: 8, to: xsdt }],
    checksums: [{ at: 8, length: ACPI_1_RSDP }, { at: 32, length: RSDP }],
  };
}

/** The control structure (5.2.10), which has no checksum. */
function facs(): Uint8Array {
  const bytes = new Uint8Array(FACS_SIZE);
  text(bytes, 0, 'FACS');
  bytes[4] = FACS_SIZE;
  bytes[32] = FACS_VERSION;
  return bytes;
}

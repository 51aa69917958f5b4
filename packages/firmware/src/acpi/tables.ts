import { pieceOf } from '../boot/placement.ts';
import type { Piece } from '../boot/plan.ts';
import { name, packageOf } from './aml.ts';
import { fadt, type PowerManagement } from './fadt.ts';
import { madt, type MadtOptions } from './madt.ts';
import { OEM, acpiTable, checksum, text } from './table.ts';

export interface AcpiOptions extends MadtOptions {
  readonly power: PowerManagement;
  /** AML that is added to the DSDT. */
  readonly definitions?: Uint8Array;
  /** Complete tables besides, such as HPET or MCFG. */
  readonly tables?: readonly Uint8Array[];
}

/** Bytes kept for the tables. */
export const ACPI_SIZE = 0x10000;
const FACS_SIZE = 64;

/** The tables as pieces: the RSDP at its own address, the others at `tables`, which is a multiple of 64. */
export function acpiTables(options: AcpiOptions, at: { readonly rsdp: number; readonly tables: number }): readonly Piece[] {
  const pieces: Piece[] = [];
  let next = at.tables;
  const put = (what: string, bytes: Uint8Array): number => {
    const address = next;
    pieces.push(pieceOf(what, address, bytes));
    next += Math.ceil(bytes.length / 64) * 64;
    return address;
  };
  const s5 = Uint8Array.from(name('\\_S5', packageOf(options.power.s5, options.power.s5, 0, 0)));
  const facsAt = put('FACS', facs());
  const dsdtAt = put('DSDT', acpiTable('DSDT', 2, joined([s5, options.definitions ?? new Uint8Array()])));
  const listed = [
    put('FADT', fadt(options.power, facsAt, dsdtAt)),
    put('MADT', madt(options)),
    ...(options.tables ?? []).map((table) => put('an ACPI table', table)),
  ];
  const xsdtAt = put('XSDT', acpiTable('XSDT', 1, addresses(listed)));
  if (next > at.tables + ACPI_SIZE) throw new RangeError('the ACPI tables are larger than their place');
  return [...pieces, pieceOf('RSDP', at.rsdp, rsdp(xsdtAt))];
}

/** Root pointer (ACPI 6.5, 5.2.5.3), without an RSDT. */
function rsdp(xsdt: number): Uint8Array {
  const bytes = new Uint8Array(36);
  const view = new DataView(bytes.buffer);
  text(bytes, 0, 'RSD PTR ');
  text(bytes, 9, OEM);
  bytes[15] = 2;
  view.setUint32(20, bytes.length, true);
  view.setBigUint64(24, BigInt(xsdt), true);
  bytes[8] = checksum(bytes.subarray(0, 20));
  bytes[32] = checksum(bytes);
  return bytes;
}

/** The control structure (5.2.10), which has no checksum. */
function facs(): Uint8Array {
  const bytes = new Uint8Array(FACS_SIZE);
  text(bytes, 0, 'FACS');
  bytes[4] = FACS_SIZE;
  bytes[32] = 2;
  return bytes;
}

function addresses(values: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(8 * values.length));
  values.forEach((value, i) => { view.setBigUint64(8 * i, BigInt(value), true); });
  return new Uint8Array(view.buffer);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

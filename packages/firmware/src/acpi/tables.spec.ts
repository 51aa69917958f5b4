import { describe, expect, test } from 'vitest';
import type { Piece } from '../boot/plan.ts';
import { hpetTable } from './hpet.ts';
import { acpiTables, type AcpiOptions } from './tables.ts';

const options: AcpiOptions = {
  processors: [0, 1, 300], localAddress: 0xfee0_0000, ioApic: { id: 15, address: 0xfec0_0000 },
  overrides: [{ isa: 0, gsi: 2, level: false }, { isa: 9, gsi: 9, level: true }],
  power: { base: 0x600, sci: 9, s5: 5, timerBits: 32, century: 0x32, keyboardController: true, clock: true, reset: { port: 0xcf9, value: 6 } },
  tables: [hpetTable(0xfed0_0000)],
};
const AT = { rsdp: 0x9fc00, tables: 0x100_0000 };
const pieces = acpiTables(options, AT);
const sum = (bytes: Uint8Array): number => bytes.reduce((a, b) => a + b, 0) & 0xff;
const at = (address: number): Piece => pieces.find((piece) => piece.address === address)!;
const view = ({ bytes }: Piece): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
const name = ({ bytes }: Piece): string => String.fromCharCode(...bytes.subarray(0, 4));
const rsdp = at(AT.rsdp);
const xsdt = at(Number(view(rsdp).getBigUint64(24, true)));
const listed = Array.from({ length: (xsdt.bytes.length - 36) / 8 }, (_, i) => at(Number(view(xsdt).getBigUint64(36 + 8 * i, true))));
const table = (signature: string): Piece => listed.find((piece) => name(piece) === signature)!;

test('the root pointer leads to every table', () => {
  expect(String.fromCharCode(...rsdp.bytes.subarray(0, 8))).toBe('RSD PTR ');
  expect([name(xsdt), ...listed.map(name)]).toEqual(['XSDT', 'FACP', 'APIC', 'HPET']);
});

test('all tables have their length and a sum of zero', () => {
  expect([sum(rsdp.bytes.subarray(0, 20)), sum(rsdp.bytes)]).toEqual([0, 0]);
  const dsdt = at(Number(view(table('FACP')).getBigUint64(140, true)));
  for (const piece of [xsdt, dsdt, ...listed]) {
    expect([sum(piece.bytes), view(piece).getUint32(4, true)], name(piece)).toEqual([0, piece.bytes.length]);
  }
});

test('the fixed description names the ports of power management and the reset register', () => {
  const fadt = view(table('FACP'));
  expect([fadt.getUint16(46, true), fadt.getUint32(48, true), fadt.getUint32(56, true), fadt.getUint32(64, true), fadt.getUint32(76, true)])
    .toEqual([9, 0, 0x600, 0x604, 0x608]);
  expect([fadt.getUint8(108), fadt.getUint16(109, true), fadt.getUint32(112, true)]).toEqual([0x32, 7, 0x525]);
  expect([fadt.getUint8(116), Number(fadt.getBigUint64(120, true)), fadt.getUint8(128)]).toEqual([1, 0xcf9, 6]);
  expect(name(at(fadt.getUint32(36, true)))).toBe('FACS');
});

test('\\_S5 is a package of the sleep type, as the ACPI compiler writes it', () => {
  const dsdt = at(view(table('FACP')).getUint32(40, true));
  const expected = [0x08, 0x5c, 0x5f, 0x53, 0x35, 0x5f, 0x12, 0x08, 0x04, 0x0a, 0x05, 0x0a, 0x05, 0x00, 0x00];
  expect(Array.from(dsdt.bytes.subarray(36))).toEqual(expected);
});

describe('the interrupt controllers', () => {
  const bytes = table('APIC').bytes;
  const entries: number[][] = [];
  for (let i = 44; i < bytes.length; i += bytes[i + 1]!) entries.push(Array.from(bytes.subarray(i, i + bytes[i + 1]!)));

  test('have a local APIC for each processor, in the long form beyond 254', () => {
    expect(entries.filter(([type]) => type === 0)).toEqual([[0, 8, 0, 0, 1, 0, 0, 0], [0, 8, 1, 1, 1, 0, 0, 0]]);
    expect(entries.filter(([type]) => type === 9)).toEqual([[9, 16, 0, 0, 44, 1, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0]]);
  });

  test('have the timer on input 2 as an edge, and SCI as a level', () => {
    expect(entries.filter(([type]) => type === 2)).toEqual([[2, 10, 0, 0, 2, 0, 0, 0, 5, 0], [2, 10, 0, 9, 9, 0, 0, 0, 13, 0]]);
  });

  test('have an I/O APIC', () => {
    expect(entries.find(([type]) => type === 1)).toEqual([1, 12, 15, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0]);
  });
});

test('tables that are too many are refused', () => {
  expect(() => acpiTables({ ...options, tables: [new Uint8Array(70000)] }, AT)).toThrow(RangeError);
});

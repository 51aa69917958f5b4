import { describe, expect, test } from 'vitest';
import type { Piece } from '../boot/plan.ts';
import { hpetTable } from './hpet.ts';
import type { AcpiOptions } from './describe.ts';
import { acpiTables } from './tables.ts';

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

test('ACPI 1.0 finds the same tables by 32-bit addresses', () => {
  const rsdt = at(view(rsdp).getUint32(16, true));
  const old = Array.from({ length: (rsdt.bytes.length - 36) / 4 }, (_, i) => at(view(rsdt).getUint32(36 + 4 * i, true)));
  expect([name(rsdt), sum(rsdt.bytes), ...old]).toEqual(['RSDT', 0, ...listed]);
});

test('a machine with SMI command port, general-purpose events and VGA tells of them', () => {
  const power = { ...options.power, vga: true, smi: { port: 0xb2, enable: 0xf1, disable: 0xf0 }, gpe0: { base: 0x620, length: 16 } };
  const { bytes } = acpiTables({ ...options, power }, AT).find(({ what }) => what === 'FADT')!;
  const fadt = new DataView(bytes.buffer);
  expect([fadt.getUint32(48, true), fadt.getUint8(52), fadt.getUint8(53)]).toEqual([0xb2, 0xf1, 0xf0]);
  expect([fadt.getUint32(80, true), fadt.getUint8(92), fadt.getUint8(220), fadt.getUint8(221), fadt.getUint32(224, true)]).toEqual([0x620, 16, 1, 128, 0x620]);
  expect(fadt.getUint16(109, true)).toBe(3);
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

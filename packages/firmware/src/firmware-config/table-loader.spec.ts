import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { QEMU, runSeaBios } from '../../test/seabios.ts';
import { runTableLoader } from '../../test/table-loader.ts';
import { missingProgram } from '../../test/tools.ts';
import type { AcpiOptions } from '../acpi/describe.ts';
import { acpiTables } from '../acpi/tables.ts';
import { acpiFiles } from './table-loader.ts';

const missing = missingProgram([QEMU]);
const why = missing === undefined ? '' : ` (skipped: ${missing} is not installed)`;

const options: AcpiOptions = {
  processors: [0, 1], localAddress: 0xfee0_0000, ioApic: { id: 15, address: 0xfec0_0000 }, overrides: [{ isa: 0, gsi: 2, level: false }],
  power: { base: 0x600, sci: 9, s5: 5, timerBits: 32, century: 0x32, keyboardController: true, clock: true, smi: { port: 0xb2, enable: 2, disable: 3 } },
  hpet: 0xfed0_0000,
  pci: { chip: 'q35', memory: [{ start: 0xc000_0000, end: 0xfebf_ffff }], ecam: { base: 0xb000_0000, size: 0x1000_0000 } },
};

test('what firmware makes of the files is what stands in memory at a direct boot', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 300 }), fc.boolean(), (processors, pci) => {
    const machine = { ...options, processors: Array.from({ length: processors }, (_, i) => i), ...(!pci && { pci: undefined }) };
    const loaded = runTableLoader(new Map(acpiFiles(machine).map(({ name, bytes }) => [name, bytes])));
    const tables = loaded.get('etc/acpi/tables')!, root = loaded.get('etc/acpi/rsdp')!;
    const pieces = acpiTables(machine, { tables: tables.address, rsdp: root.address });
    for (const { what, address, bytes } of pieces) {
      const at = what === 'RSDP' ? root : tables;
      expect(at.bytes.slice(address - at.address, address - at.address + bytes.length), what).toEqual(bytes);
    }
    expect(pieces).toHaveLength(pci ? 9 : 8);
  }), { seed: 1, numRuns: 20 });
});

test('the root pointer goes where firmware and ACPI 1.0 look for it, the control structure to a multiple of 64', () => {
  const loaded = runTableLoader(new Map(acpiFiles(options).map(({ name, bytes }) => [name, bytes])));
  const root = loaded.get('etc/acpi/rsdp')!;
  expect([root.address % 16, root.address >> 16, loaded.get('etc/acpi/tables')!.address % 64]).toEqual([0, 0xf, 0]);
});

describe.skipIf(missing !== undefined)(`SeaBIOS${why}`, () => {
  test('puts the tables into memory, and reads the definition block', async () => {
    const { memory, log } = await runSeaBios(acpiFiles(options));
    const text = (at: number, length: number): string => String.fromCharCode(...memory.subarray(at, at + length));
    const root = Array.from({ length: 0x1000 }, (_, i) => 0xf_0000 + 16 * i).find((at) => text(at, 8) === 'RSD PTR ')!;
    const view = new DataView(memory.buffer, memory.byteOffset, memory.length);
    const xsdt = Number(view.getBigUint64(root + 24, true));
    // Where the tables begin follows from where the first one of the list is.
    const first = Number(view.getBigUint64(xsdt + 36, true));
    const offset = acpiTables(options, { rsdp: root, tables: 0 }).find(({ what }) => what === 'FADT')!.address;
    for (const piece of acpiTables(options, { rsdp: root, tables: first - offset })) expect(memory.subarray(piece.address, piece.address + piece.bytes.length), piece.what).toEqual(Buffer.from(piece.bytes));
    expect(log).toMatch(/\(via xsdt\)[^]*ACPI: parse DSDT at 0x/);
    expect(log).not.toMatch(/romfile_loader|warning/i);
  });
});

import { describe, expect, test } from 'vitest';
import { inFolder, missingProgram } from '../../test/tools.ts';
import type { AcpiOptions } from './describe.ts';
import { acpiTables } from './tables.ts';

const missing = missingProgram(['iasl', 'acpiexec']);
const why = missing === undefined ? '' : ` (skipped: ${missing} is not installed)`;

const plain: AcpiOptions = {
  processors: [0, 1, 2], localAddress: 0xfee0_0000, ioApic: { id: 15, address: 0xfec0_0000 }, overrides: [{ isa: 0, gsi: 2, level: false }],
  power: { base: 0x600, sci: 9, s5: 5, timerBits: 32, century: 0x32, keyboardController: false, clock: false },
};
const full = (chip: 'i440fx' | 'q35'): AcpiOptions => ({
  ...plain, hpet: 0xfed0_0000, serial: [{ port: 0x3f8, irq: 4 }, { port: 0x2f8, irq: 3 }], dma: true, firmwareConfig: 0x510,
  power: { ...plain.power, keyboardController: true, clock: true, vga: true, blockSize: 128, smi: { port: 0xb2, enable: 0xf1, disable: 0xf0 }, gpe0: { base: 0x700, length: 16 } },
  pci: {
    chip, memory: [{ start: 0xc000_0000, end: 0xfebf_ffff }], memory64: { start: 2 ** 36, end: 2 ** 37 - 1 },
    ...(chip === 'q35' && { ecam: { base: 0xb000_0000, size: 0x1000_0000 } }),
  },
});
const AT = { rsdp: 0x9fc00, tables: 0x100_0000 };
const table = (options: AcpiOptions, what: string): Uint8Array => acpiTables(options, AT).find((piece) => piece.what === what)!.bytes;
const blank = (text: string): string => text.replaceAll(/\s+/g, ' ');

function source(options: AcpiOptions): string {
  return inFolder((folder) => {
    folder.write('dsdt.aml', table(options, 'DSDT'));
    folder.run('iasl', '-d', 'dsdt.aml');
    expect(folder.run('iasl', '-p', 'again', 'dsdt.dsl')).toMatch(/ 0 Errors, 0 Warnings/);
    return blank(folder.read('dsdt.dsl'));
  });
}

/** What each of these gives, in one run of the interpreter. */
function evaluate(options: AcpiOptions, ...commands: readonly string[]): string {
  return inFolder((folder) => {
    folder.write('dsdt.aml', table(options, 'DSDT'));
    return folder.run('acpiexec', '-b', commands.join(';'), 'dsdt.aml');
  });
}

test('general-purpose events inside of the power management block are reserved once', () => {
  const size = (base: number): number => {
    const machine = full('q35');
    return table({ ...machine, power: { ...machine.power, gpe0: { base, length: 16 } } }, 'DSDT').length;
  };
  expect([size(0x700) - size(0x620), size(0x5f0) - size(0x620)]).toEqual([8, 8]);
});

test('configuration space in memory has a table', () => {
  const view = new DataView(table(full('q35'), 'MCFG').buffer);
  expect([Number(view.getBigUint64(44, true)), view.getUint16(52, true), view.getUint8(54), view.getUint8(55)]).toEqual([0xb000_0000, 0, 0, 255]);
  expect(acpiTables(full('i440fx'), AT).map(({ what }) => what)).not.toContain('MCFG');
});

describe.skipIf(missing !== undefined)(`the definition block${why}`, () => {
  test('of a machine without PCI has processors, timer and interrupt controller', () => {
    const text = source(plain);
    expect(text).toContain('Name (\\_S5, Package (0x04) // _S5_: S5 System State { 0x05, 0x05, Zero, Zero })');
    for (const part of ['Device (C000)', 'Device (C002)', '"ACPI0007"', 'PNP0000', 'PNP0100', 'PNP0C02']) expect(text).toContain(part);
    for (const part of ['PCI0', 'C003', 'PNP0B00', 'PNP0303', 'PNP0501', 'PNP0103', '_PIC']) expect(text).not.toContain(part);
  });

  test.each(['i440fx', 'q35'] as const)('of %s has its devices with their resources', (chip) => {
    const text = source(full(chip));
    const devices = ['PNP0501', 'PNP0303', 'PNP0F13', 'PNP0B00', 'PNP0103', 'PNP0200', 'QEMU0002'];
    expect(devices.filter((id) => !text.includes(id))).toEqual([]);
    expect(text).toContain(chip === 'q35' ? 'Name (_HID, EisaId ("PNP0A08") /* PCI Express Bus */) // _HID: Hardware ID Name (_CID, EisaId ("PNP0A03")' : 'Name (_HID, EisaId ("PNP0A03")');
    expect(text).toContain(`Name (_ADR, ${chip === 'q35' ? '0x001F0000' : '0x00010000'})`);
    expect(text.includes('Memory32Fixed (ReadWrite, 0xB0000000, // Address Base 0x10000000,')).toBe(chip === 'q35');
    for (const window of [
      ['DWordMemory', '0x000A0000', '0x000BFFFF'], ['DWordMemory', '0xC0000000', '0xFEBFFFFF'], ['QWordMemory', '0x0000001000000000', '0x0000001FFFFFFFFF'],
      ['WordIO', '0x0000', '0x0CF7'], ['WordIO', '0x0D00', '0xFFFF'], ['WordBusNumber', '0x0000', '0x00FF'],
    ]) expect(text).toMatch(new RegExp(`${window[0]} \\([^)]*${window[1]}, // Range Minimum ${window[2]}, // Range Maximum`));
  });

  test('routes pin p of device d to PIRQ (d + p) mod 4, by a table for each interrupt model', () => {
    const text = source(full('i440fx')).replaceAll(/\\_SB\.PCI0\./g, '');
    expect(text).toMatch(/If \(\\PICF\) \{ Return \(PRTA\).*\} Else \{ Return \(PRTP\)/);
    const [, pic = '', apic = ''] = /Name \(PRTP, Package \(0x80\)(.*)Name \(PRTA, Package \(0x80\)(.*)Method \(_PRT/.exec(text)!;
    for (const [links, table] of [['LNK', pic], ['GSI', apic]] as const) {
      const entries = Array.from(table.matchAll(/\{ (\w+), (\w+), (\w+), Zero \}/g), ([, address, pin, link]) => [Number(address), pin, link]);
      expect(entries).toEqual(Array.from({ length: 128 }, (_, i) => [
        (i >> 2) * 0x10000 + 0xffff, ['Zero', 'One', '0x02', '0x03'][i & 3], `${links}${'ABCD'[((i >> 2) + i) & 3]!}`,
      ]));
    }
    expect(evaluate(full('i440fx'), 'execute \\_PIC 1', 'evaluate \\PICF')).toMatch(/Integer\] = 0+1\b/);
  });

  test('sets, tells and disables the input of a PIRQ by its route register', () => {
    const link = '\\_SB.PCI0.LNKB', set = '(89 06 00 09 01 0B 00 00 00 79 00)';
    const said = evaluate(full('q35'), `evaluate ${link}._SRS ${set}`, `evaluate ${link}._CRS`, `evaluate ${link}._STA`, `evaluate ${link}._DIS`, `evaluate ${link}._STA`);
    expect(said).toContain('89 06 00 09 01 0B 00 00 00 79 00');
    expect(Array.from(said.matchAll(/Integer\] = 0*([0-9A-F]+)\b/g), ([, value]) => value)).toEqual(['B', '9']);
  });
});

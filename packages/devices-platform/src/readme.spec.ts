import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { REGISTERS as apic } from './apic/registers.ts';
import { REGISTERS as demoDma } from './demo-dma/registers.ts';
import { REGISTERS as pit } from './pit/registers.ts';
import { REGISTERS as rtc } from './rtc/registers.ts';
import { REGISTERS as acpiPm } from './acpi-pm/registers.ts';
import { REGISTERS as i8042 } from './i8042/registers.ts';
import { REGISTERS as hpet } from './hpet/registers.ts';
import { REGISTERS as pci } from './pci/registers.ts';
import { REGISTERS as vga } from './vga/registers.ts';
import { REGISTERS as ide } from './ide/registers.ts';
import { REGISTERS as fwCfg } from './fw-cfg/registers.ts';
import { REGISTERS as ahci } from './ahci/registers.ts';
import { REGISTERS as nvme } from './nvme/registers.ts';
import { registerTable } from './register-map.ts';
import { REGISTERS as uart16550 } from './uart16550/registers.ts';

test.each([
  ['vga', vga],
  ['ide', ide],
  ['fw-cfg', fwCfg],
  ['ahci', ahci],
  ['nvme', nvme],
  ['pci', pci],
  ['hpet', hpet],
  ['i8042', i8042],
  ['acpi-pm', acpiPm],
  ['rtc', rtc],
  ['pit', pit],
  ['apic', apic],
  ['uart16550', uart16550],
  ['demo-dma', demoDma],
])('the README of %s has the table of its registers', (folder, registers) => {
  const readme = readFileSync(new URL(`./${folder}/README.md`, import.meta.url), 'utf8');
  expect(readme).toContain(registerTable(registers));
});

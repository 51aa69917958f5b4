import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { makeBzImage } from '../test/images.ts';
import { cpioArchive, firmwareFiles, planBoot, readKernel, type BootPlan, type FirmwareFile } from './index.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const flat = (code: string): string => code.replaceAll(/\/\/.*$/gm, '').replaceAll(/\s+/g, ' ');

const vmlinuz = makeBzImage(), busybox = Uint8Array.of(1), script = Uint8Array.of(2);
const ram = [{ address: 0, size: 0xa0000 }, { address: 0x100000, size: 255 * 2 ** 20 }];

function boot(write: (address: number, bytes: Uint8Array, size: number) => void): BootPlan {
  const kernel = readKernel(vmlinuz, 'vmlinuz');
  const initrd = cpioArchive([
    { kind: 'directory', path: 'bin' },
    { kind: 'file', path: 'bin/busybox', content: busybox, mode: 0o755 },
    { kind: 'file', path: 'init', content: script, mode: 0o755 },
  ]);
  const plan = planBoot({
    kernel, initrd: { name: 'initrd', bytes: initrd }, commandLine: 'console=ttyS0',
    ram: [{ address: 0, size: 0xa0000 }, { address: 0x100000, size: 255 * 2 ** 20 }],
  });
  for (const { address, bytes, size } of plan.pieces) write(address, bytes, size);
  return plan;
}

function describeMachine(): readonly FirmwareFile[] {
  const files = firmwareFiles({
    ram,
    acpi: { processors: [0], localAddress: 0xfee00000, ioApic: { id: 0, address: 0xfec00000 }, overrides: [{ isa: 0, gsi: 2, level: false }],
      power: { base: 0x600, blockSize: 64, sci: 9, s5: 5, timerBits: 32, century: 0x32, keyboardController: true, clock: true, vga: true,
        smi: { port: 0xb2, enable: 0xf1, disable: 0xf0 } },
      pci: { chip: 'i440fx', memory: [{ start: 0xc0000000, end: 0xfebfffff }] },
      serial: [{ port: 0x3f8, irq: 4 }], hpet: 0xfed00000, firmwareConfig: 0x510 },
    smbios: { cpus: 1, ram, product: 'Example', uuid: '00112233-4455-6677-8899-aabbccddeeff' },
    bootOrder: ['/pci@i0cf8/scsi@3/disk@0,0'],
  });
  return files;
}

test('the examples of the README do what they say', () => {
  const written: number[] = [];
  const plan = boot((address) => written.push(address));
  expect(written).toEqual(plan.pieces.map(({ address }) => address));
  expect(describeMachine().map(({ name }) => name)).toContain('etc/table-loader');
});

test('the README shows these examples', () => {
  // This file's own text: what runs has no types and other spaces.
  const own = flat(readFileSync(new URL('./readme.spec.ts', import.meta.url), 'utf8'));
  const blocks = Array.from(readme.matchAll(/^```ts\n([^]*?)^```$/gm), ([, code = '']) => flat(code.replaceAll(/^import .*\n/gm, '')).trim());
  expect(blocks).toHaveLength(2);
  for (const block of blocks) expect(own).toContain(block);
});

import { Scope } from '@polyvisor/core';
import { cpuX86 } from '@polyvisor/cpu-x86';
import { DisplayToken, apic, pciHost, vga } from '@polyvisor/devices-platform';
import { readKernel } from '@polyvisor/firmware';
import { createMachine } from '@polyvisor/machine';
import { eptMmu } from '@polyvisor/mmu-npt';
import { expect, test } from 'vitest';
import { makeKernel } from '../test/kernel.ts';
import { BootImagesToken, fullvirtBackend } from './index.ts';

/** mov word [address], character and attribute */
const put = (cell: number, character: string, attribute: number): number[] =>
  [0x66, 0xc7, 0x05, 2 * cell & 0xff, 0x80 + ((2 * cell) >> 8), 0x0b, 0x00, character.charCodeAt(0), attribute];
const HALT = [0xf4];

test('a kernel without a BIOS finds a screen with text', () => {
  const kernel = readKernel(makeKernel([...put(0, 'H', 0x1e), ...put(81, 'i', 0x07), ...HALT]), 'kernel');
  const scope = Scope.root().provide(BootImagesToken, { kernel, commandLine: '' });
  const machine = createMachine(
    {
      memory: '16MiB', cpu: { kind: 'cpu/x86' }, mmu: { kind: 'mmu/ept', config: {} }, backend: { kind: 'backend/fullvirt' },
      devices: { apic: { kind: 'platform/apic' }, pci: { kind: 'platform/pci-host' }, vga: { kind: 'platform/vga' } },
    },
    { plugins: { devices: [apic, pciHost, vga], cpus: [cpuX86], mmus: [eptMmu], backends: [fullvirtBackend] }, scope },
  );
  machine.run(1000);
  const display = machine.scope.get(DisplayToken);
  const lines = display.text()?.map((line) => line.trimEnd());
  const { width, height } = display.size;
  const pixels = new Uint8ClampedArray(4 * width * height);
  display.render(pixels);
  machine.destroy();

  expect(lines).toEqual(['H', ' i', ...Array<string>(23).fill('')]);
  expect([width, height]).toEqual([720, 400]);
  // The paper of the first character is blue, that of the next one black.
  expect([pixels.slice(0, 4), pixels.slice(9 * 4, 10 * 4)]).toEqual([Uint8ClampedArray.of(0, 0, 170, 255), Uint8ClampedArray.of(0, 0, 0, 255)]);
});

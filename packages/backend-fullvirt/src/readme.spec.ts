import { ByteSinkToken, ByteSourceToken, Scope } from '@polyvisor/core';
import { cpuX86 } from '@polyvisor/cpu-x86';
import { acpiPm, apic, pit, resetPort, rtc, uart16550 } from '@polyvisor/devices-platform';
import { readKernel } from '@polyvisor/firmware';
import { createMachine } from '@polyvisor/machine';
import { eptMmu } from '@polyvisor/mmu-npt';
import { RecordingSink, ScriptedSource } from '@polyvisor/testkit';
import { expect, test } from 'vitest';
import { makeKernel } from '../test/kernel.ts';
import { BootImagesToken, fullvirtBackend } from './index.ts';

/** Sets COM1 to 8 bits, says a word there, and powers off by PM1a_CNT (SLP_EN, type 5). */
const CODE = [
  0x66, 0xba, 0xfb, 0x03, 0xb0, 0x03, 0xee,
  ...Array.from('ok', (letter) => [0x66, 0xba, 0xf8, 0x03, 0xb0, letter.charCodeAt(0), 0xee]).flat(),
  0x66, 0xba, 0x04, 0x06, 0x66, 0xb8, 0x00, 0x34, 0x66, 0xef, 0xf4,
];

test('the example of the README boots a kernel', async () => {
  const vmlinuz = makeKernel(CODE), initrd = { name: 'initrd', bytes: new Uint8Array(512) };
  const sink = new RecordingSink(), source = new ScriptedSource();

  const scope = Scope.root()
    .provide(BootImagesToken, { kernel: readKernel(vmlinuz, 'vmlinuz'), initrd, commandLine: 'console=ttyS0' })
    .provide(ByteSinkToken, sink)
    .provide(ByteSourceToken, source);
  const machine = createMachine(
    {
      memory: '256MiB',
      cpu: { kind: 'cpu/x86' },
      mmu: { kind: 'mmu/ept', config: {} },
      backend: { kind: 'backend/fullvirt' },
      devices: {
        apic: { kind: 'platform/apic' }, pit: { kind: 'platform/pit' }, rtc: { kind: 'platform/rtc' },
        pm: { kind: 'platform/acpi-pm', config: { startsEnabled: true } }, reset: { kind: 'platform/reset-port' },
        com1: { kind: 'platform/uart16550' },
      },
    },
    { plugins: { devices: [apic, pit, rtc, acpiPm, resetPort, uart16550], cpus: [cpuX86], mmus: [eptMmu], backends: [fullvirtBackend] }, scope },
  );
  machine.start();
  const outcome = await machine.finished;
  machine.destroy();

  expect(String.fromCharCode(...sink.bytes)).toBe('ok');
  expect(outcome).toEqual({ kind: 'off', status: 0 });
});

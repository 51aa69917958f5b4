import { readKernel } from '@polyvisor/firmware';
import { describeBackend } from '@polyvisor/testkit/vitest';
import { makeKernel } from '../test/kernel.ts';
import { fullvirtBackend } from './plugin.ts';

const kernel = readKernel(makeKernel([0xf4]), 'kernel');

describeBackend(fullvirtBackend, {
  configs: [{}, { onShutdown: 'fault', acpi: false }, { onShutdown: 'power-off', acpi: { hpet: 0xfed0_0000, reset: false } }],
  cpus: 2,
  services: () => ({ images: { kernel, initrd: { name: 'initrd', bytes: new Uint8Array(5000).fill(7) }, commandLine: 'quiet' } }),
});

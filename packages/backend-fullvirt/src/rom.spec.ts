/** Tiny BIOS images: where they are, and that nothing changes them. */
import { ByteSinkToken, Scope } from '@polyvisor/core';
import { cpuX86 } from '@polyvisor/cpu-x86';
import { apic, debugConsole, debugExit } from '@polyvisor/devices-platform';
import { createMachine, restoreMachine, type MachineDescription, type MachineOptions } from '@polyvisor/machine';
import { createHost } from '@polyvisor/memory';
import { eptMmu, nptMmu, shadowMmu } from '@polyvisor/mmu-npt';
import { RecordingSink } from '@polyvisor/testkit';
import { describe, expect, test } from 'vitest';
import { BootImagesToken } from './boot-images.ts';
import { fullvirtBackend } from './plugin.ts';

const SIZE = 0x1_0000;
/** `code` runs from the upper copy, with CS based at FFFF0000H. */
function image(code: readonly number[], size = SIZE): Uint8Array {
  const bytes = new Uint8Array(size);
  bytes.set(code, size - SIZE + 0x100);
  bytes[size - SIZE] = 0x77;
  // jmp 100H
  bytes.set([0xe9, 0x0d, 0x01], size - 16);
  return bytes;
}
const PRINT = [0xe6, 0xe9];
/** mov byte cs:[0], 55h; mov al, cs:[0]; out 0e9h, al */
const WRITE_ROM = [0x2e, 0xc6, 0x06, 0, 0, 0x55, 0x2e, 0xa0, 0, 0, ...PRINT];
/** mov ax, 0f000h; mov ds, ax; mov al, [0]; out; mov byte [0], 66h; mov al, [0]; out */
const SHADOW = [0xb8, 0x00, 0xf0, 0x8e, 0xd8, 0xa0, 0, 0, ...PRINT, 0xc6, 0x06, 0, 0, 0x66, 0xa0, 0, 0, ...PRINT];
const HALT = [0xf4];
/** in al, 80h; a place to stop at. */
const PAUSE = [0xe4, 0x80];

function setUp(mmu: 'ept' | 'npt' | 'shadow', bytes: Uint8Array) {
  const sink = new RecordingSink();
  const scope = Scope.root().provide(BootImagesToken, { firmware: { name: 'bios.bin', bytes } }).provide(ByteSinkToken, sink);
  const description: MachineDescription = {
    memory: '8MiB',
    cpu: { kind: 'cpu/x86' },
    mmu: { kind: `mmu/${mmu}`, config: {} },
    backend: { kind: 'backend/fullvirt' },
    clock: { source: 'instructions' },
    devices: { apic: { kind: 'platform/apic' }, console: { kind: 'platform/debug-console' } },
  };
  const options: MachineOptions = {
    plugins: { devices: [apic, debugConsole, debugExit], cpus: [cpuX86], mmus: [eptMmu, nptMmu, shadowMmu], backends: [fullvirtBackend] }, scope,
    host: createHost({ frames: 16 * 2 ** 20, tables: 64 * 2 ** 20 }),
  };
  return { sink, description, options };
}

describe.each(['ept', 'npt', 'shadow'] as const)('a BIOS image under %s', (mmu) => {
  test('runs from the reset vector, and a write to it has no effect', () => {
    const { sink, description, options } = setUp(mmu, image([...WRITE_ROM, ...WRITE_ROM, ...HALT]));
    const machine = createMachine(description, options);
    machine.run(100);
    expect(sink.bytes).toEqual([0x77, 0x77]);
  });

  test('is below 1 MiB too, in RAM, which a reset fills again', () => {
    const { sink, description, options } = setUp(mmu, image([...SHADOW, ...HALT], 4 * SIZE));
    const machine = createMachine(description, options);
    machine.run(100);
    machine.reset();
    machine.run(100);
    expect(sink.bytes).toEqual([0x77, 0x66, 0x77, 0x66]);
  });

  test('is in a snapshot, and stays what it was', () => {
    const bytes = image([...PAUSE, ...WRITE_ROM, ...HALT]);
    const first = setUp(mmu, bytes);
    const machine = createMachine(first.description, first.options);
    machine.run(2);
    const second = setUp(mmu, bytes);
    const restored = restoreMachine(machine.save(), second.options);
    restored.run(100);
    restored.reset();
    restored.run(100);
    expect(second.sink.bytes).toEqual([0x77, 0x77]);
  });
});

test.each([100, 2 ** 24 + 4096, 0x1_0800])('an image of %i bytes is refused', (size) => {
  const { description, options } = setUp('ept', new Uint8Array(size));
  expect(() => createMachine(description, options)).toThrow(/backend-fullvirt\/bad-firmware: .*bios\.bin/);
});

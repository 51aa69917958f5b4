/** Tiny kernels on the real processor: what a PC does where nothing is, at its end, and with several processors. */
import { Scope, PowerControlToken, ByteSinkToken } from '@polyvisor/core';
import { cpuX86 } from '@polyvisor/cpu-x86';
import { apic, debugConsole, debugExit } from '@polyvisor/devices-platform';
import { readKernel } from '@polyvisor/firmware';
import { createMachine, restoreMachine, type Machine, type MachineDescription, type MachineOptions } from '@polyvisor/machine';
import { createHost } from '@polyvisor/memory';
import { eptMmu, nptMmu } from '@polyvisor/mmu-npt';
import { RecordingSink } from '@polyvisor/testkit';
import { describe, expect, test } from 'vitest';
import { ENTRY, makeKernel } from '../test/kernel.ts';
import { BootImagesToken } from './boot-images.ts';
import { fullvirtBackend } from './plugin.ts';

const MB = 2 ** 20;
const word = (value: number): number[] => [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, value >>> 24];
/** mov eax, [address] */
const load = (address: number): number[] => [0xa1, ...word(address)];
/** mov dword [address], value */
const store = (address: number, value: number): number[] => [0xc7, 0x05, ...word(address), ...word(value)];
/** Writes EAX to the debug console, lowest byte first. */
const PRINT = [0xe6, 0xe9, 0xc1, 0xe8, 8, 0xe6, 0xe9, 0xc1, 0xe8, 8, 0xe6, 0xe9, 0xc1, 0xe8, 8, 0xe6, 0xe9];
const HALT = [0xf4];
/** mov al, status; out 0xf4, al */
const exit = (status: number): number[] => [0xb0, status, 0xe6, 0xf4];
/** A triple fault: an empty IDT, then INT3. The pseudo-descriptor is in memory that is zero. */
const TRIPLE_FAULT = [0x0f, 0x01, 0x1d, ...word(ENTRY + 0x8000), 0xcc];

interface Options {
  readonly cpus?: number;
  readonly config?: Record<string, unknown>;
  readonly mmu?: 'ept' | 'npt';
}

function setUp(code: readonly number[], options: Options = {}) {
  const sink = new RecordingSink();
  const kernel = readKernel(makeKernel(code), 'kernel');
  const scope = Scope.root().provide(BootImagesToken, { kernel, commandLine: 'quiet' }).provide(ByteSinkToken, sink);
  const description: MachineDescription = {
    memory: '8MiB',
    cpu: { kind: 'cpu/x86', count: options.cpus ?? 1 },
    mmu: { kind: `mmu/${options.mmu ?? 'ept'}`, config: {} },
    backend: { kind: 'backend/fullvirt', config: options.config ?? {} },
    clock: { source: 'instructions' },
    devices: {
      apic: { kind: 'platform/apic' },
      console: { kind: 'platform/debug-console' },
      exit: { kind: 'platform/debug-exit', config: { iobase: 0xf4, iosize: 1 } },
    },
  };
  const machineOptions: MachineOptions = {
    plugins: { devices: [apic, debugConsole, debugExit], cpus: [cpuX86], mmus: [eptMmu, nptMmu], backends: [fullvirtBackend] }, scope,
    host: createHost({ frames: 16 * MB, tables: 32 * MB * (options.cpus ?? 1) }),
  };
  return { sink, description, options: machineOptions };
}

function boot(code: readonly number[], options: Options = {}) {
  const { sink, description, options: machineOptions } = setUp(code, options);
  return { sink, machine: createMachine(description, machineOptions) };
}

/** Runs to the end; what was printed, as numbers of 32 bits. */
function printed(machine: Machine, sink: RecordingSink, budget = 10_000): number[] {
  machine.run(budget);
  const view = new DataView(Uint8Array.from(sink.bytes).buffer);
  return Array.from({ length: Math.floor(sink.bytes.length / 4) }, (_, i) => view.getInt32(4 * i, true));
}

describe.each(['ept', 'npt'] as const)('where nothing is, under %s', (mmu) => {
  test.each([
    ['video memory', 0xa_0000],
    ['behind the RAM', 0x1000_0000],
    ['between RAM and devices', 0xd000_0000],
    ['beside a device, in its 2 MiB', 0xfec8_0000],
    ['below the reset vector', 0xffff_fff0],
  ])('%s reads all ones and takes writes without effect', (_what, address) => {
    const { machine, sink } = boot([...load(address), ...PRINT, ...store(address, 0x1234), ...load(address), ...PRINT, ...HALT], { mmu });
    expect(printed(machine, sink)).toEqual([-1, -1]);
    expect(machine.state).toBe('paused');
  });
});

test('an absent run costs no memory of its own, however much of it is touched', () => {
  const touch = Array.from({ length: 100 }, (_, i) => load(0x8000_0000 + 4096 * i)).flat();
  const { machine } = boot([...touch, ...HALT]);
  const before = machine.host.frames.free;
  machine.run(1000);
  // One table for the GiB, where no device has made it.
  expect(before - machine.host.frames.free).toBe(1);
});

test('RAM ends where the machine\'s memory does', () => {
  const { machine, sink } = boot([...store(0x7f_fffc, 0x1234), ...load(0x7f_fffc), ...PRINT, ...load(0x86_0000), ...PRINT, ...HALT]);
  expect(printed(machine, sink)).toEqual([0x1234, -1]);
});

describe('a triple fault', () => {
  test('resets, and the kernel is loaded anew', () => {
    // The counter is outside the kernel, whose own memory a reset loads again.
    const count = [0xff, 0x05, ...word(0x60_0000)];
    const own = [...load(ENTRY + 0x9000), ...PRINT, ...store(ENTRY + 0x9000, 7)];
    const endSecondTime = [0x83, 0x3d, ...word(0x60_0000), 2, 0x75, 4, ...exit(3)];
    const { machine, sink } = boot([...count, ...own, ...endSecondTime, ...TRIPLE_FAULT]);
    expect(printed(machine, sink)).toEqual([0, 0]);
    expect(machine.state).toBe('off');
  });

  test('powers off when it is told to', async () => {
    const { machine } = boot(TRIPLE_FAULT, { config: { onShutdown: 'power-off' } });
    machine.run(1000);
    expect(await machine.finished).toEqual({ kind: 'off', status: 0 });
  });

  test('is a fault with its place when it is told to', async () => {
    const { machine } = boot(TRIPLE_FAULT, { config: { onShutdown: 'fault' } });
    machine.run(1000);
    expect(await machine.finished).toMatchObject({ kind: 'faulted', problem: { code: 'backend-fullvirt/shutdown', place: 'cpu.0' } });
  });
});

test('page tables where nothing is are a triple fault, and the log says where', async () => {
  // mov eax, 0xd0000000; mov cr3, eax; mov eax, cr0; or eax, 0x80000000; mov cr0, eax
  const code = [0xb8, ...word(0xd000_0000), 0x0f, 0x22, 0xd8, 0x0f, 0x20, 0xc0, 0x0d, ...word(0x8000_0000), 0x0f, 0x22, 0xc0, 0x90];
  const { machine } = boot(code, { config: { onShutdown: 'fault' } });
  const messages: string[] = [];
  machine.events.log.stream.subscribe(({ message }) => messages.push(message));
  machine.run(1000);
  expect(await machine.finished).toMatchObject({ problem: { code: 'backend-fullvirt/shutdown' } });
  expect(messages.join()).toMatch(/cpu\.0: page tables at 0xd0000\w+, where there is no RAM/);
});

test('a halted processor waits, and a device ends the machine with its status', async () => {
  const waiting = boot(HALT).machine;
  waiting.run(1000);
  expect([waiting.state, waiting.vcpus[0]!.runnable]).toEqual(['paused', false]);
  const { machine } = boot(exit(0x10));
  machine.run(1000);
  expect(await machine.finished).toEqual({ kind: 'off', status: 0x21 });
});

test('other processors wait for the start-up IPI and begin at its page', () => {
  // At 8000H: mov al, 'A'; out 0xe9, al; hlt. Then INIT and start-up to all others by the local APIC's ICR.
  const copy = [...store(0x8000, 0xe9e6_41b0 | 0), ...store(0x8004, 0xf4)];
  const start = [...store(0xfee0_00f0, 0x1ff), ...store(0xfee0_0300, 0xc4500), ...store(0xfee0_0300, 0xc4608)];
  const { machine, sink } = boot([...copy, ...HALT], { cpus: 3 });
  machine.run(1000);
  expect(machine.vcpus.map((vcpu) => vcpu.runnable)).toEqual([false, false, false]);
  expect(sink.text).toBe('');
  const started = boot([...copy, ...start, ...HALT], { cpus: 3 });
  started.machine.run(1000);
  expect(started.sink.text).toBe('AA');
});

test('a restored machine goes on, also where nothing is', () => {
  const code = [...load(0xd000_0000), ...PRINT, 0xe4, 0x80, ...store(0xd000_0000, 1), ...load(0xd000_0000), ...PRINT, ...exit(1)];
  const first = setUp(code);
  const machine = createMachine(first.description, first.options);
  // Up to the read of port 80H.
  machine.run(9);
  const snapshot = machine.save();
  const second = setUp(code);
  const restored = restoreMachine(snapshot, second.options);
  expect(printed(restored, second.sink)).toEqual([-1]);
  expect(restored.state).toBe('off');
});

test('the power control of the machine is the one that devices use', () => {
  const { machine } = boot(HALT);
  machine.run(10);
  machine.scope.get(PowerControlToken).powerOff(9);
  machine.run(10);
  expect(machine.state).toBe('off');
});

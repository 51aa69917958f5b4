import { BootImagesToken, fullvirtBackend } from '@polyvisor/backend-fullvirt';
import { ByteSinkToken, ByteSourceToken, Scope } from '@polyvisor/core';
import { cpuX86 } from '@polyvisor/cpu-x86';
import { acpiPm, apic, pit, resetPort, uart16550 } from '@polyvisor/devices-platform';
import { readKernel, type ResolvedEntry } from '@polyvisor/firmware';
import { createMachine, type Machine } from '@polyvisor/machine';
import { eptMmu } from '@polyvisor/mmu-npt';
import { RecordingSink, ScriptedSource } from '@polyvisor/testkit';

export interface Pc {
  /** By what protocol the kernel is entered. */
  readonly entry: ResolvedEntry;
  readonly machine: Machine;
  readonly source: ScriptedSource;
  readonly sink: RecordingSink;
}

/** A PC with a kernel. With the clock of instructions, one each microsecond, every run is the same. */
export function makePc(image: Uint8Array, clock: 'instructions' | 'host', memory = '16MiB'): Pc {
  const kernel = readKernel(image, 'tiny');
  const source = new ScriptedSource();
  const sink = new RecordingSink();
  const scope = Scope.root()
    .provide(BootImagesToken, { kernel, commandLine: '' })
    .provide(ByteSinkToken, sink)
    .provide(ByteSourceToken, source);
  const machine = createMachine(
    {
      memory,
      cpu: { kind: 'cpu/x86' },
      mmu: { kind: 'mmu/ept', config: {} },
      backend: { kind: 'backend/fullvirt' },
      clock: clock === 'host' ? { source: 'host' } : { source: 'instructions', hertz: 1_000_000 },
      devices: {
        apic: { kind: 'platform/apic' }, pit: { kind: 'platform/pit' }, com1: { kind: 'platform/uart16550' },
        pm: { kind: 'platform/acpi-pm', config: { startsEnabled: true } }, reset: { kind: 'platform/reset-port' },
      },
    },
    { plugins: { devices: [apic, pit, acpiPm, resetPort, uart16550], cpus: [cpuX86], mmus: [eptMmu], backends: [fullvirtBackend] }, scope },
  );
  return { entry: kernel.entry, machine, source, sink };
}

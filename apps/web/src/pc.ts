import { BootImagesToken, fullvirtBackend } from '@polyvisor/backend-fullvirt';
import { ByteSinkToken, ByteSourceToken, Scope, type ByteSink, type ByteSource } from '@polyvisor/core';
import { cpuX86 } from '@polyvisor/cpu-x86';
import { WallClockToken, acpiPmPci, apic, hpet, i8042, pciHost, pit, rtc, uart16550 } from '@polyvisor/devices-platform';
import { readKernel } from '@polyvisor/firmware';
import { createMachine, type Machine } from '@polyvisor/machine';
import { createHost } from '@polyvisor/memory';
import { eptMmu } from '@polyvisor/mmu-npt';
import type { Boot } from './messages.ts';

const MB = 2 ** 20;
/** Beside the guest's RAM: second-level tables and memory of devices, and the Host's tables for one processor. */
const OTHER = 48 * MB, TABLES = 44 * MB;
const HPET = 0xfed0_0000;
const COM1 = { port: 0x3f8, irq: 4 };

/** The PC of the page: one processor, a serial port for a console. Throws a `PolyvisorError`. */
export function makePc(boot: Boot, sink: ByteSink, source: ByteSource): Machine {
  const kernel = readKernel(boot.kernel.bytes, boot.kernel.name);
  const scope = Scope.root()
    .provide(BootImagesToken, { kernel, initrd: boot.initrd, commandLine: boot.commandLine })
    .provide(WallClockToken, { now: () => Date.now() })
    .provide(ByteSinkToken, sink)
    .provide(ByteSourceToken, source);
  const memory = boot.memory * MB;
  return createMachine(
    {
      name: 'page',
      memory,
      cpu: { kind: cpuX86.kind, config: { model: 'max' } },
      mmu: { kind: eptMmu.kind, config: {} },
      backend: { kind: fullvirtBackend.kind, config: { acpi: { keyboardController: true, hpet: HPET, pci: 'i440fx', serial: [COM1] } } },
      devices: {
        apic: { kind: apic.kind }, pit: { kind: pit.kind }, rtc: { kind: rtc.kind, config: { start: 'service', memory } },
        pci: { kind: pciHost.kind }, pm: { kind: acpiPmPci.kind, config: { startsEnabled: true, size: 64 } },
        hpet: { kind: hpet.kind, config: { address: HPET } }, keyboard: { kind: i8042.kind }, com1: { kind: uart16550.kind, config: { ...COM1, wordLength: 8 } },
      },
    },
    {
      plugins: { devices: [apic, pit, rtc, pciHost, acpiPmPci, hpet, i8042, uart16550], cpus: [cpuX86], mmus: [eptMmu], backends: [fullvirtBackend] },
      scope,
      host: createHost({ frames: memory + OTHER, tables: TABLES }),
    },
  );
}

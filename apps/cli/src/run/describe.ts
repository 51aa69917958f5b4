import { fullvirtBackend } from '@polyvisor/backend-fullvirt';
import { PolyvisorError } from '@polyvisor/core';
import { cpuModels, cpuX86 } from '@polyvisor/cpu-x86';
import { acpiPm, apic, debugConsole, debugExit, hpet, i8042, pit, resetPort, rtc, uart16550 } from '@polyvisor/devices-platform';
import type { MachineDescription, Plugins } from '@polyvisor/machine';
import { eptMmu, nptMmu, shadowMmu } from '@polyvisor/mmu-npt';
import { runErrors } from './errors.ts';
import type { RunOptions } from './options.ts';

export const plugins: Plugins = {
  devices: [apic, pit, rtc, acpiPm, resetPort, i8042, hpet, uart16550, debugConsole, debugExit],
  cpus: [cpuX86],
  mmus: [eptMmu, nptMmu, shadowMmu],
  backends: [fullvirtBackend],
};

/** Names of services that devices choose. */
export const POWER = 'power';
export const DEBUG_CONSOLE = 'debug-console';
export const comName = (index: number): string => `com${index + 1}`;

const HPET = 0xfed0_0000;
/** Ports and interrupts of COM1 to COM4. */
const COM = [{ port: 0x3f8, irq: 4 }, { port: 0x2f8, irq: 3 }, { port: 0x3e8, irq: 4 }, { port: 0x2e8, irq: 3 }] as const;

/** The machine that the options mean. */
export function describeMachine(options: RunOptions): MachineDescription {
  const { cpu } = options;
  if (cpu !== undefined && !cpuModels.some(({ name }) => name === cpu)) {
    const wants = cpuModels.map(({ name }) => name).join(', ');
    throw new PolyvisorError([runErrors['option-value']('', { option: '-cpu', value: cpu, why: 'is no model of a processor', wants })]);
  }
  const serial = options.serial.map((_, i) => {
    const name = comName(i);
    return [name, { kind: uart16550.kind, config: COM[i]!, services: { out: name, in: name } }] as const;
  });
  return {
    name: options.name,
    memory: options.memory,
    cpu: { kind: cpuX86.kind, count: options.cpus, config: { model: cpu ?? 'max' } },
    mmu: { kind: `mmu/${options.mmu}`, config: {} },
    backend: {
      kind: fullvirtBackend.kind,
      config: { onShutdown: options.noReboot ? 'power-off' : 'reset', acpi: { keyboardController: true, hpet: HPET } },
    },
    devices: {
      apic: { kind: apic.kind },
      pit: { kind: pit.kind },
      rtc: { kind: rtc.kind, config: { start: 'service', memory: options.memory } },
      pm: { kind: acpiPm.kind, config: { startsEnabled: true }, services: { power: POWER } },
      reset: { kind: resetPort.kind, services: { power: POWER } },
      hpet: { kind: hpet.kind, config: { address: HPET } },
      keyboard: { kind: i8042.kind, services: { power: POWER } },
      ...Object.fromEntries(serial),
      ...(options.debugConsole && { debugcon: { kind: debugConsole.kind, services: { out: DEBUG_CONSOLE } } }),
      ...(options.debugExit && { exit: { kind: debugExit.kind, config: { ...options.debugExit }, services: { power: POWER } } }),
    },
  };
}

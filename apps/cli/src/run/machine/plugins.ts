import { fullvirtBackend } from '@polyvisor/backend-fullvirt';
import type { AnyDevicePlugin } from '@polyvisor/core';
import { cpuX86 } from '@polyvisor/cpu-x86';
import {
  acpiPmPci, ahci, apic, debugConsole, debugExit, demoDma, fwCfg, hpet, i8042, ide, nvme, pciHost, pcieHost, pit, rtc, uart16550, vga,
} from '@polyvisor/devices-platform';
import {
  virtioBalloonPci, virtioBlkPci, virtioConsolePci, virtioNetPci, virtioP9Pci, virtioRngPci, virtioVsockPci,
} from '@polyvisor/devices-virtio';
import type { Plugins } from '@polyvisor/machine';
import { eptMmu, nptMmu, shadowMmu } from '@polyvisor/mmu-npt';

/** Everything that a machine of the command line can be made of, and the devices of a machine file's modules. */
export function allPlugins(own: readonly AnyDevicePlugin[]): Plugins {
  return {
    devices: [
      ahci, apic, pit, rtc, pciHost, pcieHost, acpiPmPci, i8042, hpet, uart16550, debugConsole, debugExit, demoDma, fwCfg, ide, nvme, vga,
      virtioBlkPci, virtioNetPci, virtioConsolePci, virtioRngPci, virtioBalloonPci, virtioP9Pci, virtioVsockPci, ...own,
    ],
    cpus: [cpuX86],
    mmus: [eptMmu, nptMmu, shadowMmu],
    backends: [fullvirtBackend],
  };
}

/** What `-device` calls a plugin, and what of it leads outside. */
export interface Driver {
  readonly kind: string;
  /** The service that `drive=`, `netdev=` or `chardev=` gives it. */
  readonly service?: 'drive' | 'netdev' | 'fsdev';
  readonly power?: true;
}

export const DRIVERS: Readonly<Record<string, Driver>> = {
  'isa-debug-exit': { kind: debugExit.kind, power: true },
  'virtio-blk-pci': { kind: virtioBlkPci.kind, service: 'drive' },
  VGA: { kind: vga.kind },
  nvme: { kind: nvme.kind, service: 'drive' },
  'virtio-net-pci': { kind: virtioNetPci.kind, service: 'netdev' },
  'virtio-9p-pci': { kind: virtioP9Pci.kind, service: 'fsdev' },
  'virtio-rng-pci': { kind: virtioRngPci.kind },
  'virtio-balloon-pci': { kind: virtioBalloonPci.kind },
  'vhost-vsock-pci': { kind: virtioVsockPci.kind },
};

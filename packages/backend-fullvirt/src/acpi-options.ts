import type { AcpiOptions } from '@polyvisor/firmware';
import type { AcpiConfig } from './config.ts';
import { pciMemory, type RamBytes } from './layout.ts';

/** ISA line 0 is the timer, which a PC's I/O APIC has on input 2. */
const TIMER_GSI = 2;
/** Ports of power management: of the device alone, and of the chip sets. */
const POWER_PORTS = { none: 16, i440fx: 64, q35: 128 } as const;
const ECAM_SIZE = 2 ** 20;

/**
 * What the tables say of a machine with this memory and so many processors: for the kernel that the backend loads, and, by
 * `firmwareFiles` of `@polyvisor/firmware`, for firmware. `ecam` is where configuration space in memory is.
 */
export function acpiOptions(config: AcpiConfig, ram: readonly RamBytes[], processors: number, ecam: number): AcpiOptions {
  const { powerBase, sci, s5, timerBits, reset, century, keyboardController, realTimeClock, vga, pci, firmwareConfig, hpet } = config;
  const express = pci === 'q35' ? { base: ecam, size: ECAM_SIZE } : undefined;
  return {
    processors: Array.from({ length: processors }, (_, index) => index),
    localAddress: config.localApic,
    ioApic: config.ioApic,
    overrides: [{ isa: 0, gsi: TIMER_GSI, level: false }, { isa: sci, gsi: sci, level: true }],
    hpet: hpet === false ? undefined : hpet,
    serial: config.serial,
    firmwareConfig: firmwareConfig === false ? undefined : firmwareConfig,
    pci: pci === false ? undefined : { chip: pci, memory: pciMemory(ram, express), ecam: express },
    power: {
      base: powerBase, blockSize: POWER_PORTS[pci === false ? 'none' : pci], sci, s5, timerBits, century, keyboardController,
      clock: realTimeClock, vga, reset: reset === false ? undefined : reset,
    },
  };
}

/**
 * Configuration space (PCI Local Bus Specification 3.0, chapter 6) and the two ways to reach it: configuration mechanism
 * #1 (3.2.2.3.2) and ECAM (PCI Express Base Specification 5.0, 7.2.2). Names are spelt as there.
 */
import type { RegisterDoc } from '../register-map.ts';

export const CONFIG_SIZE = 256;
export const Config = {
  VENDOR: 0x00, DEVICE: 0x02, COMMAND: 0x04, STATUS: 0x06, REVISION: 0x08, CLASS: 0x09, HEADER_TYPE: 0x0e, BARS: 0x10,
  SUBSYSTEM_VENDOR: 0x2c, SUBSYSTEM: 0x2e, CAPABILITIES: 0x34, INTERRUPT_LINE: 0x3c, INTERRUPT_PIN: 0x3d, FIRST_CAPABILITY: 0x40,
} as const;
export const BAR_COUNT = 6;
/** Command register (6.2.2): the bits that can be written. */
export const PciCommand = {
  IO: 0x0001, MEMORY: 0x0002, MASTER: 0x0004, PARITY: 0x0040, SERR: 0x0100, INTX_DISABLE: 0x0400, WRITABLE: 0x0547,
} as const;
export const PciStatus = { INTERRUPT: 0x08, CAPABILITIES: 0x10 } as const;
/** Base address registers (6.2.5.1). */
export const Bar = { IO: 0x1, WIDE: 0x4, PREFETCHABLE: 0x8 } as const;
export const Capability = { MSI: 0x05, VENDOR: 0x09, MSIX: 0x11 } as const;
/** Message control of MSI (6.8.1.3). */
export const MsiControl = { ENABLE: 0x01, WIDE: 0x80 } as const;

/** CONFIG_ADDRESS, as signed numbers: larger ones are boxed. */
export const ConfigAddress = { ENABLE: -0x8000_0000, MASK: -0x7f00_0004 } as const;
/** In the ports from 0CF8H on. */
export const PortOffset = { ADDRESS: 0, RESET: 1, DATA: 4 } as const;

export const REGISTERS: readonly RegisterDoc[] = [
  { name: 'CONFIG_ADDRESS', offset: 0x00, access: 'rw', when: '32 bits', summary: 'bus, device, function, register', cite: '3.2.2.3.2' },
  { name: 'reset control', offset: 0x01, access: 'rw', when: '8 bits', summary: 'RESET_CPU rising resets', cite: 'PIIX4 4.2.7.1' },
  { name: 'CONFIG_DATA', offset: 0x04, access: 'rw', summary: 'the register that is addressed', cite: '3.2.2.3.2' },
];

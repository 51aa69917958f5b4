/** QEMU's firmware configuration device (docs/specs/fw_cfg.rst of QEMU 8.0): its ports, keys and DMA control word. */
import type { RegisterDoc } from '../register-map.ts';

export const Key = { SIGNATURE: 0x00, ID: 0x01, CPUS: 0x05, FILE_DIRECTORY: 0x19, FIRST_FILE: 0x20 } as const;
/** Entries of the directory: a name of 56 bytes with its end. */
export const FILE_ENTRY = 64;
export const NAME_LENGTH = 55;
/** What ID says: the traditional interface, and DMA. */
export const INTERFACES = 3;
/** Reads of the DMA register: "QEMU CFG". */
export const DMA_SIGNATURE = [0x51454d55, 0x20434647] as const;
export const Dma = { ERROR: 1, READ: 2, SKIP: 4, SELECT: 8, WRITE: 16 } as const;
export const DMA_CONTROL_SIZE = 16;

export const REGISTERS: readonly RegisterDoc[] = [
  { name: 'selector', offset: 0x00, access: 'w', when: '16 bits', summary: 'chooses an item', cite: 'selector register' },
  { name: 'data', offset: 0x01, access: 'r', when: '8 bits', summary: 'the next byte of the item', cite: 'data register' },
  { name: 'DMA address', offset: 0x04, access: 'rw', summary: 'big-endian; the low half starts', cite: 'DMA interface' },
];

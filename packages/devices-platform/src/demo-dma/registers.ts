/** The registers of the demonstration device: Polyvisor's own, all 32 bits wide, little-endian. */
import type { RegisterDoc } from '../register-map.ts';

/** Bytes of the register region: one page, most of it reserved. */
export const REGION_SIZE = 4096;
/** Bytes of the internal buffer, the only place inside the device that DMA reaches. */
export const BUFFER_SIZE = 4096;
/** `ID`: "PVD" and the revision of this register map. */
export const ID_VALUE = 0x44565001;
/** 12! is the largest factorial of 32 bits. */
export const FACTORIAL_MAX = 12;
/** Bus addresses end here: 52 bits, as in x86-64 page tables. */
export const ADDRESS_LIMIT = 2 ** 52;

export const Offset = {
  ID: 0x00,
  SCRATCH: 0x04,
  FACTORIAL: 0x08,
  DMA_SRC_LO: 0x10,
  DMA_SRC_HI: 0x14,
  DMA_DST_LO: 0x18,
  DMA_DST_HI: 0x1c,
  DMA_LENGTH: 0x20,
  DMA_COMMAND: 0x24,
  DMA_STATUS: 0x28,
  IRQ_STATUS: 0x30,
  IRQ_ENABLE: 0x34,
  IRQ_RAISE: 0x38,
  IRQ_ACK: 0x3c,
  MSI_ADDR_LO: 0x40,
  MSI_ADDR_HI: 0x44,
  MSI_DATA: 0x48,
  MSI_CONTROL: 0x4c,
} as const;

/** Values of `DMA_COMMAND`. */
export const Command = {
  /** Memory at SRC to the buffer at DST. */
  LOAD: 1,
  /** Buffer at SRC to memory at DST. */
  STORE: 2,
  /** Forgets a transfer that is under way; nothing is moved and nothing signalled. */
  ABORT: 3,
} as const;

/** Bits of `DMA_STATUS`, with the fault's code in bits 4 to 7. */
export const Status = { BUSY: 0x01, DONE: 0x02, ERROR: 0x04, CODE_SHIFT: 4, MASK: 0xf7 } as const;

/** Why a transfer failed. The last three are what the bus said. */
export const Fault = {
  NONE: 0,
  COMMAND: 1,
  /** The length is 0 or beyond the buffer's end. */
  LENGTH: 2,
  ADDRESS: 3,
  NO_MEMORY: 4,
  DENIED: 5,
  BLOCKED: 6,
} as const;

/** Bits of `IRQ_STATUS`, `IRQ_ENABLE`, `IRQ_RAISE` and `IRQ_ACK`. */
export const Irq = { DMA_DONE: 0x01, DMA_ERROR: 0x02, SOFTWARE: 0x04, MASK: 0x07 } as const;

export const MsiControl = { ENABLE: 0x01 } as const;

export const REGISTERS: readonly RegisterDoc[] = [
  { name: 'ID', offset: 0x00, access: 'r', summary: '0x44565001: the device and the revision of its register map' },
  { name: 'SCRATCH', offset: 0x04, access: 'rw', summary: 'reads as the complement of what was written' },
  { name: 'FACTORIAL', offset: 0x08, access: 'rw', summary: 'write n, read n!; 0 for n > 12' },
  { name: 'DMA_SRC_LO', offset: 0x10, access: 'rw', when: 'not BUSY', summary: 'source, low half' },
  { name: 'DMA_SRC_HI', offset: 0x14, access: 'rw', when: 'not BUSY', summary: 'source, high half' },
  { name: 'DMA_DST_LO', offset: 0x18, access: 'rw', when: 'not BUSY', summary: 'destination, low half' },
  { name: 'DMA_DST_HI', offset: 0x1c, access: 'rw', when: 'not BUSY', summary: 'destination, high half' },
  { name: 'DMA_LENGTH', offset: 0x20, access: 'rw', when: 'not BUSY', summary: 'bytes, 1 to 4096' },
  {
    name: 'DMA_COMMAND', offset: 0x24, access: 'w',
    summary: '1: memory at source to buffer at destination; 2: buffer at source to memory at destination; 3: abort',
  },
  {
    name: 'DMA_STATUS', offset: 0x28, access: 'rw',
    summary:
      'bit 0 BUSY, 1 DONE, 2 ERROR; bits 4–7 the fault: 1 command, 2 length, 3 address, 4 no memory, 5 denied, 6 blocked. Write 1 to DONE or ERROR to clear it',
  },
  { name: 'IRQ_STATUS', offset: 0x30, access: 'r', summary: 'bit 0 DMA done, 1 DMA error, 2 software' },
  { name: 'IRQ_ENABLE', offset: 0x34, access: 'rw', summary: 'which of them interrupt' },
  { name: 'IRQ_RAISE', offset: 0x38, access: 'w', summary: 'write 1 to set bits of IRQ_STATUS' },
  { name: 'IRQ_ACK', offset: 0x3c, access: 'w', summary: 'write 1 to clear bits of IRQ_STATUS' },
  { name: 'MSI_ADDR_LO', offset: 0x40, access: 'rw', summary: 'address of the message, low half' },
  { name: 'MSI_ADDR_HI', offset: 0x44, access: 'rw', summary: 'address of the message, high half' },
  { name: 'MSI_DATA', offset: 0x48, access: 'rw', summary: 'data of the message' },
  { name: 'MSI_CONTROL', offset: 0x4c, access: 'rw', summary: 'bit 0: messages instead of the line' },
];

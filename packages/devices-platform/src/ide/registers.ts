/**
 * The IDE function of the Intel 82371SB PIIX3 (290550-002, 2.6 and 3.3) with the Bus Master IDE programming interface
 * (SFF-8038i 1.0), and the registers of its drives (ATA/ATAPI-6, INCITS 361-2002, chapter 7). Names are spelt as there.
 */
import type { RegisterDoc } from '../register-map.ts';

export const IDENTITY = { vendor: 0x8086, device: 0x7010, classCode: 0x01_0180 } as const;
/** IDETIM (PIIX3 2.3.9) of the first channel; that of the second follows. */
export const IDETIM = 0x40;
/** In the upper byte of IDETIM: the channel's ports are decoded. */
export const IDE_DECODE = 0x80;
/** Places of the ports of each channel, and its interrupt. */
export const CHANNELS = [
  { command: 0x1f0, control: 0x3f6, irq: 14 },
  { command: 0x170, control: 0x376, irq: 15 },
] as const;
export const BUS_MASTER_BAR = 4;
export const BUS_MASTER_SIZE = 16;

/** Command block (ATA/ATAPI-6, 7.2). */
export const Port = { DATA: 0, ERROR: 1, FEATURES: 1, COUNT: 2, LOW: 3, MID: 4, HIGH: 5, DEVICE: 6, STATUS: 7, COMMAND: 7 } as const;
/** Status (7.15). For ATAPI devices, ERR is CHK. */
export const Status = { BSY: 0x80, DRDY: 0x40, DF: 0x20, DSC: 0x10, DRQ: 0x08, ERR: 0x01 } as const;
/** Error (7.9). */
export const ErrorBit = { UNC: 0x40, IDNF: 0x10, ABRT: 0x04 } as const;
/** What the error register says after a diagnosis without a finding (9.1). */
export const DIAGNOSTIC_PASSED = 0x01;
/** Device (7.7). The obsolete bits read as ones. */
export const Device = { OBSOLETE: 0xa0, LBA: 0x40, DEV: 0x10, HEAD: 0x0f } as const;
/** Device control (7.8). */
export const Control = { HOB: 0x80, SRST: 0x04, NIEN: 0x02 } as const;
/** Interrupt reason of ATAPI devices, in the sector count (7.11). */
export const Reason = { COMMAND: 0x01, IN: 0x02 } as const;
/** LBA mid and high of a packet device after a reset (9.12). */
export const PACKET_SIGNATURE = { mid: 0x14, high: 0xeb } as const;

/** Bus master registers of a channel (SFF-8038i 2.0); the second channel's follow from 8 on. */
export const BusMasterPort = { COMMAND: 0, STATUS: 2, TABLE: 4 } as const;
export const BusMasterCommand = { START: 0x01, TO_MEMORY: 0x08, MASK: 0x09 } as const;
export const BusMasterStatus = { ACTIVE: 0x01, ERROR: 0x02, INTERRUPT: 0x04, CAPABLE: 0x60 } as const;

export const SECTOR = 512;
export const CD_SECTOR = 2048;
/** Most bytes of one request to a backend; larger ones are made of several. A multiple of both kinds of sectors. */
export const CHUNK = 0x4_0000;
/** Most sectors of READ MULTIPLE's blocks. */
export const MAX_MULTIPLE = 16;
export const PACKET_SIZE = 12;

/** Commands (chapter 8), some of them from ATA-3, which old drivers use. */
export const Command = {
  NOP: 0x00, DEVICE_RESET: 0x08, RECALIBRATE: 0x10, READ: 0x20, READ_ONCE: 0x21, READ_EXT: 0x24, READ_DMA_EXT: 0x25,
  READ_NATIVE_MAX_EXT: 0x27, READ_MULTIPLE_EXT: 0x29, WRITE: 0x30, WRITE_ONCE: 0x31, WRITE_EXT: 0x34, WRITE_DMA_EXT: 0x35,
  WRITE_MULTIPLE_EXT: 0x39, VERIFY: 0x40, VERIFY_ONCE: 0x41, VERIFY_EXT: 0x42, SEEK: 0x70, DIAGNOSTIC: 0x90, SET_PARAMETERS: 0x91,
  PACKET: 0xa0, IDENTIFY_PACKET: 0xa1, READ_MULTIPLE: 0xc4, WRITE_MULTIPLE: 0xc5, SET_MULTIPLE: 0xc6, READ_DMA: 0xc8, READ_DMA_ONCE: 0xc9,
  WRITE_DMA: 0xca, WRITE_DMA_ONCE: 0xcb, STANDBY_NOW: 0xe0, IDLE_NOW: 0xe1, STANDBY: 0xe2, IDLE: 0xe3, CHECK_POWER: 0xe5, SLEEP: 0xe6,
  FLUSH: 0xe7, FLUSH_EXT: 0xea, IDENTIFY: 0xec, SET_FEATURES: 0xef, READ_NATIVE_MAX: 0xf8,
} as const;
/** Subcommands of SET FEATURES (8.46). */
export const Feature = {
  CACHE_ON: 0x02, TRANSFER_MODE: 0x03, LOOK_AHEAD_OFF: 0x55, REVERT_OFF: 0x66, CACHE_OFF: 0x82, LOOK_AHEAD_ON: 0xaa, REVERT_ON: 0xcc,
} as const;
/** CHECK POWER MODE's answers. */
export const Power = { STANDBY: 0x00, ACTIVE: 0xff } as const;

export const REGISTERS: readonly RegisterDoc[] = [
  { name: 'data', offset: 0, access: 'rw', summary: '16 or 32 bits', cite: '7.6' },
  { name: 'error', offset: 1, access: 'r', summary: 'of the last command', cite: '7.9' },
  { name: 'features', offset: 1, access: 'w', summary: 'of the next command', cite: '7.10' },
  { name: 'sector count', offset: 2, access: 'rw', summary: 'two deep; interrupt reason of packet devices', cite: '7.13' },
  { name: 'LBA low', offset: 3, access: 'rw', summary: 'two deep', cite: '7.12' },
  { name: 'LBA mid', offset: 4, access: 'rw', summary: 'two deep; byte count of packet devices', cite: '7.12' },
  { name: 'LBA high', offset: 5, access: 'rw', summary: 'two deep; byte count of packet devices', cite: '7.12' },
  { name: 'device', offset: 6, access: 'rw', summary: 'LBA, DEV, head', cite: '7.7' },
  { name: 'status', offset: 7, access: 'r', summary: 'reading takes the interrupt back', cite: '7.15' },
  { name: 'command', offset: 7, access: 'w', summary: 'starts it', cite: '7.4' },
];

/**
 * The registers of the National Semiconductor PC16550D. Section numbers (§) are those of its data sheet, TL/C/8652,
 * June 1995; bit names are spelt as there.
 */
import type { RegisterDoc } from '../register-map.ts';

/** Bytes of the register file: address inputs A2 … A0. */
export const REGISTER_COUNT = 8;
/** Depth of the receiver's and of the transmitter's FIFO, in characters (§8.11). */
export const FIFO_DEPTH = 16;

/** Register addresses. Two offsets hold the divisor latch while LCR.DLAB is set; one is IIR when read, FCR when written. */
export const Offset = {
  /** RBR when read, THR when written; DLL with DLAB. */
  DATA: 0,
  /** IER; DLM with DLAB. */
  IER: 1,
  /** IIR when read, FCR when written. */
  IIR_FCR: 2,
  LCR: 3,
  MCR: 4,
  LSR: 5,
  MSR: 6,
  SCR: 7,
} as const;

/** Interrupt Enable Register, §8.7. Bits 4 to 7 are always 0. */
export const Ier = { ERBFI: 0x01, ETBEI: 0x02, ELSI: 0x04, EDSSI: 0x08, MASK: 0x0f } as const;

/** Interrupt Identification Register, §8.6 table V: the highest pending source, from the highest priority down. */
export const Iir = {
  LINE_STATUS: 0x06,
  CHARACTER_TIMEOUT: 0x0c,
  RECEIVED_DATA: 0x04,
  THR_EMPTY: 0x02,
  MODEM_STATUS: 0x00,
  NONE: 0x01,
  /** Bits 6 and 7 are set while FCR0 is. */
  FIFOS_ENABLED: 0xc0,
} as const;

/** FIFO Control Register, §8.5. */
export const Fcr = {
  ENABLE: 0x01,
  RCVR_RESET: 0x02,
  XMIT_RESET: 0x04,
  /** Changes only the RXRDY and TXRDY pins, which a PC does not connect. */
  DMA_MODE: 0x08,
  TRIGGER_SHIFT: 6,
  /** The bits that last; the two resets clear themselves. */
  STORED: 0xc9,
} as const;

/** Characters in the receiver's FIFO that make the received data interrupt, by FCR bits 6 and 7 (§8.5). */
export const TRIGGER_LEVELS = [1, 4, 8, 14] as const;

/** Line Control Register, §8.1. */
export const Lcr = {
  /** Word length select: 5 to 8 bits. */
  WLS: 0x03,
  /** Number of stop bits: 1, or 2 (1½ with 5 data bits). */
  STB: 0x04,
  PEN: 0x08,
  BREAK: 0x40,
  DLAB: 0x80,
} as const;

/** Modem Control Register, §8.8. Bits 5 to 7 are always 0. */
export const Mcr = { DTR: 0x01, RTS: 0x02, OUT1: 0x04, OUT2: 0x08, LOOP: 0x10, MASK: 0x1f } as const;

/** Line Status Register, §8.4. */
export const Lsr = {
  DR: 0x01,
  OE: 0x02,
  PE: 0x04,
  FE: 0x08,
  BI: 0x10,
  THRE: 0x20,
  TEMT: 0x40,
  /** At least one parity, framing or break error is in the receiver's FIFO; 0 in the 16450 mode. */
  FIFO_ERROR: 0x80,
  /** What belongs to one character and travels through the FIFO with it. */
  CHARACTER_ERRORS: 0x1c,
  /** What makes the receiver line status interrupt. */
  INTERRUPTING: 0x1e,
} as const;

/** Modem Status Register, §8.9. */
export const Msr = {
  DCTS: 0x01,
  DDSR: 0x02,
  TERI: 0x04,
  DDCD: 0x08,
  CTS: 0x10,
  DSR: 0x20,
  RI: 0x40,
  DCD: 0x80,
  DELTAS: 0x0f,
  INPUTS: 0xf0,
} as const;

/** The register file as a driver sees it (§8.0, table II). */
export const REGISTERS: readonly RegisterDoc[] = [
  { name: 'RBR', offset: 0, access: 'r', when: 'DLAB = 0', summary: 'received character', cite: '§8.0' },
  { name: 'THR', offset: 0, access: 'w', when: 'DLAB = 0', summary: 'character to transmit', cite: '§8.0' },
  { name: 'DLL', offset: 0, access: 'rw', when: 'DLAB = 1', summary: 'divisor latch, low byte', cite: '§8.3' },
  { name: 'IER', offset: 1, access: 'rw', when: 'DLAB = 0', summary: 'interrupt enable', cite: '§8.7' },
  { name: 'DLM', offset: 1, access: 'rw', when: 'DLAB = 1', summary: 'divisor latch, high byte', cite: '§8.3' },
  { name: 'IIR', offset: 2, access: 'r', summary: 'interrupt identification', cite: '§8.6' },
  { name: 'FCR', offset: 2, access: 'w', summary: 'FIFO control', cite: '§8.5' },
  { name: 'LCR', offset: 3, access: 'rw', summary: 'line control, break and DLAB', cite: '§8.1' },
  { name: 'MCR', offset: 4, access: 'rw', summary: 'modem control and loopback', cite: '§8.8' },
  { name: 'LSR', offset: 5, access: 'r', summary: 'line status; reading clears OE, PE, FE, BI', cite: '§8.4' },
  { name: 'MSR', offset: 6, access: 'r', summary: 'modem status; reading clears the deltas', cite: '§8.9' },
  { name: 'SCR', offset: 7, access: 'rw', summary: 'scratchpad', cite: '§8.10' },
];

/**
 * Registers and structures in memory of AHCI (Serial ATA AHCI Specification 1.3.1), and the frames that go between host and
 * device (Serial ATA 3.0, 10.3). Names are spelt as there.
 */
import type { RegisterDoc } from '../register-map.ts';

/** The SATA function of Intel 82801I ICH9 (316972-004). */
export const IDENTITY = { vendor: 0x8086, device: 0x2922, revision: 2, classCode: 0x01_0601, interruptPin: 1 } as const;
export const ABAR = 5;
export const ABAR_SIZE = 0x1000;
export const PORTS = 6;
export const SLOTS = 32;

/** Generic host control (3.1), and where the ports' registers begin (3.3). */
export const Offset = { CAP: 0x00, GHC: 0x04, IS: 0x08, PI: 0x0c, VS: 0x10, PORTS: 0x100, PORT_SIZE: 0x80 } as const;
/** CAP (3.1.1): 64-bit addresses, native command queueing, command list override, AHCI only, PIO in blocks of any number, 3 Gb/s. */
export const CAP = (-0x8000_0000 | (1 << 30) | (1 << 24) | (2 << 20) | (1 << 18) | (1 << 15) | ((SLOTS - 1) << 8) | (PORTS - 1)) | 0;
export const Ghc = { HR: 0x1, IE: 0x2, AE: -0x8000_0000 } as const;
/** 1.3.1. */
export const VERSION = 0x0001_0301;

/** In a port's registers. */
export const PortOffset = {
  CLB: 0x00, CLBU: 0x04, FB: 0x08, FBU: 0x0c, IS: 0x10, IE: 0x14, CMD: 0x18, TFD: 0x20, SIG: 0x24, SSTS: 0x28, SCTL: 0x2c, SERR: 0x30,
  SACT: 0x34, CI: 0x38,
} as const;
/** PxIS and PxIE (3.3.5). */
export const Interrupt = {
  DHRS: 1 << 0, PSS: 1 << 1, SDBS: 1 << 3, PCS: 1 << 6, PRCS: 1 << 22, OFS: 1 << 24, HBFS: 1 << 29, TFES: 1 << 30,
  ALL: 0x7dc0_00ff,
} as const;
/** PxCMD (3.3.7). Spin-up and power are always on. */
export const Cmd = {
  ST: 0x1, SUD: 0x2, POD: 0x4, CLO: 0x8, FRE: 0x10, FR: 0x4000, CR: 0x8000, CCS_SHIFT: 8, WRITABLE: 0x0300_0011,
} as const;
/** PxSSTS (3.3.10): a device is there, at 3 Gb/s, and active; or the port is off line. */
export const Ssts = { PRESENT: 0x123, OFFLINE: 0x4 } as const;
/** PxSCTL (3.3.11), detection. */
export const Det = { MASK: 0xf, NONE: 0, RESET: 1, OFFLINE: 4, WRITABLE: 0xfff } as const;
/** PxSERR (3.3.12): PhyRdy changed, and exchanged. */
export const Serr = { N: 1 << 16, X: 1 << 26 } as const;
export const BUSY_BITS = 0x88;
/** The task file of a port without a device. */
export const NO_DEVICE = 0x7f;

/** A command header (4.2.2). */
export const HEADER_BYTES = 32;
export const Header = { PRDTL: 2, PRDBC: 4, CTBA: 8, CTBAU: 12 } as const;
/** A command table (4.2.3). */
export const Table = { ACMD: 0x40, PRDT: 0x80 } as const;
export const FIS_BYTES = 20;
/** A physical region descriptor (4.2.3.3): its byte count is one less, and always odd. */
export const PRD_BYTES = 16;
export const PRD_COUNT = 0x003f_fffe;
/** More regions than drivers use; what is beyond is not there, so that no command takes long. */
export const MAX_REGIONS = 8192;

/** Received FISes (4.2.1). */
export const Received = { PIO_SETUP: 0x20, D2H: 0x40, SDB: 0x58 } as const;
export const Fis = { H2D: 0x27, D2H: 0x34, PIO_SETUP: 0x5f, SDB: 0xa1 } as const;
/** In byte 1 of a FIS. */
export const FisFlag = { COMMAND: 0x80, INTERRUPT: 0x40, TO_HOST: 0x20, PORT: 0x0f } as const;

/** Commands that the drives on a cable do not have (ATA8-ACS, 7). */
export const Sata = { DATA_SET_MANAGEMENT: 0x06, READ_LOG_EXT: 0x2f, READ_FPDMA: 0x60, WRITE_FPDMA: 0x61 } as const;
export const TRIM = 0x01;
/** Blocks of ranges that DATA SET MANAGEMENT takes; a range has 48 bits of address and 16 of length. */
export const TRIM_BLOCKS = 8;
export const RANGE_BYTES = 8;
export const NCQ_ERROR_LOG = 0x10;

const port = 'port 0';
export const REGISTERS: readonly RegisterDoc[] = [
  { name: 'CAP', offset: 0x00, access: 'r', summary: 'what the controller can do', cite: '3.1.1' },
  { name: 'GHC', offset: 0x04, access: 'rw', summary: 'reset and interrupt enable', cite: '3.1.2' },
  { name: 'IS', offset: 0x08, access: 'rw', summary: 'ports that interrupt; 1 clears', cite: '3.1.3' },
  { name: 'PI', offset: 0x0c, access: 'r', summary: 'ports that there are', cite: '3.1.4' },
  { name: 'VS', offset: 0x10, access: 'r', summary: 'version, 1.3.1', cite: '3.1.5' },
  { name: 'PxCLB', offset: 0x100, access: 'rw', when: port, summary: 'address of the command list, 64 bits', cite: '3.3.1' },
  { name: 'PxFB', offset: 0x108, access: 'rw', when: port, summary: 'address of the received FISes, 64 bits', cite: '3.3.3' },
  { name: 'PxIS', offset: 0x110, access: 'rw', when: port, summary: 'interrupt status; 1 clears', cite: '3.3.5' },
  { name: 'PxIE', offset: 0x114, access: 'rw', when: port, summary: 'interrupt enable', cite: '3.3.6' },
  { name: 'PxCMD', offset: 0x118, access: 'rw', when: port, summary: 'start, FIS receive enable, command list override', cite: '3.3.7' },
  { name: 'PxTFD', offset: 0x120, access: 'r', when: port, summary: 'status and error of the task file', cite: '3.3.8' },
  { name: 'PxSIG', offset: 0x124, access: 'r', when: port, summary: 'signature: kind of the device', cite: '3.3.9' },
  { name: 'PxSSTS', offset: 0x128, access: 'r', when: port, summary: 'SATA status', cite: '3.3.10' },
  { name: 'PxSCTL', offset: 0x12c, access: 'rw', when: port, summary: 'SATA control: COMRESET', cite: '3.3.11' },
  { name: 'PxSERR', offset: 0x130, access: 'rw', when: port, summary: 'SATA errors and events; 1 clears', cite: '3.3.12' },
  { name: 'PxSACT', offset: 0x134, access: 'rw', when: port, summary: 'queued commands under way', cite: '3.3.13' },
  { name: 'PxCI', offset: 0x138, access: 'rw', when: port, summary: 'commands that were issued', cite: '3.3.14' },
];

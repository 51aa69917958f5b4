/** Registers, commands and status codes of NVM Express (NVM Express Base Specification 1.4). Names are spelt as there. */
import type { RegisterDoc } from '../register-map.ts';

/** In BAR 0: the registers (3.1), the doorbells (3.1.24), and MSI-X (PCI 3.0, 6.8.2) behind them. */
export const Offset = {
  CAP: 0x00, CAP_HIGH: 0x04, VS: 0x08, INTMS: 0x0c, INTMC: 0x10, CC: 0x14, CSTS: 0x1c, AQA: 0x24, ASQ: 0x28, ASQ_HIGH: 0x2c, ACQ: 0x30,
  ACQ_HIGH: 0x34, DOORBELLS: 0x1000, MSIX_TABLE: 0x2000, MSIX_PENDING: 0x3000, SIZE: 0x4000,
} as const;

/** Entries of an I/O queue (CAP.MQES is one less). */
export const MAX_ENTRIES = 1024;
export const MAX_QUEUES = 16;
/** The memory page size: CAP.MPSMIN and CAP.MPSMAX are 0. */
export const PAGE = 4096;
/** MDTS: 2^7 pages in one command. */
export const MDTS = 7;
export const MAX_TRANSFER = PAGE << MDTS;
/** CAP (3.1.1): queues are contiguous, 7.5 s to get ready, and the NVM command set. */
export const CAP_LOW = (MAX_ENTRIES - 1) | (1 << 16) | (15 << 24);
export const CAP_HIGH = 1 << 5;
/** VS (3.1.2): 1.4.0. */
export const VERSION = 0x0001_0400;

/** CC (3.1.5). */
export const Cc = {
  EN: 0x1, CSS: 0x70, MPS: 0x780, AMS: 0x3800, SHN: 0xc000, IOSQES_SHIFT: 16, IOCQES_SHIFT: 20, WRITABLE: 0x00ff_fff1,
} as const;
/** CSTS (3.1.6). */
export const Csts = { RDY: 0x1, CFS: 0x2, SHST: 0xc, SHST_OCCURRING: 0x4, SHST_COMPLETE: 0x8 } as const;

/** A submission queue entry (4.2) and its fields, in bytes. */
export const SQE_BYTES = 64;
export const Sqe = { OPCODE: 0, FLAGS: 1, CID: 2, NSID: 4, PRP1: 24, PRP2: 32, CDW10: 40, CDW11: 44, CDW12: 48, CDW13: 52, CDW14: 56 } as const;
/** Fused operation, and PRP or SGL (4.2, figure 104): neither fused operations nor SGLs are there. */
export const FLAGS_UNSUPPORTED = 0xc3;
/** A completion queue entry (4.6). */
export const CQE_BYTES = 16;
/** log2 of both sizes, as CC and Identify have them. */
export const SQE_SHIFT = 6;
export const CQE_SHIFT = 4;

/** Admin commands (5). */
export const Admin = {
  DELETE_SQ: 0x00, CREATE_SQ: 0x01, GET_LOG_PAGE: 0x02, DELETE_CQ: 0x04, CREATE_CQ: 0x05, IDENTIFY: 0x06, ABORT: 0x08, SET_FEATURES: 0x09,
  GET_FEATURES: 0x0a, ASYNC_EVENT_REQUEST: 0x0c,
} as const;
/** NVM commands (6). */
export const Nvm = { FLUSH: 0x00, WRITE: 0x01, READ: 0x02, COMPARE: 0x05, WRITE_ZEROES: 0x08, DATASET_MANAGEMENT: 0x09 } as const;
/** CDW12 of Read and Write (6.9, 6.15): force unit access. */
export const FUA = 0x4000_0000;
/** CDW11 of Dataset Management (6.7): deallocate. */
export const DEALLOCATE = 0x4;
export const RANGE_BYTES = 16;

export const NSID = 1;
export const ALL_NAMESPACES = -1;

/** Status (4.6.1): the type in bits 10–8, the code in bits 7–0. DNR (do not retry) is bit 14. */
export const Status = {
  SUCCESS: 0x000, INVALID_OPCODE: 0x001, INVALID_FIELD: 0x002, DATA_TRANSFER_ERROR: 0x004, INTERNAL_ERROR: 0x006, ABORT_REQUESTED: 0x007,
  ABORTED_SQ_DELETION: 0x008, INVALID_NAMESPACE: 0x00b, COMMAND_SEQUENCE_ERROR: 0x00c, PRP_OFFSET_INVALID: 0x013,
  WRITE_PROTECTED: 0x020, LBA_OUT_OF_RANGE: 0x080,
  COMPLETION_QUEUE_INVALID: 0x100, INVALID_QUEUE_ID: 0x101, INVALID_QUEUE_SIZE: 0x102, ASYNC_LIMIT_EXCEEDED: 0x105,
  INVALID_VECTOR: 0x108, INVALID_LOG_PAGE: 0x109, INVALID_QUEUE_DELETION: 0x10c, FEATURE_NOT_SAVEABLE: 0x10d,
  WRITE_FAULT: 0x280, UNRECOVERED_READ_ERROR: 0x281, COMPARE_FAILURE: 0x285,
} as const;
export const DNR = 0x4000;
/** Not a status: the command completes later. */
export const LATER = -1;

/** Features (5.21.1). */
export const Feature = {
  ARBITRATION: 0x01, POWER_MANAGEMENT: 0x02, TEMPERATURE_THRESHOLD: 0x04, ERROR_RECOVERY: 0x05, VOLATILE_WRITE_CACHE: 0x06,
  NUMBER_OF_QUEUES: 0x07, INTERRUPT_COALESCING: 0x08, INTERRUPT_VECTOR: 0x09, WRITE_ATOMICITY: 0x0a, ASYNC_EVENTS: 0x0b,
} as const;

/** Log pages (5.14.1). */
export const LogPage = { ERROR: 0x01, SMART: 0x02, FIRMWARE: 0x03 } as const;

/** Asynchronous events (5.2.1): type, and information in bits 15–8, log page in bits 23–16. */
export const AsyncEvent = { INVALID_DOORBELL: 0x01_00_00, INVALID_DOORBELL_VALUE: 0x01_01_00, TEMPERATURE: 0x02_01_01 } as const;
/** Asynchronous Event Requests at once (AERL is one less), and events that wait for one. */
export const MAX_EVENTS = 4;

export const REGISTERS: readonly RegisterDoc[] = [
  { name: 'CAP', offset: 0x00, access: 'r', summary: 'controller capabilities, 64 bits', cite: '3.1.1' },
  { name: 'VS', offset: 0x08, access: 'r', summary: 'version, 1.4.0', cite: '3.1.2' },
  { name: 'INTMS', offset: 0x0c, access: 'rw', summary: 'interrupt mask set, for INTx#', cite: '3.1.3' },
  { name: 'INTMC', offset: 0x10, access: 'rw', summary: 'interrupt mask clear', cite: '3.1.4' },
  { name: 'CC', offset: 0x14, access: 'rw', summary: 'controller configuration: enable, shutdown, entry sizes', cite: '3.1.5' },
  { name: 'CSTS', offset: 0x1c, access: 'r', summary: 'controller status: ready, fatal, shutdown', cite: '3.1.6' },
  { name: 'AQA', offset: 0x24, access: 'rw', summary: 'sizes of the admin queues', cite: '3.1.8' },
  { name: 'ASQ', offset: 0x28, access: 'rw', summary: 'address of the admin submission queue, 64 bits', cite: '3.1.9' },
  { name: 'ACQ', offset: 0x30, access: 'rw', summary: 'address of the admin completion queue, 64 bits', cite: '3.1.10' },
  { name: 'SQyTDBL', offset: 0x1000, access: 'w', when: '+ 8 y', summary: 'tail of submission queue y', cite: '3.1.24' },
  { name: 'CQyHDBL', offset: 0x1004, access: 'w', when: '+ 8 y', summary: 'head of completion queue y', cite: '3.1.25' },
];

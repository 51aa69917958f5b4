/** Bits of control registers, flags, rights and MSRs (Intel SDM vol. 3A, 2.3, 2.5, 2.2.1; vol. 3C, 25.4.1). */
export const RFLAGS = {
  CF: 1, PF: 4, AF: 16, ZF: 64, SF: 128, TF: 0x100, IF: 0x200, DF: 0x400, OF: 0x800, IOPL: 0x3000, NT: 0x4000,
  RF: 0x1_0000, VM: 0x2_0000, AC: 0x4_0000, VIF: 0x8_0000, VIP: 0x10_0000, ID: 0x20_0000,
  /** Always set. */
  one: 2,
} as const;

export const CR0 = {
  PE: 1, MP: 2, EM: 4, TS: 8, ET: 16, NE: 32, WP: 0x1_0000, AM: 0x4_0000, NW: 0x2000_0000, CD: 0x4000_0000, PG: 0x8000_0000 | 0,
} as const;

export const CR4 = {
  VME: 1, PVI: 2, TSD: 4, DE: 8, PSE: 0x10, PAE: 0x20, MCE: 0x40, PGE: 0x80, PCE: 0x100, OSFXSR: 0x200, OSXMMEXCPT: 0x400,
  UMIP: 0x800, LA57: 0x1000, VMXE: 0x2000, SMXE: 0x4000, FSGSBASE: 0x1_0000, PCIDE: 0x2_0000, OSXSAVE: 0x4_0000,
  SMEP: 0x10_0000, SMAP: 0x20_0000, PKE: 0x40_0000, CET: 0x80_0000, PKS: 0x100_0000,
} as const;

export const EFER = { SCE: 1, LME: 0x100, LMA: 0x400, NXE: 0x800, SVME: 0x1000, LMSLE: 0x2000, FFXSR: 0x4000 } as const;

/** Segment access rights as the state keeps them. */
export const SEGMENT_RIGHTS = {
  accessed: 1,
  /** Of a data segment; of a code segment the same bit means readable. */
  writable: 2, readable: 2,
  /** Of a data segment; of a code segment the same bit means conforming. */
  expandDown: 4, conforming: 4,
  code: 8,
  /** Code or data, not system. */
  ordinary: 16,
  dplShift: 5,
  present: 128,
  long: 1 << 13, big: 1 << 14, granular: 1 << 15, unusable: 1 << 16,
} as const;

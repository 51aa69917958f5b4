import { TLB_ENTRIES, TLB_ENTRY_SIZE } from '@polyvisor/core';

/**
 * A vCPU's TLB area: the table of `tlb-layout.ts`, then for each entry the low 32 bits of its guest frame number (for
 * flushes by guest frame), then a filter of 512 bits, indexed by linear address / 1 GiB, which says where entries from
 * large pages may be: INVLPG drops a large page whole (Intel SDM vol. 3A §4.10.4.1), and only there must it look.
 */
export const GFNS_AT = TLB_ENTRIES * TLB_ENTRY_SIZE;
export const LARGE_FILTER_AT = GFNS_AT + TLB_ENTRIES * 4;
export const LARGE_FILTER_SIZE = 64;
export const TLB_AREA_SIZE = LARGE_FILTER_AT + LARGE_FILTER_SIZE;

/** The second result of a second-level walk: the rights as bits of `Access`, and these. Negative: a nested fault. */
export const Second = { dirty: 8, mmio: 16 } as const;
/** Bit of a second-level walk's access: it is for a guest page table, not for the final address. */
export const FOR_TABLE = 256;

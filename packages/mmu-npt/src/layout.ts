import { TLB_ENTRIES, TLB_ENTRY_SIZE } from '@polyvisor/core';

/**
 * A vCPU's TLB area: the table of `tlb-layout.ts`, then for each entry the low 32 bits of its guest frame number (for
 * flushes by guest frame), then a filter of 512 bits, indexed by linear address / 1 GiB, which says where entries from
 * large pages may be: INVLPG drops a large page whole (Intel SDM vol. 3A §4.10.4.1), and only there must it look.
 */
export const GFNS_AT = TLB_ENTRIES * TLB_ENTRY_SIZE;
export const LARGE_FILTER_AT = GFNS_AT + TLB_ENTRIES * 4;
export const LARGE_FILTER_SIZE = 64;
/**
 * The strategy `shadow` goes on: the CR3 and paging mode whose roots are known, the roots (byte offsets; by linear
 * address / 1 GiB where the top level is the third or a register), and what the last walk of the guest's tables found:
 * for each level guest-physical and host address of the entry, the leaf's level and the second result of the second level.
 */
export const SHADOW_AT = LARGE_FILTER_AT + LARGE_FILTER_SIZE;
export const SHADOW = {
  cr3: SHADOW_AT, mode: SHADOW_AT + 8, roots: SHADOW_AT + 16, leafLevel: SHADOW_AT + 32, info: SHADOW_AT + 36, path: SHADOW_AT + 48,
} as const;
/** Bytes of a level's record in `path`, which begins with level 1. */
export const PATH_SIZE = 16;
export const TLB_AREA_SIZE = SHADOW_AT + 128;

/** In `mode`: no roots are known. */
export const NO_MODE = -1;
/** Bits of CR4 (PSE, PAE, LA57) and of EFER (LMA, NXE) that make the mode; they do not overlap. */
export const MODE_CR4 = 0x1030;
export const MODE_EFER = 0xc00;

/**
 * A shadow entry. Bits 0 … 2 and 63 are the guest's P, R/W, U/S and XD, bits 59 … 62 its protection key; then:
 *
 *     3  large   a page of 2 MiB or more, split: the child's entries are its 4 KiB pieces
 *     4  global, 5 dirty (guest's)       6 … 8  rights of the second level      9  dirty (second level's)
 *     10 … 11  page size: 0, 1, 2, 3 for 4 KiB, 2 MiB, 4 MiB, 1 GiB
 *     12 … 31  byte offset of the frame, or of the child's entries             32 … 58  guest frame number
 */
export const ShadowBits = { present: 1, writable: 2, user: 4, large: 8, global: 16, dirty: 32 } as const;
export const SHADOW_SECOND_SHIFT = 6;
export const SHADOW_SIZE_SHIFT = 10;
/** Guest frames from here on are not kept in shadow entries: each of their misses walks. */
export const SHADOW_FRAMES = 2 ** 27;
export const PAGE_SHIFTS = [12, 21, 22, 30] as const;

/** Direct: in a frame's byte beside the rights. */
export const DIRECT_TABLE = 8;
export const DIRECT_MMIO = 16;

/** The second result of a second-level walk: the rights as bits of `Access`, and these. Negative: a nested fault. */
export const Second = { dirty: 8, mmio: 16 } as const;
/** Bit of a second-level walk's access: it is for a guest page table, not for the final address. */
export const FOR_TABLE = 256;

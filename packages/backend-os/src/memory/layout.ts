/** Bytes in a page. */
export const PAGE = 4096;

export const pageDown = (address: number): number => address - (address % PAGE);
export const pageUp = (address: number): number => Math.ceil(address / PAGE) * PAGE;

/** Where things lie in a program's address space, in bytes. There is no randomization: runs repeat exactly. */
export interface AddressLayout {
  /** First address that is not the program's. */
  readonly end: number;
  /** Below it the stack begins. */
  readonly stackTop: number;
  /** Mappings without a wish are placed below it, downwards. */
  readonly mapTop: number;
  /** Where a position-independent program is loaded. */
  readonly programBase: number;
}

/** As Linux on x86-64 without randomization (arch/x86/include/asm/elf.h, ELF_ET_DYN_BASE; task size 2^47 less a page). */
export const LAYOUT_64: AddressLayout = {
  end: 0x7fff_ffff_f000,
  stackTop: 0x7fff_ffff_f000,
  mapTop: 0x7fff_f7ff_f000,
  programBase: 0x5555_5555_4000,
};

/** A 32-bit program under a 64-bit Linux. */
export const LAYOUT_32: AddressLayout = {
  end: 0xffff_e000,
  stackTop: 0xffff_e000,
  mapTop: 0xf7ff_f000,
  programBase: 0x5655_5000,
};

/** Mappings without a wish stay above this (vm.mmap_min_addr). */
export const LOWEST_MAPPING = 0x1_0000;

/** The kernel's own page (descriptor table, task state): the lowest address of the upper half, sign-extended. */
export const KERNEL_PAGE = -(2 ** 47);

/** PROT_* of mmap (include/uapi/asm-generic/mman-common.h). */
export const Prot = { read: 1, write: 2, execute: 4 } as const;

/** Largest stack (RLIMIT_STACK) and the gap that growth keeps from what lies below it (256 pages). */
export const STACK_LIMIT = 8 * 2 ** 20;
export const STACK_GAP = 256 * PAGE;

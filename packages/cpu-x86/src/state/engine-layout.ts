/**
 * What the engine keeps behind a vCPU's architectural state, in the same block of the Host's memory: values that both
 * the generated WebAssembly and TypeScript read. Offsets are bytes from the start of the block. The software TLB is the
 * MMU's and lies where the MMU's block says.
 */
import { MMU_BLOCK_END, VCPU_STATE_ALIGN } from '@polyvisor/core';

const start = Math.ceil(MMU_BLOCK_END / VCPU_STATE_ALIGN) * VCPU_STATE_ALIGN;

/** Bytes for values that go to or come from more than one place: two pages' ends, or a device. */
export const SCRATCH_SIZE = 32;
/** Bytes for an image of the extended state before it is stored and after it was loaded. */
export const BLOCK_SIZE = 2752;

export const ENGINE = {
  /** Always zero: what a missing base, index or segment reads. 64-bit. */
  zero: start,
  /** RIP of the first byte of the page that runs; RIP-relative operands are relative to it. 64-bit. */
  ripPage: start + 8,
  /** Address-space tag of the TLB entries in use (`TlbTag`). 64-bit. */
  tlbTag: start + 16,
  /** Lazy status flags, see `Flags`. 64-bit each. */
  flagResult: start + 24,
  flagCarries: start + 32,
  /** RIP that execution goes on with. 64-bit. */
  target: start + 40,
  /** Base of CS, zero in 64-bit mode, and the bits of an instruction pointer and of a linear code address. 64-bit each. */
  codeBase: start + 48,
  codeMask: start + 56,
  /** Linear address of the page that runs. 64-bit. */
  codePage: start + 64,
  /** Linear address of a memory fault. 64-bit. */
  faultLinear: start + 72,
  /** Vector and error code (−1: none) of the exception that ended a run. */
  faultVector: start + 80,
  faultCode: start + 84,
  /** Map of the page that runs, mode word that its code was decoded for, table from machine frame to map. */
  map: start + 88,
  codeMode: start + 92,
  frameMaps: start + 96,
  /** µop that ended a run, and what is left of the budget. */
  uop: start + 100,
  budget: start + 104,
  /**
   * An access in `scratch`: its size, where it is split, what it does (`Access`), the host addresses of its parts
   * (`DEVICE` when no memory is there; the second is 0 when there is none), and the guest-physical ones.
   */
  scratchSize: start + 108,
  scratchFirst: start + 112,
  scratchSecond: start + 116,
  scratchSplit: start + 120,
  scratchAccess: start + 124,
  scratchFirstGpa: start + 128,
  scratchSecondGpa: start + 136,
  /** Not zero: the run ends after this instruction. What it takes from the budget for that is added to `cut`. */
  attention: start + 144,
  cut: start + 148,
  /** The budget that was left when STI or a load of SS retired: if it is still that, their shadow lasts. */
  shadowAt: start + 152,
  /** Not zero: an interrupt waits for RFLAGS.IF. */
  interrupt: start + 156,
  /** Highest offset in the code segment; all ones in 64-bit mode. 64-bit. */
  codeLimit: start + 160,
  /** Not zero: data breakpoints are enabled. */
  watch: start + 168,
  /** Not zero: accesses of 2, 4 and 8 bytes must be aligned (CR0.AM, RFLAGS.AC, CPL 3). */
  alignment: start + 172,
  /** The budget that was left when an iteration of a repeated instruction retired and more are due. */
  repeatAt: start + 176,
  /** An image in guest memory: the host addresses of its first and second part, where it is split, its linear address (64-bit). */
  imageFirst: start + 180,
  imageSecond: start + 184,
  imageSplit: start + 188,
  imageLinear: start + 192,
  /** Iterations of a repeated instruction beyond the one that the budget has paid for. */
  bulk: start + 200,
  scratch: start + 208,
  /** `BLOCK_SIZE` bytes for it. */
  block: start + 208 + 2 * SCRATCH_SIZE,
} as const;

/** Bytes of a whole block. */
export const ENGINE_BLOCK_SIZE = ENGINE.block + BLOCK_SIZE;

/** The host address of a part that a device answers. */
export const DEVICE = 1;

/**
 * In `faultVector`: an address was not canonical, which is #SS(0) for the stack's segment and #GP(0) for others.
 */
export const NOT_CANONICAL = 256;
/** In `faultVector`: the second level refused; the MMU's block has the details. */
export const NESTED_FAULT = 257;

/** Why the generated code came back. */
export const STATUS = {
  budget: 0,
  /** An exception is due: `faultVector`, `faultCode`, `faultLinear`. */
  exception: 1,
  /** An instruction that TypeScript answers (a system call, HLT …). */
  system: 2,
  unimplemented: 3,
  /** The decode cache is full. */
  flush: 4,
} as const;

/** A page's map: a 32-bit µop address for each byte of the page, then the mode word its code was decoded for. */
export const MAP = { mode: 4096 * 4, size: 4096 * 4 + 64 } as const;

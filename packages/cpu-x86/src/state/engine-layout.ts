/**
 * What the engine keeps behind a vCPU's architectural state, in the same block of the Host's memory: values that both
 * the generated WebAssembly and TypeScript read, and the software TLB. Offsets are bytes from the start of the block.
 */
import { MMU_BLOCK_END, TLB_ENTRIES, TLB_ENTRY_SIZE, VCPU_STATE_ALIGN } from '@polyvisor/core';

const start = Math.ceil(MMU_BLOCK_END / VCPU_STATE_ALIGN) * VCPU_STATE_ALIGN;

/** Bytes for values that go to or come from more than one place: two pages' ends, or a device. */
export const SCRATCH_SIZE = 32;
/** Bytes for an image of the extended state before it is stored and after it was loaded. */
export const BLOCK_SIZE = 1024;

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
  /** An access in `scratch`: its size, the host addresses of its first and second part, and where it is split. */
  scratchSize: start + 108,
  scratchFirst: start + 112,
  scratchSecond: start + 116,
  scratchSplit: start + 120,
  scratch: start + 128,
  /** An image of `BLOCK_SIZE` bytes. */
  block: start + 128 + SCRATCH_SIZE + 32,
} as const;

/** Where the software TLB begins. */
export const TLB_AT = ENGINE.block + BLOCK_SIZE;
/** Bytes of a whole block. */
export const ENGINE_BLOCK_SIZE = TLB_AT + TLB_ENTRIES * TLB_ENTRY_SIZE;

/**
 * In `faultVector`: an address was not canonical, which is #SS(0) for the stack's segment and #GP(0) for others.
 */
export const NOT_CANONICAL = 256;

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
